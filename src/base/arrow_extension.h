// The extension type of an Arrow C schema: what its metadata calls it. Pure functions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "lakehold/arrow_abi.h"

namespace lakehold {

// How a variant is called: a struct of the bytes metadata and value.
inline constexpr std::string_view kArrowVariant = "arrow.parquet.variant";

// The extension's name; empty for a plain type. The text is the schema's.
inline std::string_view ArrowExtension(const ArrowSchema& schema) {
  const char* at = schema.metadata;
  if (at == nullptr) return {};
  // A count, then keys and values, each after its length.
  const auto number = [&at] {
    int32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return static_cast<size_t>(value);
  };
  const auto text = [&at, &number] {
    const size_t size = number();
    const std::string_view found(at, size);
    at += size;
    return found;
  };
  for (size_t left = number(); left > 0; --left) {
    const auto key = text(), value = text();
    if (key == "ARROW:extension:name") return value;
  }
  return {};
}

}  // namespace lakehold
