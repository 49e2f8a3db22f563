#include "cli/conformance_corpus.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "cli/place.h"

namespace lakehold::cli {
namespace {

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// One line by column names.
class Line {
 public:
  Line(const std::vector<std::string_view>& columns, const std::vector<std::string_view>& cells,
       std::string place)
      : columns_(columns), cells_(cells), place_(std::move(place)) {}

  Error Bad(const std::string& cause) const {
    return Corrupt("cli.bad_corpus", place_ + ": " + cause, "docs/conformance.md has the format");
  }
  std::string_view Text(std::string_view column) const {
    for (size_t i = 0; i < columns_.size() && i < cells_.size(); ++i) {
      if (columns_[i] == column) return cells_[i];
    }
    return {};
  }
  Result<std::optional<int64_t>> Number(std::string_view column) const {
    const std::string_view text = Text(column);
    if (text.empty()) return std::optional<int64_t>();
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0)
      return Bad(fmt::format("\"{}\" is no number for {}", text, column));
    return std::optional(number);
  }
  Result<Expectation> Expect() const {
    const std::string_view text = Text("expect");
    if (text == "read") return Expectation::kRead;
    if (text == "reject") return Expectation::kReject;
    if (text == "state") return Expectation::kState;
    if (text == "optional") return Expectation::kOptional;
    return Bad(fmt::format("\"{}\" is none of read, reject, state and optional", text));
  }

 private:
  const std::vector<std::string_view>& columns_;
  const std::vector<std::string_view>& cells_;
  std::string place_;
};

Result<ConformanceCase> ParseCase(const Line& line, bool with_version) {
  ConformanceCase one;
  one.table = line.Text("name");
  if (one.table.empty()) return line.Bad("no name");
  LAKEHOLD_ASSIGN(one.expect, line.Expect());
  if (with_version) {
    LAKEHOLD_ASSIGN(one.version, line.Number("version"));
    if (!one.version) return line.Bad("no version");
  }
  LAKEHOLD_ASSIGN(one.live_files, line.Number("live_files"));
  LAKEHOLD_ASSIGN(one.rows, line.Number("rows"));
  one.hash = line.Text("hash");
  one.reason = line.Text("reason");
  if (one.expect == Expectation::kRead && (one.hash.size() != 32 || !one.rows))
    return line.Bad("a table to be read needs rows and a hash of 32 digits");
  for (const auto feature : Split(line.Text("features"), ' ')) {
    if (!feature.empty()) one.features.emplace_back(feature);
  }
  return one;
}

std::string ReadText(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string CaseName(const ConformanceCase& one) {
  return one.version ? fmt::format("{}@{}", one.table, *one.version) : one.table;
}

Result<std::vector<ConformanceCase>> ParseCases(std::string_view text, const std::string& file) {
  std::vector<ConformanceCase> cases;
  std::vector<std::string_view> columns;
  int number = 0;
  // The version of expected.tsv is the newest one: for people.
  bool with_version = false;
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto cells = Split(line, '\t');
    if (columns.empty()) {
      columns = cells;
      with_version = !file.ends_with("expected.tsv");
      continue;
    }
    LAKEHOLD_ASSIGN(auto one, ParseCase(Line(columns, cells, fmt::format("{}:{}", file, number)),
                                        with_version));
    cases.push_back(std::move(one));
  }
  return cases;
}

Result<std::vector<ConformanceCase>> ReadCorpus(const std::string& folder) {
  const std::string newest = folder + "/expected.tsv", versions = folder + "/versions.tsv";
  if (!PathExists(newest)) {
    return NotFound("cli.no_corpus", fmt::format("there is no {}", newest),
                    "name the folder that holds expected.tsv and tables");
  }
  LAKEHOLD_ASSIGN(auto cases, ParseCases(ReadText(newest), newest));
  std::map<std::string, std::vector<std::string>> features;
  for (const auto& one : cases) features[one.table] = one.features;
  if (!PathExists(versions)) return cases;
  LAKEHOLD_ASSIGN(auto travel, ParseCases(ReadText(versions), versions));
  for (auto& one : travel) {
    one.features = features[one.table];
    one.features.emplace_back("time-travel");
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace lakehold::cli
