// Table properties: the `delta.` keys of metaData.configuration this build knows, and the text of
// their values. Pure.
//
// features.h asks this list which properties of a new table need a feature.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lakehold::delta {

enum class PropertyKind : uint8_t { kBoolean, kInteger, kInterval, kBytes, kWord, kText };

struct TableProperty {
  std::string_view name;
  PropertyKind kind = PropertyKind::kText;
  int64_t least = 0;  // kInteger, kBytes: the least value.
  std::string_view
      words;  // kWord: the values this build implements, separated by '|'; case does not count.
  std::string_view passive;  // If set, the only value (besides `words`) a new table may have:
                             // anything else asks for something this build cannot write.
};

std::span<const TableProperty> KnownTableProperties();

// Checks the properties of a new table: kInvalid "delta.bad_property" for a value that cannot be
// read, kUnsupported "delta.unsupported_property" for keys and values that ask for what this build
// cannot write, kInvalid "delta.unknown_property" for an unknown `delta.` key, with the nearest
// known one. Keys without `delta.` are the user's.
Status CheckTableProperties(const std::map<std::string, std::string>& properties);

// Whether a boolean property is "true" (in any case).
bool IsPropertyTrue(const std::map<std::string, std::string>& properties, const std::string& name);

// "interval 30 days", "1 week 2 hours" in milliseconds. Nothing for other text, months and years
// (no fixed length).
std::optional<int64_t> ParseIntervalMs(std::string_view text);
// "134217728", "128mb", "1 GB" in bytes (powers of 1024).
std::optional<int64_t> ParseByteSize(std::string_view text);

}  // namespace lakehold::delta
