#include "render/variant_text.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "render/canonical_value.h"

namespace lakehold::render {
namespace {

Error Bad(std::string_view cause) {
  return Corrupt("render.bad_variant", fmt::format("a variant cannot be decoded: {}", cause),
                 "write the value again");
}

// Bounds-checked little-endian numbers.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size(); }
  Result<uint64_t> Unsigned(uint64_t at, int size) const {
    uint64_t value = 0;
    LAKEHOLD_ASSIGN(const auto part, Slice(at, static_cast<uint64_t>(size)));
    for (int i = size - 1; i >= 0; --i)
      value = value << 8 | static_cast<uint8_t>(part[static_cast<size_t>(i)]);
    return value;
  }
  Result<WideInt> Signed(uint64_t at, int size) const {
    LAKEHOLD_ASSIGN(const auto part, Slice(at, static_cast<uint64_t>(size)));
    WideInt value = static_cast<int8_t>(part.back());
    for (int i = size - 2; i >= 0; --i)
      value = value * 256 + static_cast<uint8_t>(part[static_cast<size_t>(i)]);
    return value;
  }
  Result<std::string_view> Slice(uint64_t at, uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return Bad("it ends early");
    return bytes_.substr(at, size);
  }

 private:
  std::string_view bytes_;
};

class Variant {
 public:
  Variant(std::string_view metadata, std::string_view value) : metadata_(metadata), value_(value) {}

  // Offsets may lead twice to one place, and so to endless work: honest values take a byte each.
  Status Append(uint64_t at, int depth, std::string& out) {
    if (depth > limits::kTypeDepth) return Bad("it nests too deep");
    if (++values_ > value_.size()) return Bad("its parts overlap");
    LAKEHOLD_ASSIGN(const uint64_t head, value_.Unsigned(at, 1));
    const auto kind = static_cast<int>(head >> 2);
    switch (head & 3) {
      case 0:
        return AppendPrimitive(kind, at + 1, out);
      case 1: {
        LAKEHOLD_ASSIGN(const auto text, value_.Slice(at + 1, static_cast<uint64_t>(kind)));
        AppendAsciiJson(text, out);
        return {};
      }
      case 2:
        return AppendObject(kind, at + 1, depth, out);
      default:
        return AppendArray(kind, at + 1, depth, out);
    }
  }

 private:
  Result<std::string_view> Name(uint64_t id) const {
    LAKEHOLD_ASSIGN(const uint64_t head, metadata_.Unsigned(0, 1));
    const int size = static_cast<int>(head >> 6) + 1;
    LAKEHOLD_ASSIGN(const uint64_t names, metadata_.Unsigned(1, size));
    if (id >= names) return Bad("a field has no name");
    const auto width = static_cast<uint64_t>(size);
    const uint64_t offsets = 1 + width, bytes = offsets + (names + 1) * width;
    LAKEHOLD_ASSIGN(const uint64_t begin, metadata_.Unsigned(offsets + id * width, size));
    LAKEHOLD_ASSIGN(const uint64_t end, metadata_.Unsigned(offsets + (id + 1) * width, size));
    if (end < begin) return Bad("names are out of order");
    return metadata_.Slice(bytes + begin, end - begin);
  }

  Status AppendObject(int head, uint64_t at, int depth, std::string& out) {
    const int offset_size = (head & 3) + 1, id_size = (head >> 2 & 3) + 1;
    const int count_size = (head & 16) != 0 ? 4 : 1;
    LAKEHOLD_ASSIGN(const uint64_t count, value_.Unsigned(at, count_size));
    const uint64_t ids = at + static_cast<uint64_t>(count_size);
    const uint64_t offsets = ids + count * static_cast<uint64_t>(id_size);
    const uint64_t begin = offsets + (count + 1) * static_cast<uint64_t>(offset_size);
    LAKEHOLD_TRY(value_.Slice(at, begin - at));
    std::vector<std::string> fields;
    for (uint64_t i = 0; i < count; ++i) {
      LAKEHOLD_ASSIGN(const uint64_t id,
                      value_.Unsigned(ids + i * static_cast<uint64_t>(id_size), id_size));
      LAKEHOLD_ASSIGN(
          const uint64_t offset,
          value_.Unsigned(offsets + i * static_cast<uint64_t>(offset_size), offset_size));
      LAKEHOLD_ASSIGN(const auto name, Name(id));
      std::string& field = fields.emplace_back();
      AppendAsciiJson(name, field);
      field += ':';
      LAKEHOLD_TRY(Append(begin + offset, depth + 1, field));
    }
    std::sort(fields.begin(), fields.end());
    out += '{';
    for (size_t i = 0; i < fields.size(); ++i) out += (i > 0 ? "," : "") + fields[i];
    out += '}';
    return {};
  }

