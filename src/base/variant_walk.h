// WalkVariant: tells a sink, part by part, what a value in the Variant binary encoding of Parquet
// holds. Pure; hostile bytes end in an error, never in endless work.
//
// A sink has Null(), Bool(bool), Integer(int64_t, bytes), Real(double, bytes), Decimal(VariantInt
// unscaled, int scale, bytes), Text(view), Bytes(view), Uuid(view of 16 bytes), Date(int64_t days),
// Time(int64_t microseconds), Instant(int64_t units, int64_t units_per_second, bool utc),
// BeginArray(), Item() before each element, EndArray(), BeginObject(), Key(name) before each value,
// EndObject(). `bytes` is how many the value has in the encoding.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace lakehold {

__extension__ typedef __int128 VariantInt;

template <typename Sink>
class VariantWalk {
 public:
  VariantWalk(std::string_view metadata, std::string_view value, Sink& sink)
      : metadata_(metadata), value_(value), sink_(sink) {}

  // kCorrupt "variant.damaged" if an offset leads outside, a type is unknown, or it nests too
  // deep; the sink has heard what came before.
  Status Run() { return Value(0, 0); }

 private:
  static Error Bad(std::string cause) {
    return Corrupt("variant.damaged", "a variant cannot be decoded: " + std::move(cause),
                   "write the value again");
  }

