#include "render/nested_renderer.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "render/specialised_renderer.h"
#include "render/text_escape.h"
#include "render/variant_json.h"

namespace lakehold::render {
namespace {

using Renderer = Result<std::unique_ptr<ColumnRenderer>>;
using Child = std::shared_ptr<const ColumnRenderer>;

void AppendItems(const ColumnRenderer& item, const ArrowArray& items, int64_t begin, int64_t end,
                 std::string* out) {
  *out += '[';
  for (int64_t i = begin; i < end; ++i) {
    if (i > begin) *out += ',';
    item.AppendOne(items, i, out);
  }
  *out += ']';
}

template <typename Offset>
struct ListFormat {
  Child item;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const auto* offsets = static_cast<const Offset*>(array.buffers[1]);
    AppendItems(*item, *array.children[0], offsets[row], offsets[row + 1], out);
  }
};

struct FixedListFormat {
  Child item;
  int64_t width;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    AppendItems(*item, *array.children[0], row * width, (row + 1) * width, out);
  }
};

struct StructFormat {
  struct Field {
    std::string key;  // "name": as JSON.
    Child value;
  };
  std::vector<Field> fields;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    *out += '{';
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) *out += ',';
      *out += fields[i].key;
      fields[i].value->AppendOne(*array.children[i], row, out);
    }
    *out += '}';
  }
};

struct MapFormat {
  Child key;
  Child value;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const auto* offsets = static_cast<const int32_t*>(array.buffers[1]);
    const ArrowArray& entries = *array.children[0];
    *out += '{';
    for (int64_t i = offsets[row]; i < offsets[row + 1]; ++i) {
      if (i > offsets[row]) *out += ',';
      AppendKey(*entries.children[0], entries.offset + i, out);
      *out += ':';
      value->AppendOne(*entries.children[1], entries.offset + i, out);
    }
    *out += '}';
  }
  // JSON wants a text for a key: other values are spelled as one.
  void AppendKey(const ArrowArray& keys, int64_t row, std::string* out) const {
    std::string text;
    key->AppendOne(keys, row, &text);
    if (!text.empty() && text.front() == '"') {
      *out += text;
    } else {
      AppendJsonText(text, out);
    }
  }
};

struct VariantFormat {
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    AppendVariantJson(BytesAt(*array.children[0], row), BytesAt(*array.children[1], row), out);
  }
  static std::string_view BytesAt(const ArrowArray& bytes, int64_t row) {
    const auto* offsets = static_cast<const int32_t*>(bytes.buffers[1]) + bytes.offset + row;
    const auto size = static_cast<size_t>(offsets[1] - offsets[0]);
    return size == 0
               ? std::string_view()
               : std::string_view(static_cast<const char*>(bytes.buffers[2]) + offsets[0], size);
  }
};

// A nested value in CSV is its JSON text, quoted as any text is.
template <typename Format>
struct AsCsvText {
  Format format;
  char delimiter;
  std::string null_text;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    std::string json;
    format(array, row, &json);
    AppendCsvText(json, delimiter, null_text, out);
  }
};

template <typename Format>
std::unique_ptr<ColumnRenderer> SpecialiseNested(Format format, const ValueStyle& style) {
  if (style.form != ValueStyle::Form::kCsv) return Specialise(std::move(format), style);
  return Specialise(AsCsvText<Format>{std::move(format), style.delimiter, style.null_text}, style);
}

Result<Child> NewChild(const ArrowSchema& type, int depth) {
  LAKEHOLD_ASSIGN(auto renderer, NewRendererAt(type, ValueStyle{}, depth + 1));
  return Child(std::move(renderer));
}

template <typename Index>
struct DictionaryFormat {
  Child value;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const auto index = static_cast<int64_t>(static_cast<const Index*>(array.buffers[1])[row]);
    value->AppendOne(*array.dictionary, index, out);
  }
};

Renderer NewStructRenderer(const ArrowSchema& type, const ValueStyle& style, int depth) {
  StructFormat format;
  for (int64_t i = 0; i < type.n_children; ++i) {
    const ArrowSchema& child = *type.children[i];
    StructFormat::Field field;
    AppendJsonText(child.name ? child.name : "", &field.key);
    field.key += ':';
    LAKEHOLD_ASSIGN(field.value, NewChild(child, depth));
    format.fields.push_back(std::move(field));
  }
  return SpecialiseNested(std::move(format), style);
}

Renderer NewMapRenderer(const ArrowSchema& type, const ValueStyle& style, int depth) {
  if (type.n_children != 1 || type.children[0]->n_children != 2) return UnsupportedType(type);
  MapFormat format;
  LAKEHOLD_ASSIGN(format.key, NewChild(*type.children[0]->children[0], depth));
  LAKEHOLD_ASSIGN(format.value, NewChild(*type.children[0]->children[1], depth));
  return SpecialiseNested(std::move(format), style);
}

}  // namespace

Result<std::unique_ptr<ColumnRenderer>> NewDictionaryRenderer(const ArrowSchema& type,
                                                              const ValueStyle& style, int depth) {
  LAKEHOLD_ASSIGN(auto renderer, NewRendererAt(*type.dictionary, style, depth + 1));
  const Child value = std::move(renderer);
  const std::string_view format = type.format;
  if (format == "c") return Specialise(DictionaryFormat<int8_t>{value}, style);
  if (format == "C") return Specialise(DictionaryFormat<uint8_t>{value}, style);
  if (format == "s") return Specialise(DictionaryFormat<int16_t>{value}, style);
  if (format == "S") return Specialise(DictionaryFormat<uint16_t>{value}, style);
  if (format == "i") return Specialise(DictionaryFormat<int32_t>{value}, style);
  if (format == "I") return Specialise(DictionaryFormat<uint32_t>{value}, style);
  if (format == "l") return Specialise(DictionaryFormat<int64_t>{value}, style);
  if (format == "L") return Specialise(DictionaryFormat<uint64_t>{value}, style);
  return UnsupportedType(type);
}

Result<std::unique_ptr<ColumnRenderer>> NewNestedRenderer(const ArrowSchema& type,
                                                          const ValueStyle& style, int depth) {
  const std::string_view format = type.format;
  if (IsVariant(type)) return SpecialiseNested(VariantFormat{}, style);
  if (format == "+s") return NewStructRenderer(type, style, depth);
  if (format == "+m") return NewMapRenderer(type, style, depth);
  if (type.n_children != 1) return UnsupportedType(type);
  if (format == "+l" || format == "+L" || format.substr(0, 3) == "+w:") {
    LAKEHOLD_ASSIGN(auto item, NewChild(*type.children[0], depth));
    if (format == "+l") return SpecialiseNested(ListFormat<int32_t>{std::move(item)}, style);
    if (format == "+L") return SpecialiseNested(ListFormat<int64_t>{std::move(item)}, style);
    int64_t width = -1;
    const auto digits = format.substr(3);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), width);
    if (error == std::errc() && width >= 0 && end == digits.data() + digits.size()) {
      return SpecialiseNested(FixedListFormat{std::move(item), width}, style);
    }
  }
  return UnsupportedType(type);
}

}  // namespace lakehold::render
