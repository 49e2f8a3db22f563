#include "cli/conformance_score.h"

#include <algorithm>

#include <fmt/format.h>

namespace lakehold::cli {

std::vector<ErrorKind> KindsFor(const std::string& reason) {
  using enum ErrorKind;
  static const std::pair<std::string_view, std::vector<ErrorKind>> kReasons[] = {
      {"catalog-managed", {kUnsupported}},
      {"reader version", {kUnsupported}},
      {"reader feature", {kUnsupported}},
      {"unsupported", {kUnsupported}},
      {"beyond", {kNotFound}},
      {"empty log", {kNotFound, kCorrupt}},
      {"commit", {kNotFound, kCorrupt}},
      {"metaData", {kCorrupt}},
      {"protocol", {kCorrupt}},
      {"corrupt", {kCorrupt}},
  };
  for (const auto& [words, kinds] : kReasons) {
    if (reason.starts_with(words)) return kinds;
  }
  return {};
}

bool IsRight(const ConformanceCase& one, const ReaderAnswer& answer) {
  const bool files = !one.live_files || !answer.live_files || one.live_files == answer.live_files;
  const bool refused = answer.kind == ReaderAnswer::Kind::kRefused;
  const bool rows = answer.kind == ReaderAnswer::Kind::kRows && files &&
                    (!one.rows || *one.rows == answer.rows) &&
                    (one.hash.empty() || one.hash == answer.hash);
  switch (one.expect) {
    case Expectation::kRead:
      return rows;
    case Expectation::kOptional:
      return rows || refused;
    case Expectation::kState:
      return refused && files;
    default:
      break;
  }
  const auto kinds = KindsFor(one.reason);
  return refused && (!answer.error_kind || kinds.empty() ||
                     std::find(kinds.begin(), kinds.end(), *answer.error_kind) != kinds.end());
}

std::string DescribeExpectation(const ConformanceCase& one) {
  const std::string files = one.live_files ? fmt::format(" of {} files", *one.live_files) : "";
  const std::string rows = fmt::format("{} rows{}, hash {}", one.rows.value_or(0), files, one.hash);
  switch (one.expect) {
    case Expectation::kRead:
      return rows;
    case Expectation::kOptional:
      return rows + ", or a refusal";
    case Expectation::kState:
      return fmt::format("a log{}, and a refusal to read: {}", files, one.reason);
    default:
      return "a refusal: " + one.reason;
  }
}

std::string DescribeAnswer(const ReaderAnswer& answer) {
  const std::string files =
      answer.live_files ? fmt::format(" of {} files", *answer.live_files) : "";
  if (answer.kind == ReaderAnswer::Kind::kRows)
    return fmt::format("{} rows{}, hash {}", answer.rows, files, answer.hash);
  const std::string_view word =
      answer.kind == ReaderAnswer::Kind::kRefused ? "a refusal" : "a breakdown";
  return fmt::format("{}{}: {}", word, files, answer.text);
}

void ConformanceScore::Count(const ConformanceCase& one, bool right) {
  const auto count = [&](const std::string& feature) {
    FeatureScore& score = features_[feature];
    ++score.cases;
    score.right += right ? 1 : 0;
  };
  count("");
  auto features = one.features;
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  for (const auto& feature : features) count(feature);
}

}  // namespace lakehold::cli
