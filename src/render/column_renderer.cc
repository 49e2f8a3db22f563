#include "render/column_renderer.h"

#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/limits.h"
#include "render/nested_renderer.h"
#include "render/specialised_renderer.h"
#include "render/text_escape.h"
#include "render/value_text.h"

namespace lakehold::render {
namespace {

using Renderer = Result<std::unique_ptr<ColumnRenderer>>;

template <typename T>
const T* Values(const ArrowArray& array, int buffer = 1) {
  return static_cast<const T*>(array.buffers[buffer]);
}

struct BoolFormat {
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const bool value = (Values<uint8_t>(array)[row >> 3] >> (row & 7)) & 1;
    *out += value ? "true" : "false";
  }
};

template <typename T>
struct IntegerFormat {
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    AppendInteger(Values<T>(array)[row], out);
  }
};

template <typename T, bool kQuoteSpecial>
struct FloatFormat {
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const T value = Values<T>(array)[row];
    // JSON has no number for these: x - x is 0 for finite values only.
    const bool quote = kQuoteSpecial && !(value - value == 0);
    if (quote) *out += '"';
    AppendFloat(value, out);
    if (quote) *out += '"';
  }
};

struct DecimalFormat {
  int scale;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    __int128 value;
    std::memcpy(&value, Values<uint8_t>(array) + row * 16,
                16);  // Buffers need only 8-byte alignment.
    AppendDecimal(value, scale, out);
  }
};

struct QuotedText {
  void operator()(std::string_view text, std::string* out) const { AppendJsonText(text, out); }
};
struct CsvText {
  char delimiter;
  std::string null_text;
  void operator()(std::string_view text, std::string* out) const {
    AppendCsvText(text, delimiter, null_text, out);
  }
};
struct PlainText {
  void operator()(std::string_view text, std::string* out) const { *out += text; }
};

template <typename Offset, typename Put>
struct TextFormat {
  Put put;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const Offset* offsets = Values<Offset>(array);
    const auto begin = static_cast<size_t>(offsets[row]);
    const auto size = static_cast<size_t>(offsets[row + 1]) - begin;
    const char* bytes = Values<char>(array, 2);
    put(size == 0 ? std::string_view() : std::string_view(bytes + begin, size), out);
  }
};

template <typename Offset>
Renderer NewTextRenderer(const ValueStyle& style) {
  switch (style.form) {
    case ValueStyle::Form::kJson:
      return Specialise(TextFormat<Offset, QuotedText>{}, style);
    case ValueStyle::Form::kCsv:
      return Specialise(TextFormat<Offset, CsvText>{{style.delimiter, style.null_text}}, style);
    case ValueStyle::Form::kPlain:
      break;
  }
  return Specialise(TextFormat<Offset, PlainText>{}, style);
}

// What needs quotes in JSON, and in CSV only when empty: hexadecimal.
struct HexText {
  bool quote_always;
  bool quote_empty;
  void operator()(std::string_view bytes, std::string* out) const {
    const bool quote = quote_always || (quote_empty && bytes.empty());
    if (quote) *out += '"';
    AppendHex(bytes, out);
    if (quote) *out += '"';
  }
};

HexText HexOf(const ValueStyle& style) {
  return {style.form == ValueStyle::Form::kJson, style.form == ValueStyle::Form::kCsv};
}

struct FixedBinaryFormat {
  int64_t width;
  HexText put;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    const char* bytes = Values<char>(array);
    put(width == 0 ? std::string_view()
                   : std::string_view(bytes + row * width, static_cast<size_t>(width)),
        out);
  }
};

// Dates, times and timestamps: quoted in JSON, never in need of quotes in CSV.
struct DateFormat {
  bool quote;
  bool milliseconds;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    int64_t days = 0;
    if (milliseconds) {
      const int64_t value = Values<int64_t>(array)[row];
      days = value / 86'400'000 - (value % 86'400'000 < 0 ? 1 : 0);
    } else {
      days = Values<int32_t>(array)[row];
    }
    if (quote) *out += '"';
    AppendDate(days, out);
    if (quote) *out += '"';
  }
};

template <typename T>
struct TimeFormat {
  bool quote;
  int64_t units_per_second;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    if (quote) *out += '"';
    AppendTime(Values<T>(array)[row], units_per_second, out);
    if (quote) *out += '"';
  }
};

struct TimestampFormat {
  bool quote;
  bool utc;
  int64_t units_per_second;
  void operator()(const ArrowArray& array, int64_t row, std::string* out) const {
    if (quote) *out += '"';
    AppendTimestamp(Values<int64_t>(array)[row], units_per_second, utc, out);
    if (quote) *out += '"';
  }
};

class NullRenderer final : public ColumnRenderer {
 public:
  explicit NullRenderer(std::string null_text) : null_text_(std::move(null_text)) {}
  void Render(const ArrowArray& /*array*/, int64_t begin, int64_t end,
              ColumnText* out) const override {
    for (int64_t row = begin; row < end; ++row) {
      out->bytes += null_text_;
      out->ends.push_back(out->bytes.size());
    }
  }
  void AppendOne(const ArrowArray& /*array*/, int64_t /*row*/, std::string* out) const override {
    *out += null_text_;
  }

 private:
  std::string null_text_;
};

std::optional<int64_t> UnitsPerSecond(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 1'000;
    case 'u':
      return 1'000'000;
    case 'n':
      return 1'000'000'000;
    default:
      return std::nullopt;
  }
}

