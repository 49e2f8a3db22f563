// A conformance corpus: tables, and what a right reader makes of them. Plain values.
//
//   DIR/tables/NAME/     a table
//   DIR/expected.tsv     name expect live_files rows hash reason features: the newest version
//   DIR/versions.tsv     name version expect live_files rows hash reason: time travel; may be
//   absent
// Both begin with a line of column names, in any order; other columns are not looked at. The whole
// format: docs/conformance.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lakehold/report.h"

namespace lakehold::cli {

enum class Expectation : uint8_t {
  kRead,      // The rows.
  kReject,    // A refusal of the right kind.
  kState,     // The number of live files; reading the rows must be refused.
  kOptional,  // The rows or a refusal.
};

struct ConformanceCase {
  std::string table;
  std::optional<Version> version;  // Nothing: the newest.
  Expectation expect = Expectation::kRead;
  std::optional<int64_t> live_files;
  std::optional<int64_t> rows;
  std::string hash;
  std::string reason;
  std::vector<std::string> features;
};

// "name", or "name@version".
std::string CaseName(const ConformanceCase& one);
// kNotFound "cli.no_corpus" if `folder` has no expected.tsv; kCorrupt "cli.bad_corpus" tells file,
// line and cause.
Result<std::vector<ConformanceCase>> ReadCorpus(const std::string& folder);
// One file of it, by its text. Versions have no features of their own: `features` empty.
Result<std::vector<ConformanceCase>> ParseCases(std::string_view text, const std::string& file);

}  // namespace lakehold::cli
