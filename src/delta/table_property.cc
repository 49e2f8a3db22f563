#include "delta/table_property.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/ascii_case.h"

namespace lakehold::delta {

namespace {

using enum PropertyKind;

constexpr TableProperty kProperties[] = {
    // Obeyed.
    {"delta.appendOnly", kBoolean, 0, "", ""},
    {"delta.enableDeletionVectors", kBoolean, 0, "", ""},
    {"delta.enableInCommitTimestamps", kBoolean, 0, "", ""},
    {"delta.checkpointInterval", kInteger, 1, "", ""},
    {"delta.checkpointPolicy", kWord, 0, "classic|v2", ""},
    {"delta.checkpointRetentionDuration", kInterval, 0, "", ""},
    {"delta.checkpoint.writeStatsAsJson", kBoolean, 0, "", ""},
    {"delta.checkpoint.writeStatsAsStruct", kBoolean, 0, "", ""},
    {"delta.dataSkippingNumIndexedCols", kInteger, -1, "", ""},
    {"delta.dataSkippingStatsColumns", kText, 0, "", ""},
    {"delta.deletedFileRetentionDuration", kInterval, 0, "", ""},
    {"delta.enableExpiredLogCleanup", kBoolean, 0, "", ""},
    {"delta.isolationLevel", kWord, 0, "Serializable|WriteSerializable", ""},
    {"delta.logRetentionDuration", kInterval, 0, "", ""},
    {"delta.parquet.compression.codec", kWord, 0, "uncompressed|none|snappy|gzip|lz4_raw|zstd", ""},
    {"delta.parquet.format.version", kWord, 0, "1.0.0", ""},
    {"delta.setTransactionRetentionDuration", kInterval, 0, "", ""},
    {"delta.targetFileSize", kBytes, 1, "", ""},
    // Ours: what the protocol allows and has no word for.
    {"lakehold.logCompactionInterval", kInteger, 0, "", ""},
    // Known, but a table made by this build cannot have them on.
    {"delta.autoOptimize.autoCompact", kBoolean, 0, "", "false"},
    {"delta.autoOptimize.optimizeWrite", kBoolean, 0, "", "false"},
    {"delta.columnMapping.mode", kWord, 0, "none", ""},
    {"delta.enableChangeDataFeed", kBoolean, 0, "", "false"},
    {"delta.enableIcebergCompatV1", kBoolean, 0, "", "false"},
    {"delta.enableIcebergCompatV2", kBoolean, 0, "", "false"},
    {"delta.enableIcebergCompatV3", kBoolean, 0, "", "false"},
    {"delta.enableIcebergWriterCompatV1", kBoolean, 0, "", "false"},
    {"delta.enableIcebergWriterCompatV3", kBoolean, 0, "", "false"},
    {"delta.enableRowTracking", kBoolean, 0, "", "false"},
    {"delta.enableTypeWidening", kBoolean, 0, "", "false"},
    {"delta.enableVariantShredding", kBoolean, 0, "", "false"},
    {"delta.randomizeFilePrefixes", kBoolean, 0, "", "false"},
    {"delta.requireCheckpointProtectionBeforeVersion", kInteger, 0, "", "0"},
    {"delta.tuneFileSizesForRewrites", kBoolean, 0, "", "false"},
    {"delta.writePartitionColumnsToParquet", kBoolean, 0, "", "false"},
};

// Keys a user cannot set at all, by prefix, and why.
constexpr std::pair<std::string_view, std::string_view> kRefusedPrefixes[] = {
    {"delta.constraints.", "CHECK constraints are not enforced yet"},
    {"delta.feature.", "features follow from types and properties; name the property instead"},
    {"delta.minReaderVersion", "the protocol follows from types and properties"},
    {"delta.minWriterVersion", "the protocol follows from types and properties"},
    {"delta.columnMapping.maxColumnId", "column mapping is not written yet"},
    {"delta.inCommitTimestampEnablement", "it is set by the commit that enables the feature"},
    {"delta.rowTracking", "row tracking is not written yet"},
    {"delta.materializedRow", "row tracking is not written yet"},
    {"delta.universalFormat.", "Iceberg and Hudi metadata are not written"},
    {"delta.compatibility.", "manifests are not written"},
    {"delta.randomPrefixLength", "random prefixes are not written"},
};

bool IsOneOf(std::string_view value, std::string_view words) {
  const std::string wanted = AsciiLower(value);
  while (!words.empty()) {
    const size_t bar = std::min(words.find('|'), words.size());
    if (AsciiLower(words.substr(0, bar)) == wanted) return true;
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return false;
}

std::optional<int64_t> ParseWhole(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// How many letters must be changed, added or dropped to make `b` of `a`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

Error UnknownProperty(const std::string& key) {
  constexpr size_t kLongestName = 80;
  std::string_view nearest;
  size_t least = key.size() / 3 + 1;
  for (const TableProperty& property : kProperties) {
    if (key.size() > kLongestName) break;
    const size_t distance = EditDistance(AsciiLower(key), AsciiLower(property.name));
    if (distance >= least) continue;
    least = distance;
    nearest = property.name;
  }
  return Invalid("delta.unknown_property", fmt::format("there is no table property \"{}\"", key),
                 nearest.empty() ? "names of your own must not begin with \"delta.\""
                                 : fmt::format("did you mean \"{}\"?", nearest));
}

// What a value should have been, or nothing if it is fine.
std::string ExpectedValue(const TableProperty& property, std::string_view value) {
  switch (property.kind) {
    case kBoolean:
      return IsOneOf(value, "true|false") ? "" : "true or false";
    case kInteger: {
      const auto number = ParseWhole(value);
      return number && *number >= property.least
                 ? ""
                 : fmt::format("a whole number of at least {}", property.least);
    }
    case kInterval:
      return ParseIntervalMs(value) ? "" : "an interval such as \"interval 30 days\"";
    case kBytes: {
      const auto bytes = ParseByteSize(value);
      return bytes && *bytes >= property.least ? ""
                                               : "a number of bytes such as 134217728 or 128mb";
    }
    case kWord:
    case kText:
      return "";
  }
  return "";
}

Status CheckProperty(const TableProperty& property, std::string_view value) {
  if (const std::string expected = ExpectedValue(property, value); !expected.empty()) {
    return Invalid("delta.bad_property", fmt::format("{} cannot be \"{}\"", property.name, value),
                   "give " + expected);
  }
  const bool refused = !property.passive.empty() && !IsOneOf(value, property.passive);
  if (refused || (property.kind == kWord && !IsOneOf(value, property.words))) {
    std::string values(property.passive.empty() ? property.words : property.passive);
    std::replace(values.begin(), values.end(), '|', ',');
    return Unsupported(
        "delta.unsupported_property",
        fmt::format("this build cannot write a table with {} = \"{}\"", property.name, value),
        fmt::format("leave it out; possible: {}", values));
  }
  return {};
}

}  // namespace

std::span<const TableProperty> KnownTableProperties() { return kProperties; }

Status CheckTableProperties(const std::map<std::string, std::string>& properties) {
  for (const auto& [key, value] : properties) {
    if (key.empty())
      return Invalid("delta.bad_property", "a table property has an empty name", "name it");
    const auto* known =
        std::find_if(std::begin(kProperties), std::end(kProperties),
                     [&](const TableProperty& property) { return property.name == key; });
    if (known != std::end(kProperties)) {
      LAKEHOLD_TRY(CheckProperty(*known, value));
      continue;
    }
    if (!AsciiLower(key).starts_with("delta.")) continue;
    for (const auto& [prefix, why] : kRefusedPrefixes) {
      if (!key.starts_with(prefix)) continue;
      return Unsupported("delta.unsupported_property",
                         fmt::format("{} cannot be set: {}", key, why), "leave it out");
    }
    return UnknownProperty(key);
  }
  return {};
}

bool IsPropertyTrue(const std::map<std::string, std::string>& properties, const std::string& name) {
  const auto found = properties.find(name);
  return found != properties.end() && AsciiLower(found->second) == "true";
}

std::optional<int64_t> ParseIntervalMs(std::string_view text) {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"week", 604'800'000}, {"day", 86'400'000}, {"hour", 3'600'000},
      {"minute", 60'000},    {"second", 1'000},   {"millisecond", 1},
  };
  std::vector<std::string> words;
  std::string word;
  for (const char c : AsciiLower(text) + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!words.empty() && words.front() == "interval") words.erase(words.begin());
  if (words.empty() || words.size() % 2 != 0) return std::nullopt;
  int64_t total = 0;
  for (size_t i = 0; i < words.size(); i += 2) {
    const auto count = ParseWhole(words[i]);
    std::string_view unit = words[i + 1];
    if (unit.ends_with('s')) unit.remove_suffix(1);
    const auto* known = std::find_if(std::begin(kUnits), std::end(kUnits),
                                     [&](const auto& u) { return u.first == unit; });
    int64_t part = 0;
    if (!count || *count < 0 || known == std::end(kUnits) ||
        __builtin_mul_overflow(*count, known->second, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
  }
  return total;
}

std::optional<int64_t> ParseByteSize(std::string_view text) {
  const std::string lower = AsciiLower(text);
  size_t digits = 0;
  while (digits < lower.size() && lower[digits] >= '0' && lower[digits] <= '9') ++digits;
  const auto number = ParseWhole(std::string_view(lower).substr(0, digits));
  std::string_view unit = std::string_view(lower).substr(digits);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::string_view kUnits[] = {"", "k", "m", "g", "t"};
  for (size_t power = 0; number && power < std::size(kUnits); ++power) {
    const std::string_view letter = kUnits[power];
    if (unit != letter && unit != std::string(letter) + "b") continue;
    int64_t bytes = 0;
    if (__builtin_mul_overflow(*number, int64_t{1} << (10 * power), &bytes)) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

}  // namespace lakehold::delta
