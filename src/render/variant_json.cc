#include "render/variant_json.h"

#include "base/arrow_extension.h"
#include "base/variant_walk.h"
#include "render/text_escape.h"
#include "render/value_text.h"

namespace lakehold::render {
namespace {

class JsonVariant {
 public:
  explicit JsonVariant(std::string* out) : out_(out) {}

  void Null() { *out_ += "null"; }
  void Bool(bool value) { *out_ += value ? "true" : "false"; }
  void Integer(int64_t value, int) { AppendInteger(value, out_); }
  void Real(double value, int) {
    // JSON has no number for these: x - x is 0 for finite values only.
    Quoted(!(value - value == 0), [&] { AppendFloat(value, out_); });
  }
  void Decimal(VariantInt unscaled, int scale, int) { AppendDecimal(unscaled, scale, out_); }
  void Text(std::string_view text) { AppendJsonText(text, out_); }
  void Bytes(std::string_view bytes) {
    Quoted(true, [&] { AppendHex(bytes, out_); });
  }
  void Uuid(std::string_view bytes) {
    Quoted(true, [&] {
      size_t begin = 0;
      for (const size_t size : {4, 2, 2, 2, 6}) {
        if (begin > 0) *out_ += '-';
        AppendHex(bytes.substr(begin, size), out_);
        begin += size;
      }
    });
  }
  void Date(int64_t days) {
    Quoted(true, [&] { AppendDate(days, out_); });
  }
  void Time(int64_t microseconds) {
    Quoted(true, [&] { AppendTime(microseconds, 1'000'000, out_); });
  }
  void Instant(int64_t units, int64_t units_per_second, bool utc) {
    Quoted(true, [&] { AppendTimestamp(units, units_per_second, utc, out_); });
  }
  void BeginArray() { *out_ += '['; }
  void Item() {
    if (out_->back() != '[') *out_ += ',';
  }
  void EndArray() { *out_ += ']'; }
  void BeginObject() { *out_ += '{'; }
  void Key(std::string_view name) {
    if (out_->back() != '{') *out_ += ',';
    AppendJsonText(name, out_);
    *out_ += ':';
  }
  void EndObject() { *out_ += '}'; }

 private:
  template <typename Append>
  void Quoted(bool quote, Append append) {
    if (quote) *out_ += '"';
    append();
    if (quote) *out_ += '"';
  }

  std::string* out_;
};

}  // namespace

void AppendVariantJson(std::string_view metadata, std::string_view value, std::string* out) {
  const size_t before = out->size();
  JsonVariant sink(out);
  if (WalkVariant(metadata, value, sink).ok()) return;
  out->resize(before);
  *out += R"({"metadata":")";
  AppendHex(metadata, out);
  *out += R"(","value":")";
  AppendHex(value, out);
  *out += "\"}";
}

bool IsVariant(const ArrowSchema& schema) {
  const auto is = [](const ArrowSchema& part, std::string_view name) {
    return std::string_view(part.name != nullptr ? part.name : "") == name &&
           std::string_view(part.format) == "z";
  };
  return std::string_view(schema.format) == "+s" && schema.n_children == 2 &&
         ArrowExtension(schema) == kArrowVariant && is(*schema.children[0], "metadata") &&
         is(*schema.children[1], "value");
}

}  // namespace lakehold::render
