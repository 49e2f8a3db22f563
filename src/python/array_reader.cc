#include "python/array_reader.h"

#include <cstring>

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "python/plain_values.h"
#include "python/variant_value.h"
#include "render/variant_json.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr int64_t kMicros = 1'000'000;

template <typename T>
T ValueAt(const void* buffer, int64_t at) {
  T value;
  std::memcpy(&value, static_cast<const char*>(buffer) + at * static_cast<int64_t>(sizeof(T)),
              sizeof(T));
  return value;
}

bool BitAt(const void* bits, int64_t at) {
  return (static_cast<const uint8_t*>(bits)[at / 8] >> (at % 8) & 1) != 0;
}

int64_t PerSecond(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 1'000;
    case 'n':
      return 1'000'000'000;
    default:
      return kMicros;
  }
}

}  // namespace

ArrayReader::ArrayReader(const ArrowSchema& schema, const std::string& where, bool whole)
    : whole_(whole), where_(where) {
  ImportTimes();
  if (schema.dictionary != nullptr) dictionary_.emplace_back(*schema.dictionary, where);
  Understand(schema.format, where);
  if (render::IsVariant(schema)) kind_ = Kind::kVariant;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const char* name = schema.children[i]->name;
    names_.emplace_back(name != nullptr ? name : "");
    children_.emplace_back(*schema.children[i], where + "." + names_.back());
  }
}

void ArrayReader::Understand(const std::string& format, const std::string& where) {
  auto is = [&](Kind kind, int width) {
    kind_ = kind;
    width_ = width;
  };
  auto starts = [&](std::string_view prefix) { return format.rfind(prefix, 0) == 0; };
  if (format == "n") return is(Kind::kNull, 0);
  if (format == "b") return is(Kind::kBoolean, 0);
  static constexpr std::string_view kSigned = "csil";
  static constexpr std::string_view kUnsigned = "CSIL";
  if (format.size() == 1 && kSigned.find(format[0]) != kSigned.npos) {
    return is(Kind::kSigned, 1 << kSigned.find(format[0]));
  }
  if (format.size() == 1 && kUnsigned.find(format[0]) != kUnsigned.npos) {
    return is(Kind::kUnsigned, 1 << kUnsigned.find(format[0]));
  }
  if (format == "f") return is(Kind::kFloat, 4);
  if (format == "g") return is(Kind::kFloat, 8);
  text_ = format == "u" || format == "U" || format == "vu";
  if (format == "u" || format == "U") return is(Kind::kText, format == "u" ? 4 : 8);
  if (format == "z" || format == "Z") return is(Kind::kBinary, format == "z" ? 4 : 8);
  if (format == "vu" || format == "vz") return is(text_ ? Kind::kTextView : Kind::kBinaryView, 16);
  if (starts("w:")) return is(Kind::kFixedBinary, std::stoi(format.substr(2)));
  if (format == "+l" || format == "+L") return is(Kind::kList, format == "+l" ? 4 : 8);
  if (starts("+w:")) return is(Kind::kFixedList, std::stoi(format.substr(3)));
  if (format == "+s") return is(Kind::kStruct, 0);
  if (format == "+m") return is(Kind::kMap, 4);
  if (starts("d:")) {
    // d:precision,scale[,bits]
    const size_t comma = format.find(',');
    scale_ = std::stoi(format.substr(comma + 1));
    const size_t bits = format.find(',', comma + 1);
    return is(Kind::kDecimal, bits == format.npos ? 16 : std::stoi(format.substr(bits + 1)) / 8);
  }
  if (starts("t") && UnderstandTemporal(format)) return;
  throw nb::type_error(
      fmt::format(
          "{}: Python has no value for Arrow type \"{}\"; cast it in the SQL or use to_arrow()",
          where, format)
          .c_str());
}

