#include "delta/in_commit_time.h"

#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace lakehold::delta {
namespace {

std::optional<int64_t> NumberOf(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.configuration.find(key);
  if (found == metadata.configuration.end()) return std::nullopt;
  int64_t number = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool HasInCommitTime(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.enableInCommitTimestamps");
  return found != metadata.configuration.end() && found->second == "true";
}

InCommitTimeStart InCommitTimeSince(const Metadata& metadata) {
  const auto version = NumberOf(metadata, "delta.inCommitTimestampEnablementVersion");
  const auto time_ms = NumberOf(metadata, "delta.inCommitTimestampEnablementTimestamp");
  if (!version || !time_ms) return {};
  return {*version, *time_ms};
}

Error NoInCommitTime(const std::string& file) {
  return Corrupt("delta.no_in_commit_time",
                 fmt::format("{}: its commitInfo has no inCommitTimestamp, which its "
                             "catalog or delta.enableInCommitTimestamps promises",
                             file),
                 "only the writer of this table can repair it")
      .With("file", file);
}

}  // namespace lakehold::delta
