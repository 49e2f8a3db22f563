#include "render/variant_text.h"

#include <algorithm>
#include <vector>

#include "base/variant_walk.h"
#include "render/canonical_value.h"

namespace lakehold::render {
namespace {

// Objects are spelled sorted: their fields wait in `open_` until they end.
class CanonicalVariant {
 public:
  explicit CanonicalVariant(std::string& out) { open_.push_back({{}, &out}); }

  void Null() { Out() += "null"; }
  void Bool(bool value) { Out() += value ? "true" : "false"; }
  void Integer(int64_t value, int) { AppendDecimal(value, 0, Out()); }
  void Real(double value, int) { AppendShortestDouble(value, Out()); }
  void Decimal(WideInt unscaled, int scale, int) { AppendDecimal(unscaled, scale, Out()); }
  void Text(std::string_view text) { AppendAsciiJson(text, Out()); }
  void Bytes(std::string_view bytes) { AppendHex(bytes, Out()); }
  void Uuid(std::string_view bytes) {
    std::string hex;
    AppendHex(bytes, hex);
    AppendAsciiJson(std::string_view(hex).substr(1), Out());
  }
  void Date(int64_t days) { Marked('D', days); }
  void Time(int64_t microseconds) { Marked('T', microseconds); }
  void Instant(int64_t units, int64_t units_per_second, bool) {
    AppendInstant(WideInt{units} * (1'000'000'000 / units_per_second), Out());
  }
  void BeginArray() { Out() += '['; }
  void Item() {
    if (Out().back() != '[') Out() += ',';
  }
  void EndArray() { Out() += ']'; }
  void BeginObject() { open_.push_back({{}, nullptr}); }
  void Key(std::string_view name) {
    auto& fields = open_.back().fields;
    AppendAsciiJson(name, fields.emplace_back());
    fields.back() += ':';
  }
  void EndObject() {
    auto fields = std::move(open_.back().fields);
    open_.pop_back();
    std::sort(fields.begin(), fields.end());
    std::string& out = Out();
    out += '{';
    for (size_t i = 0; i < fields.size(); ++i) out += (i > 0 ? "," : "") + fields[i];
    out += '}';
  }

 private:
  struct Level {
    std::vector<std::string> fields;
    std::string* text;  // Of the outermost level; the others write to their last field.
  };
  std::string& Out() {
    Level& level = open_.back();
    return level.text != nullptr ? *level.text : level.fields.back();
  }
  void Marked(char mark, int64_t value) {
    Out() += mark;
    AppendDecimal(value, 0, Out());
  }

  std::vector<Level> open_;
};

}  // namespace

Status AppendVariantText(std::string_view metadata, std::string_view value, std::string& out) {
  CanonicalVariant sink(out);
  return WalkVariant(metadata, value, sink);
}

}  // namespace lakehold::render