  Status AppendArray(int head, uint64_t at, int depth, std::string& out) {
    const int offset_size = (head & 3) + 1, count_size = (head & 4) != 0 ? 4 : 1;
    LAKEHOLD_ASSIGN(const uint64_t count, value_.Unsigned(at, count_size));
    const uint64_t offsets = at + static_cast<uint64_t>(count_size);
    const uint64_t begin = offsets + (count + 1) * static_cast<uint64_t>(offset_size);
    LAKEHOLD_TRY(value_.Slice(at, begin - at));
    out += '[';
    for (uint64_t i = 0; i < count; ++i) {
      LAKEHOLD_ASSIGN(
          const uint64_t offset,
          value_.Unsigned(offsets + i * static_cast<uint64_t>(offset_size), offset_size));
      if (i > 0) out += ',';
      LAKEHOLD_TRY(Append(begin + offset, depth + 1, out));
    }
    out += ']';
    return {};
  }

  Status AppendDecimalAt(uint64_t at, int size, std::string& out) const {
    LAKEHOLD_ASSIGN(const uint64_t scale, value_.Unsigned(at, 1));
    LAKEHOLD_ASSIGN(const WideInt unscaled, value_.Signed(at + 1, size));
    AppendDecimal(unscaled, static_cast<int>(scale), out);
    return {};
  }

  Status AppendBytes(int kind, uint64_t at, std::string& out) const {
    LAKEHOLD_ASSIGN(const uint64_t size, value_.Unsigned(at, 4));
    LAKEHOLD_ASSIGN(const auto bytes, value_.Slice(at + 4, size));
    if (kind == 15) {
      AppendHex(bytes, out);
    } else {
      AppendAsciiJson(bytes, out);
    }
    return {};
  }

  Status AppendInteger(std::string_view mark, uint64_t at, int size, std::string& out) const {
    LAKEHOLD_ASSIGN(const WideInt value, value_.Signed(at, size));
    out += mark;
    AppendDecimal(value, 0, out);
    return {};
  }

  Status AppendTime(uint64_t at, int nanoseconds, std::string& out) const {
    LAKEHOLD_ASSIGN(const WideInt value, value_.Signed(at, 8));
    AppendInstant(value * nanoseconds, out);
    return {};
  }

  // The numbers of the types are the encoding's.
  Status AppendPrimitive(int kind, uint64_t at, std::string& out) const {
    if (kind <= 2) {
      out += kind == 0 ? "null" : kind == 1 ? "true" : "false";
      return {};
    }
    if (kind <= 6) return AppendInteger("", at, 1 << (kind - 3), out);
    if (kind == 7) {
      LAKEHOLD_ASSIGN(const uint64_t bits, value_.Unsigned(at, 8));
      AppendShortestDouble(std::bit_cast<double>(bits), out);
      return {};
    }
    if (kind <= 10) return AppendDecimalAt(at, 4 << (kind - 8), out);
    if (kind == 11) return AppendInteger("D", at, 4, out);
    if (kind <= 13) return AppendTime(at, 1000, out);
    if (kind == 14) {
      LAKEHOLD_ASSIGN(const uint64_t bits, value_.Unsigned(at, 4));
      AppendShortestDouble(std::bit_cast<float>(static_cast<uint32_t>(bits)), out);
      return {};
    }
    if (kind <= 16) return AppendBytes(kind, at, out);
    if (kind == 18 || kind == 19) return AppendTime(at, 1, out);
    if (kind == 20) {
      LAKEHOLD_ASSIGN(const auto bytes, value_.Slice(at, 16));
      std::string hex;
      AppendHex(bytes, hex);
      AppendAsciiJson(std::string_view(hex).substr(1), out);
      return {};
    }
    return Bad(fmt::format("type {} is unknown", kind));
  }

  Cursor metadata_, value_;
  size_t values_ = 0;  // Decoded so far.
};

}  // namespace

Status AppendVariantText(std::string_view metadata, std::string_view value, std::string& out) {
  return Variant(metadata, value).Append(0, 0, out);
}

}  // namespace lakehold::render