bool ArrayReader::UnderstandTemporal(const std::string& format) {
  auto is = [&](Kind kind, int width) {
    kind_ = kind;
    width_ = width;
    return true;
  };
  if (format == "tdD") return is(Kind::kDate, 4);
  if (format == "tdm") return is(Kind::kDate64, 8);
  if (format == "tiM") return is(Kind::kMonths, 4);
  if (format == "tiD") return is(Kind::kDayTime, 8);
  if (format == "tin") return is(Kind::kMonthDayNano, 16);
  if (format.size() < 3) return false;
  per_second_ = PerSecond(format[2]);
  if (format[1] == 't') return is(Kind::kTime, per_second_ < kMicros ? 4 : 8);
  if (format[1] == 'D') return is(Kind::kDuration, 8);
  aware_ = format.size() > 4;
  return format[1] == 's' && is(Kind::kTimestamp, 8);
}

nb::object ArrayReader::At(const ArrowArray& array, int64_t index) const {
  const int64_t at = array.offset + index;
  const bool has_validity =
      kind_ != Kind::kNull && array.null_count != 0 && array.buffers[0] != nullptr;
  if (kind_ == Kind::kNull || (has_validity && !BitAt(array.buffers[0], at))) return nb::none();
  if (!dictionary_.empty()) {
    return dictionary_.front().At(*array.dictionary, nb::cast<int64_t>(Integer(array, at)));
  }
  return Valid(array, at);
}

nb::object ArrayReader::Valid(const ArrowArray& array, int64_t at) const {
  switch (kind_) {
    case Kind::kBoolean:
      return nb::bool_(BitAt(array.buffers[1], at));
    case Kind::kSigned:
    case Kind::kUnsigned:
      return Integer(array, at);
    case Kind::kFloat:
      if (width_ == 4) return nb::float_(static_cast<double>(ValueAt<float>(array.buffers[1], at)));
      return nb::float_(ValueAt<double>(array.buffers[1], at));
    case Kind::kDecimal:
      return Decimal(array, at);
    case Kind::kText:
    case Kind::kBinary:
      return Bytes(array, at);
    case Kind::kTextView:
    case Kind::kBinaryView:
      return View(array, at);
    case Kind::kFixedBinary:
      return Made(static_cast<const char*>(array.buffers[1]) + at * width_, width_);
    case Kind::kList:
    case Kind::kFixedList:
    case Kind::kStruct:
    case Kind::kMap:
      return Nested(array, at);
    case Kind::kVariant:
      return VariantOf(children_[0].BytesOf(*array.children[0], at),
                       children_[1].BytesOf(*array.children[1], at), where_);
    default:
      return Moment(array, at);
  }
}

nb::object ArrayReader::Integer(const ArrowArray& array, int64_t at) const {
  const void* values = array.buffers[1];
  const bool is_signed = kind_ == Kind::kSigned;
  switch (width_) {
    case 1:
      return nb::int_(is_signed ? ValueAt<int8_t>(values, at) : int{ValueAt<uint8_t>(values, at)});
    case 2:
      return nb::int_(is_signed ? ValueAt<int16_t>(values, at)
                                : int{ValueAt<uint16_t>(values, at)});
    case 4:
      return is_signed ? nb::int_(ValueAt<int32_t>(values, at))
                       : nb::int_(ValueAt<uint32_t>(values, at));
    default:
      return is_signed ? nb::int_(ValueAt<int64_t>(values, at))
                       : nb::int_(ValueAt<uint64_t>(values, at));
  }
}

nb::object ArrayReader::Decimal(const ArrowArray& array, int64_t at) const {
  __int128 value = 0;
  switch (width_) {
    case 4:
      value = ValueAt<int32_t>(array.buffers[1], at);
      break;
    case 8:
      value = ValueAt<int64_t>(array.buffers[1], at);
      break;
    case 16:
      value = ValueAt<__int128>(array.buffers[1], at);
      break;
    default:
      throw nb::type_error(fmt::format("{}: a decimal of {} bytes", where_, width_).c_str());
  }
  if (whole_ && scale_ == 0) return WholeOf(value);
  return DecimalOf(value, scale_);
}

nb::object ArrayReader::Made(const char* data, int64_t size) const {
  if (text_) return Stolen(PyUnicode_DecodeUTF8(data, size, "strict"));
  return Stolen(PyBytes_FromStringAndSize(data, size));
}

int64_t ArrayReader::Offset(const ArrowArray& array, int64_t at) const {
  return width_ == 4 ? ValueAt<int32_t>(array.buffers[1], at)
                     : ValueAt<int64_t>(array.buffers[1], at);
}

