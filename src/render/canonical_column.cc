#include "render/canonical_column.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include "render/canonical_value.h"
#include "render/variant_text.h"

namespace lakehold::render {
namespace {

template <typename T>
T ValueAt(const ArrowArray& array, int buffer, int64_t at) {
  T value;
  std::memcpy(&value, static_cast<const char*>(array.buffers[buffer]) + at * int64_t{sizeof(T)},
              sizeof value);
  return value;
}

bool BitAt(const void* bits, int64_t at) {
  return (static_cast<const uint8_t*>(bits)[at / 8] >> (at % 8) & 1) != 0;
}

WideInt IntegerAt(const ArrowArray& array, int width, bool is_signed, int64_t at) {
  switch (width) {
    case 1:
      return is_signed ? WideInt{ValueAt<int8_t>(array, 1, at)} : ValueAt<uint8_t>(array, 1, at);
    case 2:
      return is_signed ? WideInt{ValueAt<int16_t>(array, 1, at)} : ValueAt<uint16_t>(array, 1, at);
    case 4:
      return is_signed ? WideInt{ValueAt<int32_t>(array, 1, at)} : ValueAt<uint32_t>(array, 1, at);
    case 8:
      return is_signed ? WideInt{ValueAt<int64_t>(array, 1, at)} : ValueAt<uint64_t>(array, 1, at);
    default:
      return ValueAt<WideInt>(array, 1, at);
  }
}

double HalfAt(const ArrowArray& array, int64_t at) {
  const auto bits = ValueAt<uint16_t>(array, 1, at);
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                 : exponent == 0 ? std::ldexp(fraction, -24)
                                 : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

int Number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<CanonicalColumn> CanonicalColumn::Parse(const ArrowSchema& schema) {
  CanonicalColumn column;
  column.field_ = schema.name != nullptr ? schema.name : "";
  AppendAsciiJson(column.field_, column.name_);
  if (schema.dictionary != nullptr) {
    LAKEHOLD_TRY(column.ParseFormat(schema.format));
    column.bytes_ = column.kind_ == Kind::kUnsigned ? Bytes::kFixed : Bytes::kOffsets32;
    column.kind_ = Kind::kDictionary;
    LAKEHOLD_ASSIGN(auto values, Parse(*schema.dictionary));
    column.children_.push_back(std::move(values));
    return column;
  }
  LAKEHOLD_TRY(column.ParseFormat(schema.format));
  for (int64_t i = 0; i < schema.n_children; ++i) {
    LAKEHOLD_ASSIGN(auto child, Parse(*schema.children[i]));
    column.children_.push_back(std::move(child));
  }
  column.SortChildren();
  const auto binary = [](const CanonicalColumn& child) {
    return child.kind_ == Kind::kBinary && child.bytes_ != Bytes::kFixed;
  };
  if (column.kind_ == Kind::kStruct && column.HasFields("metadata", "value") &&
      std::all_of(column.children_.begin(), column.children_.end(), binary)) {
    column.kind_ = Kind::kVariant;
  }
  const bool list = column.kind_ == Kind::kList || column.kind_ == Kind::kFixedList ||
                    column.kind_ == Kind::kListView;
  if (list) {
    const CanonicalColumn& item = column.children_.front();
    column.pairs_ = item.kind_ == Kind::kStruct && item.HasFields("key", "value");
  }
  return column;
}

void CanonicalColumn::SortChildren() {
  order_.resize(children_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](size_t a, size_t b) { return children_[a].name_ < children_[b].name_; });
}

bool CanonicalColumn::HasFields(std::string_view a, std::string_view b) const {
  if (children_.size() != 2) return false;
  return (children_[0].field_ == a && children_[1].field_ == b) ||
         (children_[0].field_ == b && children_[1].field_ == a);
}

Status CanonicalColumn::ParseFormat(std::string_view format) {
  const auto is = [&](Kind kind, int width = 0) -> Status {
    kind_ = kind;
    width_ = width;
    return {};
  };
  constexpr std::string_view kIntegers = "cCsSiIlL";
  if (format.size() == 1) {
    if (const size_t at = kIntegers.find(format[0]); at != std::string_view::npos)
      return is(at % 2 == 0 ? Kind::kSigned : Kind::kUnsigned, 1 << at / 2);
  }
  if (format == "n") return is(Kind::kNull);
  if (format == "b") return is(Kind::kBool);
  if (format == "e") return is(Kind::kFloat, 2);
  if (format == "f") return is(Kind::kFloat, 4);
  if (format == "g") return is(Kind::kFloat, 8);
  if (format == "tdD") return is(Kind::kDateDays, 4);
  if (format == "tdm") return is(Kind::kDateMillis, 8);
  if (format == "+s") return is(Kind::kStruct);
  if (format == "+m") return is(Kind::kMap);
  if (format == "+l" || format == "+L" || format == "+vl" || format == "+vL") {
    large_ = format.back() == 'L';
    return is(format[1] == 'v' ? Kind::kListView : Kind::kList);
  }
  if (format.starts_with("+w:")) return is(Kind::kFixedList, Number(format.substr(3)));
  if (format == "u" || format == "U" || format == "vu" || format == "z" || format == "Z" ||
      format == "vz") {
    const char last = format.back();
    bytes_ = format.size() == 2           ? Bytes::kView
             : last == 'u' || last == 'z' ? Bytes::kOffsets32
                                          : Bytes::kOffsets64;
    return is(last == 'u' || last == 'U' ? Kind::kText : Kind::kBinary);
  }
  if (format.starts_with("w:")) {
    bytes_ = Bytes::kFixed;
    return is(Kind::kBinary, Number(format.substr(2)));
  }
  if (format.starts_with("ts") && format.size() >= 4) {
    const char unit = format[2];
    unit_ns_ = unit == 's' ? 1'000'000'000 : unit == 'm' ? 1'000'000 : unit == 'u' ? 1'000 : 1;
    return is(Kind::kTimestamp, 8);
  }
  if (format.starts_with("d:")) {
    const size_t comma = format.find(',');
    const size_t second = format.find(',', comma + 1);
    scale_ = Number(format.substr(comma + 1));
    const int bits = second == std::string_view::npos ? 128 : Number(format.substr(second + 1));
    if (bits == 32 || bits == 64 || bits == 128) return is(Kind::kDecimal, bits / 8);
  }
  return Unsupported(
      "render.type",
      fmt::format("column {} has the Arrow type {}, which has no canonical text", field_, format),
      "leave the column out, or cast it");
}

Status CanonicalColumn::Append(const ArrowArray& array, int64_t row, std::string& out) const {
  const int64_t at = array.offset + row;
  const bool null =
      kind_ == Kind::kNull || (array.null_count != 0 && array.n_buffers > 0 &&
                               array.buffers[0] != nullptr && !BitAt(array.buffers[0], at));
  if (null) {
    out += '~';
    return {};
  }
  switch (kind_) {
    case Kind::kStruct:
      return AppendStruct(array, at, out);
    case Kind::kVariant:
      return AppendVariant(array, at, out);
    case Kind::kList:
    case Kind::kFixedList:
    case Kind::kListView:
    case Kind::kMap:
      return AppendItems(array, at, out);
    case Kind::kDictionary: {
      const WideInt index = IntegerAt(array, width_, bytes_ != Bytes::kFixed, at);
      return children_.front().Append(*array.dictionary, static_cast<int64_t>(index), out);
    }
    default:
      AppendScalar(array, at, out);
      return {};
  }
}

std::string_view CanonicalColumn::BytesOf(const ArrowArray& array, int64_t at) const {
  const auto* data = static_cast<const char*>(array.n_buffers > 2 ? array.buffers[2] : nullptr);
  switch (bytes_) {
    case Bytes::kOffsets32: {
      const auto begin = ValueAt<int32_t>(array, 1, at), end = ValueAt<int32_t>(array, 1, at + 1);
      return {data + begin, static_cast<size_t>(end - begin)};
    }
    case Bytes::kOffsets64: {
      const auto begin = ValueAt<int64_t>(array, 1, at), end = ValueAt<int64_t>(array, 1, at + 1);
      return {data + begin, static_cast<size_t>(end - begin)};
    }
    case Bytes::kFixed:
      return {static_cast<const char*>(array.buffers[1]) + at * width_,
              static_cast<size_t>(width_)};
    default:
      break;
  }
  // A view: length, then up to 12 bytes here, or prefix, buffer and offset.
  const auto* view = static_cast<const char*>(array.buffers[1]) + at * 16;
  int32_t parts[4];
  std::memcpy(parts, view, sizeof parts);
  const auto size = static_cast<size_t>(parts[0]);
  if (size <= 12) return {view + 4, size};
  return {static_cast<const char*>(array.buffers[2 + parts[2]]) + parts[3], size};
}

void CanonicalColumn::AppendScalar(const ArrowArray& array, int64_t at, std::string& out) const {
  switch (kind_) {
    case Kind::kBool:
      out += BitAt(array.buffers[1], at) ? "true" : "false";
      return;
    case Kind::kSigned:
    case Kind::kUnsigned:
      return AppendDecimal(IntegerAt(array, width_, kind_ == Kind::kSigned, at), 0, out);
    case Kind::kFloat:
      return AppendShortestDouble(width_ == 2   ? HalfAt(array, at)
                                  : width_ == 4 ? double{ValueAt<float>(array, 1, at)}
                                                : ValueAt<double>(array, 1, at),
                                  out);
    case Kind::kDecimal:
      return AppendDecimal(IntegerAt(array, width_, true, at), scale_, out);
    case Kind::kText:
      return AppendAsciiJson(BytesOf(array, at), out);
    case Kind::kBinary:
      return AppendHex(BytesOf(array, at), out);
    case Kind::kDateDays:
      out += 'D';
      return AppendDecimal(ValueAt<int32_t>(array, 1, at), 0, out);
    case Kind::kDateMillis:
      out += 'D';
      return AppendDecimal(ValueAt<int64_t>(array, 1, at) / 86'400'000, 0, out);
    default:
      return AppendInstant(WideInt{ValueAt<int64_t>(array, 1, at)} * unit_ns_, out);
  }
}

Status CanonicalColumn::AppendStruct(const ArrowArray& array, int64_t at, std::string& out) const {
  out += '(';
  for (size_t i = 0; i < order_.size(); ++i) {
    const CanonicalColumn& child = children_[order_[i]];
    if (i > 0) out += ',';
    out += child.name_ + "=";
    LAKEHOLD_TRY(child.Append(*array.children[order_[i]], at, out));
  }
  out += ')';
  return {};
}

Status CanonicalColumn::AppendVariant(const ArrowArray& array, int64_t at, std::string& out) const {
  const size_t meta = children_[0].field_ == "metadata" ? 0 : 1;
  const ArrowArray& metadata = *array.children[meta];
  const ArrowArray& value = *array.children[1 - meta];
  const auto absent = [at](const ArrowArray& bytes) {
    return bytes.buffers[0] != nullptr && !BitAt(bytes.buffers[0], bytes.offset + at);
  };
  out += 'V';
  if (absent(metadata) || absent(value)) {
    out += "null";
    return {};
  }
  return AppendVariantText(children_[meta].BytesOf(metadata, metadata.offset + at),
                           children_[1 - meta].BytesOf(value, value.offset + at), out);
}

Status CanonicalColumn::AppendItems(const ArrowArray& array, int64_t at, std::string& out) const {
  int64_t begin = at * width_, end = begin + width_;
  if (kind_ == Kind::kListView) {
    begin = large_ ? ValueAt<int64_t>(array, 1, at) : ValueAt<int32_t>(array, 1, at);
    end = begin + (large_ ? ValueAt<int64_t>(array, 2, at) : ValueAt<int32_t>(array, 2, at));
  } else if (kind_ != Kind::kFixedList) {
    begin = large_ ? ValueAt<int64_t>(array, 1, at) : ValueAt<int32_t>(array, 1, at);
    end = large_ ? ValueAt<int64_t>(array, 1, at + 1) : ValueAt<int32_t>(array, 1, at + 1);
  }
  const CanonicalColumn& item = children_.front();
  const ArrowArray& items = *array.children[0];
  const bool map = kind_ == Kind::kMap || pairs_;
  if (!map) {
    out += '[';
    for (int64_t i = begin; i < end; ++i) {
      if (i > begin) out += ',';
      LAKEHOLD_TRY(item.Append(items, i, out));
    }
    out += ']';
    return {};
  }
  // Of a map the first child is the key; of a list of pairs the names tell.
  const size_t key = kind_ == Kind::kMap || item.children_[0].field_ == "key" ? 0 : 1;
  std::vector<std::string> entries;
  for (int64_t i = begin; i < end; ++i) {
    std::string& entry = entries.emplace_back();
    LAKEHOLD_TRY(item.children_[key].Append(*items.children[key], items.offset + i, entry));
    entry += ':';
    LAKEHOLD_TRY(item.children_[1 - key].Append(*items.children[1 - key], items.offset + i, entry));
  }
  std::sort(entries.begin(), entries.end());
  out += '{';
  for (size_t i = 0; i < entries.size(); ++i) out += (i > 0 ? "," : "") + entries[i];
  out += '}';
  return {};
}

}  // namespace lakehold::render
