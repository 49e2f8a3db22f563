#include "render/arrow_field.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/limits.h"

namespace lakehold::render {
namespace {

using Layout = ArrowLayout;
using Width = ArrowTypeParameter::Width;

// The tags of the union Type in Arrow's Schema.fbs.
enum Tag : uint8_t {
  kNullTag = 1,
  kIntTag = 2,
  kFloatTag = 3,
  kBinaryTag = 4,
  kUtf8Tag = 5,
  kBoolTag = 6,
  kDecimalTag = 7,
  kDateTag = 8,
  kTimeTag = 9,
  kTimestampTag = 10,
  kIntervalTag = 11,
  kListTag = 12,
  kStructTag = 13,
  kFixedBinaryTag = 15,
  kFixedListTag = 16,
  kMapTag = 17,
  kDurationTag = 18,
  kLargeBinaryTag = 19,
  kLargeUtf8Tag = 20,
  kLargeListTag = 21,
};

Error Refused(const ArrowSchema& schema) {
  return Unsupported("render.type",
                     fmt::format("column \"{}\" has a type that is not written as Arrow (Arrow "
                                 "format \"{}\"{})",
                                 schema.name ? schema.name : "", schema.format ? schema.format : "",
                                 schema.dictionary ? ", a dictionary" : ""),
                     "cast it, for example to VARCHAR");
}

bool Set(ArrowField* field, Tag tag, Layout layout, int64_t width = 0,
         std::vector<ArrowTypeParameter> parameters = {}) {
  field->type_tag = tag;
  field->layout = layout;
  field->width = width;
  field->parameters = std::move(parameters);
  return true;
}

bool SetInt(ArrowField* field, int32_t bits, bool is_signed) {
  return Set(field, kIntTag, Layout::kFixed, bits / 8,
             {{Width::kInt, bits}, {Width::kBool, is_signed ? 1 : 0}});
}

bool SetLetter(char letter, ArrowField* field) {
  switch (letter) {
    case 'n':
      return Set(field, kNullTag, Layout::kNull);
    case 'b':
      return Set(field, kBoolTag, Layout::kBits);
    case 'c':
    case 'C':
      return SetInt(field, 8, letter == 'c');
    case 's':
    case 'S':
      return SetInt(field, 16, letter == 's');
    case 'i':
    case 'I':
      return SetInt(field, 32, letter == 'i');
    case 'l':
    case 'L':
      return SetInt(field, 64, letter == 'l');
    case 'e':
      return Set(field, kFloatTag, Layout::kFixed, 2, {{Width::kShort, 0}});
    case 'f':
      return Set(field, kFloatTag, Layout::kFixed, 4, {{Width::kShort, 1}});
    case 'g':
      return Set(field, kFloatTag, Layout::kFixed, 8, {{Width::kShort, 2}});
    case 'u':
      return Set(field, kUtf8Tag, Layout::kText);
    case 'U':
      return Set(field, kLargeUtf8Tag, Layout::kLargeText);
    case 'z':
      return Set(field, kBinaryTag, Layout::kText);
    case 'Z':
      return Set(field, kLargeBinaryTag, Layout::kLargeText);
    default:
      return false;
  }
}

std::optional<int32_t> TakeNumber(std::string_view* text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc()) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  if (!text->empty() && text->front() == ',') text->remove_prefix(1);
  return value;
}

// "19,10" and "19,10,256".
bool SetDecimal(std::string_view text, ArrowField* field) {
  const auto precision = TakeNumber(&text);
  const auto scale = TakeNumber(&text);
  const auto bits = text.empty() ? std::optional<int32_t>(128) : TakeNumber(&text);
  if (!precision || !scale || !bits || !text.empty()) return false;
  return Set(field, kDecimalTag, Layout::kFixed, *bits / 8,
             {{Width::kInt, *precision}, {Width::kInt, *scale}, {Width::kInt, *bits}});
}

// What follows the t: "dD", "tu", "sn:Europe/Berlin", "Dm", "iM".
bool SetTemporal(std::string_view text, ArrowField* field) {
  if (text == "dD") return Set(field, kDateTag, Layout::kFixed, 4, {{Width::kShort, 0}});
  if (text == "dm") return Set(field, kDateTag, Layout::kFixed, 8, {{Width::kShort, 1}});
  if (text == "iM") return Set(field, kIntervalTag, Layout::kFixed, 4, {{Width::kShort, 0}});
  if (text == "iD") return Set(field, kIntervalTag, Layout::kFixed, 8, {{Width::kShort, 1}});
  if (text == "in") return Set(field, kIntervalTag, Layout::kFixed, 16, {{Width::kShort, 2}});
  const size_t unit =
      text.size() < 2 ? std::string_view::npos : std::string_view("smun").find(text[1]);
  if (unit == std::string_view::npos) return false;
  const ArrowTypeParameter unit_parameter{Width::kShort, static_cast<int32_t>(unit)};
  if (text[0] == 't' && text.size() == 2) {
    const int32_t bits = unit < 2 ? 32 : 64;
    return Set(field, kTimeTag, Layout::kFixed, bits / 8, {unit_parameter, {Width::kInt, bits}});
  }
  if (text[0] == 'D' && text.size() == 2) {
    return Set(field, kDurationTag, Layout::kFixed, 8, {unit_parameter});
  }
  if (text[0] != 's' || text.size() < 3 || text[2] != ':') return false;
  field->zone = text.substr(3);
  return Set(field, kTimestampTag, Layout::kFixed, 8, {unit_parameter});
}

bool SetNested(std::string_view text, const ArrowSchema& schema, ArrowField* field) {
  if (text == "s") return Set(field, kStructTag, Layout::kStruct);
  if (schema.n_children != 1) return false;
  if (text == "l") return Set(field, kListTag, Layout::kList);
  if (text == "L") return Set(field, kLargeListTag, Layout::kLargeList);
  if (text == "m") {
    const bool sorted = (schema.flags & ARROW_FLAG_MAP_KEYS_SORTED) != 0;
    return Set(field, kMapTag, Layout::kList, 0, {{Width::kBool, sorted ? 1 : 0}});
  }
  if (text.substr(0, 2) != "w:") return false;
  text.remove_prefix(2);
  const auto width = TakeNumber(&text);
  if (!width || *width < 0 || !text.empty()) return false;
  return Set(field, kFixedListTag, Layout::kFixedList, *width, {{Width::kInt, *width}});
}

bool SetType(const ArrowSchema& schema, ArrowField* field) {
  std::string_view format = schema.format;
  if (format.size() == 1) return SetLetter(format[0], field);
  if (format.empty()) return false;
  const char first = format[0];
  if (first == '+') return SetNested(format.substr(1), schema, field);
  if (first == 't') return SetTemporal(format.substr(1), field);
  if (format[1] != ':') return false;
  format.remove_prefix(2);
  if (first == 'd') return SetDecimal(format, field);
  if (first != 'w') return false;
  const auto width = TakeNumber(&format);
  if (!width || *width < 0 || !format.empty()) return false;
  return Set(field, kFixedBinaryTag, Layout::kFixed, *width, {{Width::kInt, *width}});
}

int32_t TakeInt32(const char** at) {
  int32_t value = 0;
  std::memcpy(&value, *at, sizeof value);
  *at += sizeof value;
  return value;
}

std::string TakeText(const char** at) {
  const int32_t length = TakeInt32(at);
  std::string text(*at, static_cast<size_t>(length));
  *at += length;
  return text;
}

// count, then for each a key and a value, each with its length before it.
void ParsePairs(const char* encoded, ArrowField* field) {
  if (encoded == nullptr) return;
  for (int32_t left = TakeInt32(&encoded); left > 0; --left) {
    std::string key = TakeText(&encoded);
    field->metadata.emplace_back(std::move(key), TakeText(&encoded));
  }
}

Result<ArrowField> ParseAt(const ArrowSchema& schema, int depth) {
  ArrowField field;
  if (depth > limits::kTypeDepth || schema.format == nullptr || schema.dictionary != nullptr ||
      !SetType(schema, &field)) {
    return Refused(schema);
  }
  field.name = schema.name ? schema.name : "";
  field.nullable = (schema.flags & ARROW_FLAG_NULLABLE) != 0;
  ParsePairs(schema.metadata, &field);
  for (int64_t i = 0; i < schema.n_children; ++i) {
    LAKEHOLD_ASSIGN(auto child, ParseAt(*schema.children[i], depth + 1));
    field.children.push_back(std::move(child));
  }
  return field;
}

}  // namespace

Result<ArrowField> ArrowField::Parse(const ArrowSchema& schema) { return ParseAt(schema, 0); }

}  // namespace lakehold::render