nb::object ArrayReader::Bytes(const ArrowArray& array, int64_t at) const {
  const int64_t begin = Offset(array, at);
  return Made(static_cast<const char*>(array.buffers[2]) + begin, Offset(array, at + 1) - begin);
}

std::string_view ArrayReader::BytesOf(const ArrowArray& array, int64_t index) const {
  const int64_t at = array.offset + index, begin = Offset(array, at);
  return {static_cast<const char*>(array.buffers[2]) + begin,
          static_cast<size_t>(Offset(array, at + 1) - begin)};
}

nb::object ArrayReader::View(const ArrowArray& array, int64_t at) const {
  constexpr int32_t kInline = 12;
  const auto* view = static_cast<const char*>(array.buffers[1]) + at * 16;
  const auto size = ValueAt<int32_t>(view, 0);
  if (size <= kInline) return Made(view + 4, size);
  const auto buffer = ValueAt<int32_t>(view, 2);
  const auto offset = ValueAt<int32_t>(view, 3);
  return Made(static_cast<const char*>(array.buffers[2 + buffer]) + offset, size);
}

nb::object ArrayReader::Moment(const ArrowArray& array, int64_t at) const {
  const void* values = array.buffers[1];
  if (kind_ == Kind::kDate) return DateOf(ValueAt<int32_t>(values, at), where_);
  if (kind_ == Kind::kDate64)
    return DateOf(FloorDivide(ValueAt<int64_t>(values, at), 86'400'000), where_);
  if (kind_ == Kind::kMonths) return TimedeltaOf(int64_t{30} * ValueAt<int32_t>(values, at), 0);
  if (kind_ == Kind::kDayTime) {
    return TimedeltaOf(ValueAt<int32_t>(values, 2 * at),
                       int64_t{1000} * ValueAt<int32_t>(values, 2 * at + 1));
  }
  if (kind_ == Kind::kMonthDayNano) {
    const int64_t days =
        int64_t{30} * ValueAt<int32_t>(values, 4 * at) + ValueAt<int32_t>(values, 4 * at + 1);
    return TimedeltaOf(days, FloorDivide(ValueAt<int64_t>(values, 2 * at + 1), 1000));
  }
  const int64_t count = width_ == 4 ? ValueAt<int32_t>(values, at) : ValueAt<int64_t>(values, at);
  int64_t micros = 0;
  if (per_second_ > kMicros) {
    micros = FloorDivide(count, per_second_ / kMicros);
    if (micros * (per_second_ / kMicros) != count) {
      throw nb::value_error(
          fmt::format("{}: nanoseconds do not fit Python's times; use to_arrow()", where_).c_str());
    }
  } else if (__builtin_mul_overflow(count, kMicros / per_second_, &micros)) {
    throw nb::value_error(
        fmt::format("{}: a time beyond Python's years; use to_arrow()", where_).c_str());
  }
  if (kind_ == Kind::kTime) return TimeOf(micros);
  if (kind_ == Kind::kDuration) return TimedeltaOf(0, micros);
  return DatetimeOf(micros, aware_, where_);
}

nb::object ArrayReader::Nested(const ArrowArray& array, int64_t at) const {
  if (kind_ == Kind::kStruct) {
    nb::dict fields;
    for (size_t i = 0; i < children_.size(); ++i) {
      fields[names_[i].c_str()] = children_[i].At(*array.children[i], at);
    }
    return fields;
  }
  const bool fixed = kind_ == Kind::kFixedList;
  const int64_t begin = fixed ? at * width_ : Offset(array, at);
  const int64_t end = fixed ? begin + width_ : Offset(array, at + 1);
  if (kind_ == Kind::kMap) {
    const auto& entries = *array.children[0];
    const auto& pair = children_[0];
    nb::dict map;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t entry = entries.offset + i;
      map[pair.children_[0].At(*entries.children[0], entry)] =
          pair.children_[1].At(*entries.children[1], entry);
    }
    return map;
  }
  nb::list items;
  for (int64_t i = begin; i < end; ++i) items.append(children_[0].At(*array.children[0], i));
  return items;
}

}  // namespace lakehold::python