// Formats of one letter.
std::unique_ptr<ColumnRenderer> NewFixedRenderer(char letter, const ValueStyle& style) {
  const bool json = style.form == ValueStyle::Form::kJson;
  switch (letter) {
    case 'n':
      return std::make_unique<NullRenderer>(style.null_text);
    case 'b':
      return Specialise(BoolFormat{}, style);
    case 'c':
      return Specialise(IntegerFormat<int8_t>{}, style);
    case 'C':
      return Specialise(IntegerFormat<uint8_t>{}, style);
    case 's':
      return Specialise(IntegerFormat<int16_t>{}, style);
    case 'S':
      return Specialise(IntegerFormat<uint16_t>{}, style);
    case 'i':
      return Specialise(IntegerFormat<int32_t>{}, style);
    case 'I':
      return Specialise(IntegerFormat<uint32_t>{}, style);
    case 'l':
      return Specialise(IntegerFormat<int64_t>{}, style);
    case 'L':
      return Specialise(IntegerFormat<uint64_t>{}, style);
    case 'f':
      if (json) return Specialise(FloatFormat<float, true>{}, style);
      return Specialise(FloatFormat<float, false>{}, style);
    case 'g':
      if (json) return Specialise(FloatFormat<double, true>{}, style);
      return Specialise(FloatFormat<double, false>{}, style);
    default:
      return nullptr;
  }
}

// "tdD", "ttu", "tsn:Europe/Berlin".
std::unique_ptr<ColumnRenderer> NewTimeRenderer(std::string_view format, const ValueStyle& style) {
  const bool quote = style.form == ValueStyle::Form::kJson;
  if (format == "tdD" || format == "tdm") {
    return Specialise(DateFormat{quote, format == "tdm"}, style);
  }
  if (format.size() < 3) return nullptr;
  const auto units = UnitsPerSecond(format[2]);
  if (!units) return nullptr;
  if (format.substr(0, 2) == "tt" && format.size() == 3) {
    if (*units <= 1'000) return Specialise(TimeFormat<int32_t>{quote, *units}, style);
    return Specialise(TimeFormat<int64_t>{quote, *units}, style);
  }
  if (format.substr(0, 2) == "ts" && format.size() >= 4 && format[3] == ':') {
    return Specialise(TimestampFormat{quote, format.size() > 4, *units}, style);
  }
  return nullptr;
}

std::optional<int> ParseNumber(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "d:19,10" and "d:19,10,128".
std::unique_ptr<ColumnRenderer> NewDecimalRenderer(std::string_view format,
                                                   const ValueStyle& style) {
  const size_t comma = format.find(',');
  if (comma == std::string_view::npos) return nullptr;
  const size_t second = format.find(',', comma + 1);
  if (second != std::string_view::npos && format.substr(second + 1) != "128") return nullptr;
  const size_t length = second == std::string_view::npos ? second : second - comma - 1;
  const auto scale = ParseNumber(format.substr(comma + 1, length));
  if (!scale) return nullptr;
  return Specialise(DecimalFormat{*scale}, style);
}

}  // namespace

Error UnsupportedType(const ArrowSchema& type) {
  return Unsupported(
      "render.type",
      fmt::format("column \"{}\" has a type that cannot be written as text (Arrow format \"{}\")",
                  type.name ? type.name : "", type.format ? type.format : ""),
      "cast it, for example to VARCHAR");
}

Result<std::unique_ptr<ColumnRenderer>> NewRendererAt(const ArrowSchema& type,
                                                      const ValueStyle& style, int depth) {
  if (depth > limits::kTypeDepth || type.format == nullptr) return UnsupportedType(type);
  if (type.dictionary) return NewDictionaryRenderer(type, style, depth);
  const std::string_view format = type.format;
  std::unique_ptr<ColumnRenderer> renderer;
  if (format == "u") return NewTextRenderer<int32_t>(style);
  if (format == "U") return NewTextRenderer<int64_t>(style);
  if (format == "z") return Specialise(TextFormat<int32_t, HexText>{HexOf(style)}, style);
  if (format == "Z") return Specialise(TextFormat<int64_t, HexText>{HexOf(style)}, style);
  if (format.substr(0, 1) == "+") return NewNestedRenderer(type, style, depth);
  if (format.substr(0, 2) == "w:") {
    const auto width = ParseNumber(format.substr(2));
    if (width && *width >= 0) {
      renderer = Specialise(FixedBinaryFormat{*width, HexOf(style)}, style);
    }
  } else if (format.substr(0, 2) == "d:") {
    renderer = NewDecimalRenderer(format, style);
  } else if (format.substr(0, 1) == "t") {
    renderer = NewTimeRenderer(format, style);
  } else if (format.size() == 1) {
    renderer = NewFixedRenderer(format[0], style);
  }
  if (!renderer) return UnsupportedType(type);
  return renderer;
}

Result<std::unique_ptr<ColumnRenderer>> NewColumnRenderer(const ArrowSchema& type,
                                                          const ValueStyle& style) {
  return NewRendererAt(type, style, 0);
}

bool IsNumber(const ArrowSchema& type) {
  if (type.dictionary) return IsNumber(*type.dictionary);
  const std::string_view format = type.format ? type.format : "";
  if (format.substr(0, 2) == "d:") return true;
  return format.size() == 1 && std::string_view("cCsSiIlLfg").find(format[0]) != format.npos;
}

}  // namespace lakehold::render