  static Result<std::string_view> Slice(std::string_view bytes, uint64_t at, uint64_t size) {
    if (at > bytes.size() || size > bytes.size() - at) return Bad("it ends early");
    return bytes.substr(at, size);
  }
  // Little-endian numbers.
  static Result<uint64_t> Unsigned(std::string_view bytes, uint64_t at, uint64_t size) {
    uint64_t value = 0;
    LAKEHOLD_ASSIGN(const auto part, Slice(bytes, at, size));
    for (uint64_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(part[i]);
    return value;
  }
  Result<VariantInt> Signed(uint64_t at, uint64_t size) const {
    LAKEHOLD_ASSIGN(const auto part, Slice(value_, at, size));
    VariantInt value = static_cast<int8_t>(part.back());
    for (uint64_t i = size - 1; i-- > 0;) value = value * 256 + static_cast<uint8_t>(part[i]);
    return value;
  }

  // Offsets may lead twice to one place, and so to endless work: honest values take a byte each.
  Status Value(uint64_t at, int depth) {
    if (depth > limits::kTypeDepth) return Bad("it nests too deep");
    if (++values_ > value_.size()) return Bad("its parts overlap");
    LAKEHOLD_ASSIGN(const uint64_t head, Unsigned(value_, at, 1));
    const uint64_t kind = head >> 2;
    switch (head & 3) {
      case 0:
        return Primitive(kind, at + 1);
      case 1: {
        LAKEHOLD_ASSIGN(const auto text, Slice(value_, at + 1, kind));
        sink_.Text(text);
        return {};
      }
      case 2:
        return Object(kind, at + 1, depth);
      default:
        return Array(kind, at + 1, depth);
    }
  }

  Result<std::string_view> Name(uint64_t id) const {
    LAKEHOLD_ASSIGN(const uint64_t head, Unsigned(metadata_, 0, 1));
    const uint64_t width = (head >> 6) + 1;
    LAKEHOLD_ASSIGN(const uint64_t names, Unsigned(metadata_, 1, width));
    if (id >= names) return Bad("a field has no name");
    const uint64_t offsets = 1 + width, bytes = offsets + (names + 1) * width;
    LAKEHOLD_ASSIGN(const uint64_t begin, Unsigned(metadata_, offsets + id * width, width));
    LAKEHOLD_ASSIGN(const uint64_t end, Unsigned(metadata_, offsets + (id + 1) * width, width));
    if (end < begin) return Bad("names are out of order");
    return Slice(metadata_, bytes + begin, end - begin);
  }

  Status Object(uint64_t head, uint64_t at, int depth) {
    const uint64_t offset_size = (head & 3) + 1, id_size = (head >> 2 & 3) + 1;
    const uint64_t count_size = (head & 16) != 0 ? 4 : 1;
    LAKEHOLD_ASSIGN(const uint64_t count, Unsigned(value_, at, count_size));
    const uint64_t ids = at + count_size, offsets = ids + count * id_size;
    const uint64_t begin = offsets + (count + 1) * offset_size;
    LAKEHOLD_TRY(Slice(value_, at, begin - at));
    sink_.BeginObject();
    for (uint64_t i = 0; i < count; ++i) {
      LAKEHOLD_ASSIGN(const uint64_t id, Unsigned(value_, ids + i * id_size, id_size));
      LAKEHOLD_ASSIGN(const uint64_t offset,
                      Unsigned(value_, offsets + i * offset_size, offset_size));
      LAKEHOLD_ASSIGN(const auto name, Name(id));
      sink_.Key(name);
      LAKEHOLD_TRY(Value(begin + offset, depth + 1));
    }
    sink_.EndObject();
    return {};
  }

  Status Array(uint64_t head, uint64_t at, int depth) {
    const uint64_t offset_size = (head & 3) + 1, count_size = (head & 4) != 0 ? 4 : 1;
    LAKEHOLD_ASSIGN(const uint64_t count, Unsigned(value_, at, count_size));
    const uint64_t offsets = at + count_size, begin = offsets + (count + 1) * offset_size;
    LAKEHOLD_TRY(Slice(value_, at, begin - at));
    sink_.BeginArray();
    for (uint64_t i = 0; i < count; ++i) {
      LAKEHOLD_ASSIGN(const uint64_t offset,
                      Unsigned(value_, offsets + i * offset_size, offset_size));
      sink_.Item();
      LAKEHOLD_TRY(Value(begin + offset, depth + 1));
    }
    sink_.EndArray();
    return {};
  }

  Status Text(uint64_t at, bool binary) {
    LAKEHOLD_ASSIGN(const uint64_t size, Unsigned(value_, at, 4));
    LAKEHOLD_ASSIGN(const auto bytes, Slice(value_, at + 4, size));
    if (binary) {
      sink_.Bytes(bytes);
    } else {
      sink_.Text(bytes);
    }
    return {};
  }

  // The numbers of the types are the encoding's.
  Status Primitive(uint64_t kind, uint64_t at) {
    switch (kind) {
      case 0:
        sink_.Null();
        return {};
      case 1:
      case 2:
        sink_.Bool(kind == 1);
        return {};
      case 7: {
        LAKEHOLD_ASSIGN(const uint64_t bits, Unsigned(value_, at, 8));
        sink_.Real(std::bit_cast<double>(bits), 8);
        return {};
      }
      case 14: {
        LAKEHOLD_ASSIGN(const uint64_t bits, Unsigned(value_, at, 4));
        sink_.Real(std::bit_cast<float>(static_cast<uint32_t>(bits)), 4);
        return {};
      }
      case 8:
      case 9:
      case 10: {
        LAKEHOLD_ASSIGN(const uint64_t scale, Unsigned(value_, at, 1));
        if (scale > 38) return Bad("a decimal has scale " + std::to_string(scale));
        const int bytes = 4 << (kind - 8);
        LAKEHOLD_ASSIGN(const VariantInt unscaled, Signed(at + 1, static_cast<uint64_t>(bytes)));
        sink_.Decimal(unscaled, static_cast<int>(scale), bytes);
        return {};
      }
      case 15:
      case 16:
        return Text(at, kind == 15);
      case 20: {
        LAKEHOLD_ASSIGN(const auto bytes, Slice(value_, at, 16));
        sink_.Uuid(bytes);
        return {};
      }
      default:
        return Number(kind, at);
    }
  }

  Status Number(uint64_t kind, uint64_t at) {
    if (kind > 19) return Bad("type " + std::to_string(kind) + " is unknown");
    const uint64_t size = kind <= 6 ? uint64_t{1} << (kind - 3) : kind == 11 ? 4 : 8;
    LAKEHOLD_ASSIGN(const VariantInt wide, Signed(at, size));
    const auto value = static_cast<int64_t>(wide);
    if (kind <= 6) {
      sink_.Integer(value, static_cast<int>(size));
    } else if (kind == 11) {
      sink_.Date(value);
    } else if (kind == 17) {
      sink_.Time(value);
    } else {
      const bool nanoseconds = kind >= 18;
      sink_.Instant(value, nanoseconds ? 1'000'000'000 : 1'000'000, kind == 12 || kind == 18);
    }
    return {};
  }

  const std::string_view metadata_, value_;
  Sink& sink_;
  size_t values_ = 0;  // Seen so far.
};

template <typename Sink>
Status WalkVariant(std::string_view metadata, std::string_view value, Sink& sink) {
  return VariantWalk<Sink>(metadata, value, sink).Run();
}

}  // namespace lakehold
