// What a reader answered, whether that is right, and the score by feature. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/conformance_corpus.h"
#include "lakehold/result.h"

namespace lakehold::cli {

struct ReaderAnswer {
  enum class Kind : uint8_t {
    kRows,
    kRefused,  // With a reason.
    kBroken,   // Crashed, silent, too slow, or what it wrote cannot be read: never right.
  };
  Kind kind = Kind::kBroken;
  std::optional<int64_t> live_files;  // If it told.
  int64_t rows = 0;
  std::string hash;
  std::string text;                     // Of a refusal or a breakdown.
  std::optional<ErrorKind> error_kind;  // Of a refusal; nothing: not known.
};

// The kinds of error that fit the reason a corpus gives for a refusal, by its first words; empty:
// any refusal fits.
std::vector<ErrorKind> KindsFor(const std::string& reason);
bool IsRight(const ConformanceCase& one, const ReaderAnswer& answer);
// For people: "3 rows, hash 13c5...", "refused: catalog-managed table".
std::string DescribeExpectation(const ConformanceCase& one);
std::string DescribeAnswer(const ReaderAnswer& answer);

struct FeatureScore {
  int64_t cases = 0;
  int64_t right = 0;
};
// By feature; "" counts every case once.
class ConformanceScore {
 public:
  void Count(const ConformanceCase& one, bool right);
  const std::map<std::string, FeatureScore>& features() const { return features_; }

 private:
  std::map<std::string, FeatureScore> features_;
};

}  // namespace lakehold::cli
