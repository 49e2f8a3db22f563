#include "engine/input_nanoseconds.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace lakehold::engine {
namespace {

bool IsInstant(const ArrowSchema& type) {
  const std::string_view format = type.format;
  return format.size() > 4 && format.starts_with("tsn:");
}

bool HoldsInstants(const ArrowSchema& type) {
  if (type.dictionary != nullptr) return HoldsInstants(*type.dictionary);
  if (IsInstant(type)) return true;
  for (int64_t i = 0; i < type.n_children; ++i) {
    if (HoldsInstants(*type.children[i])) return true;
  }
  return false;
}

template <typename Number>
int64_t At(const ArrowArray& values, int buffer, int64_t position) {
  return static_cast<int64_t>(static_cast<const Number*>(values.buffers[buffer])[position]);
}

// Where a value of a dictionary stands in it. `at` counts from the start of the buffers.
int64_t IndexAt(char width, const ArrowArray& values, int64_t at) {
  switch (width) {
    case 'c':
      return At<int8_t>(values, 1, at);
    case 'C':
      return At<uint8_t>(values, 1, at);
    case 's':
      return At<int16_t>(values, 1, at);
    case 'S':
      return At<uint16_t>(values, 1, at);
    case 'i':
      return At<int32_t>(values, 1, at);
    case 'I':
      return At<uint32_t>(values, 1, at);
    default:
      return At<int64_t>(values, 1, at);
  }
}

// Whether every instant of rows `begin` to `end` is whole microseconds. What lies below a NULL is
// nobody's. Layouts that are not looked into count as not whole.
bool AreWhole(const ArrowSchema& type, const ArrowArray& values, int64_t begin, int64_t end) {
  constexpr int64_t kNanosPerMicro = 1000;
  const std::string_view format = type.format;
  if (format.starts_with("+u") || format.starts_with("+r") || format.starts_with("+v"))
    return false;
  const auto* validity = static_cast<const uint8_t*>(values.buffers[0]);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t at = values.offset + row;
    if (validity != nullptr && (validity[at / 8] >> (at % 8) & 1) == 0) continue;
    bool whole = true;
    if (type.dictionary != nullptr) {
      const int64_t index = IndexAt(format.front(), values, at);
      whole = AreWhole(*type.dictionary, *values.dictionary, index, index + 1);
    } else if (IsInstant(type)) {
      whole = At<int64_t>(values, 1, at) % kNanosPerMicro == 0;
    } else if (format == "+s") {
      for (int64_t i = 0; whole && i < type.n_children; ++i) {
        if (HoldsInstants(*type.children[i]))
          whole = AreWhole(*type.children[i], *values.children[i], at, at + 1);
      }
    } else if (format.starts_with("+w:")) {
      const int64_t size = std::atoll(type.format + 3);
      whole = AreWhole(*type.children[0], *values.children[0], at * size, (at + 1) * size);
    } else if (format == "+L") {
      whole = AreWhole(*type.children[0], *values.children[0], At<int64_t>(values, 1, at),
                       At<int64_t>(values, 1, at + 1));
    } else if (format == "+l" || format == "+m") {
      whole = AreWhole(*type.children[0], *values.children[0], At<int32_t>(values, 1, at),
                       At<int32_t>(values, 1, at + 1));
    }
    if (!whole) return false;
  }
  return true;
}

}  // namespace

Status CheckInputInstants(const ArrowSchema& column, const ArrowArray& values) {
  if (!HoldsInstants(column)) return {};
  for (int64_t row = 0; row < values.length; ++row) {
    if (AreWhole(column, values, row, row + 1)) continue;
    return Invalid(
        "engine.nanoseconds",
        fmt::format("column \"{}\" has nanoseconds, the first in row {} of its batch; timestamps "
                    "keep microseconds",
                    column.name, row),
        "Floor it to us first");
  }
  return {};
}

}  // namespace lakehold::engine
