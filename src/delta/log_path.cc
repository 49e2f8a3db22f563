#include "delta/log_path.h"

#include <charconv>

#include <fmt/format.h>

namespace lakehold::delta {

namespace {

bool IsDigits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

// Takes exactly `width` digits off the front of `rest`.
template <typename Number>
std::optional<Number> TakeNumber(std::string_view& rest, size_t width) {
  if (rest.size() < width || !IsDigits(rest.substr(0, width))) return std::nullopt;
  Number number = 0;
  if (std::from_chars(rest.data(), rest.data() + width, number).ec != std::errc())
    return std::nullopt;
  rest.remove_prefix(width);
  return number;
}

bool TakeText(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// What follows "<version>.checkpoint.".
std::optional<LogFile> ParseCheckpointRest(Version version, std::string_view rest) {
  LogFile file{.kind = LogFileKind::kClassicCheckpoint, .version = version};
  if (rest == "parquet") return file;
  if (rest.size() > 37 && rest[36] == '.' && IsUuid(rest.substr(0, 36))) {
    const std::string_view extension = rest.substr(37);
    if (extension != "parquet" && extension != "json") return std::nullopt;
    file.kind = LogFileKind::kUuidCheckpoint;
    return file;
  }
  const auto part = TakeNumber<uint32_t>(rest, 10);
  if (!part || !TakeText(rest, ".")) return std::nullopt;
  const auto parts = TakeNumber<uint32_t>(rest, 10);
  if (!parts || rest != ".parquet" || *part < 1 || *part > *parts) return std::nullopt;
  file.kind = LogFileKind::kMultiPartCheckpoint;
  file.part = *part;
  file.parts = *parts;
  return file;
}

}  // namespace

std::optional<LogFile> ParseLogFileName(std::string_view name) {
  std::string_view rest = name;
  const auto version = TakeNumber<Version>(rest, 20);
  if (!version || !TakeText(rest, ".")) return std::nullopt;
  if (rest == "json") return LogFile{.kind = LogFileKind::kCommit, .version = *version};
  if (rest == "crc") return LogFile{.kind = LogFileKind::kChecksum, .version = *version};
  if (TakeText(rest, "checkpoint.")) return ParseCheckpointRest(*version, rest);
  const auto last = TakeNumber<Version>(rest, 20);
  if (!last || rest != ".compacted.json" || *last < *version) return std::nullopt;
  return LogFile{.kind = LogFileKind::kCompacted, .version = *last, .from_version = *version};
}

std::string CommitName(Version version) { return fmt::format("{:020}.json", version); }

std::string ClassicCheckpointName(Version version) {
  return fmt::format("{:020}.checkpoint.parquet", version);
}

std::string ChecksumName(Version version) { return fmt::format("{:020}.crc", version); }

std::string CompactedName(Version first, Version last) {
  return fmt::format("{:020}.{:020}.compacted.json", first, last);
}

}  // namespace lakehold::delta
