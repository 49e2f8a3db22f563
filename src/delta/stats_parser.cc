#include "delta/stats_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <simdjson.h>

#include "delta/stats_value.h"

namespace lakehold::delta {
namespace {

namespace json = simdjson::ondemand;

// The key of one field. The on-demand parser hands out raw keys; ours is compared byte by byte up
// to the closing quote, and one with escapes is unescaped first, once, because that consumes it.
class Key {
 public:
  explicit Key(json::field& field) : field_(field), raw_(field.key().raw()) {}

  bool Is(std::string_view wanted) {
    if (raw_ == nullptr) return valid_ && text_ == wanted;
    size_t i = 0;
    for (; raw_[i] != '"' && raw_[i] != '\\'; ++i) {
      if (i >= wanted.size() || raw_[i] != wanted[i]) return false;
    }
    if (raw_[i] == '"') return i == wanted.size();
    // What was equal so far is followed by an escape.
    raw_ = nullptr;
    valid_ = field_.unescaped_key().get(text_) == simdjson::SUCCESS;
    return valid_ && text_ == wanted;
  }

 private:
  json::field& field_;
  const char* raw_;        // Null once unescaped.
  std::string_view text_;  // The unescaped key.
  bool valid_ = false;     // False if the escapes are broken: equal to no name.
};

std::string_view Trim(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

// False if the text is broken. Leaves `token` empty for null, lists and objects.
bool ReadToken(json::value value, std::optional<StatsToken>& token) {
  json::json_type type;
  if (value.type().get(type)) return false;
  switch (type) {
    case json::json_type::string: {
      std::string_view text;
      if (value.get_string().get(text)) return false;
      token = StatsToken{true, text};
      return true;
    }
    case json::json_type::number:
    case json::json_type::boolean:
      token = StatsToken{false, Trim(value.raw_json_token())};
      return true;
    default:
      return true;
  }
}

// Finds the leaf at path[depth...] below `object`. False if the text is broken.
bool FindToken(json::object object, const StatsPath& path, size_t depth,
               std::optional<StatsToken>& token) {
  for (auto item : object) {
    json::field field;
    if (std::move(item).get(field)) return false;
    if (!Key(field).Is(path[depth])) continue;
    if (depth + 1 == path.size()) return ReadToken(field.value(), token);
    json::object inner;
    auto error = field.value().get_object().get(inner);
    if (error == simdjson::INCORRECT_TYPE) return true;
    return error == simdjson::SUCCESS && FindToken(inner, path, depth + 1, token);
  }
  return true;
}

bool FindLeaf(json::value value, const StatsPath& path, std::optional<StatsToken>& token) {
  json::object object;
  auto error = value.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) return true;
  return error == simdjson::SUCCESS && FindToken(object, path, 0, token);
}

std::optional<int64_t> CountOf(const std::optional<StatsToken>& token) {
  if (!token || token->is_string) return std::nullopt;
  int64_t count = -1;
  const char* last = token->text.data() + token->text.size();
  auto [end, error] = std::from_chars(token->text.data(), last, count);
  if (error != std::errc() || end != last || count < 0) return std::nullopt;
  return count;
}

// What one pass over the text finds; the views live until the next pass.
struct Findings {
  std::optional<StatsToken> num_records, tight_bounds, min, max, null_count;
};

FileStats FileStatsOf(const Findings& found) {
  bool loose = found.tight_bounds && found.tight_bounds->text != "true";
  return {CountOf(found.num_records), !loose};
}

}  // namespace

struct StatsParser::State {
  json::parser parser;
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;

  std::string_view Copy(std::string_view text) {
    if (text.size() > capacity) {
      capacity = std::max<size_t>(text.size(), 4096) * 2;
      buffer.reset(new char[capacity + simdjson::SIMDJSON_PADDING]);
    }
    std::memcpy(buffer.get(), text.data(), text.size());
    std::memset(buffer.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
    return {buffer.get(), text.size()};
  }

  // Everything unknown if the text is broken. `path` null: only what tells of the whole file.
  Findings Scan(std::string_view text, const StatsPath* path) {
    if (text.empty()) return {};
    std::string_view copy = Copy(text);
    json::document document;
    json::object root;
    if (parser.iterate(simdjson::padded_string_view(copy, copy.size() + simdjson::SIMDJSON_PADDING))
            .get(document) ||
        document.get_object().get(root)) {
      return {};
    }
    Findings found;
    for (auto item : root) {
      json::field field;
      if (std::move(item).get(field) || !ScanField(field, path, found)) return {};
    }
    return found;
  }

  static bool ScanField(json::field& field, const StatsPath* path, Findings& found) {
    Key key(field);
    if (key.Is("numRecords")) return ReadToken(field.value(), found.num_records);
    if (key.Is("tightBounds")) return ReadToken(field.value(), found.tight_bounds);
    if (path == nullptr || path->empty()) return true;
    if (key.Is("minValues")) return FindLeaf(field.value(), *path, found.min);
    if (key.Is("maxValues")) return FindLeaf(field.value(), *path, found.max);
    if (key.Is("nullCount")) return FindLeaf(field.value(), *path, found.null_count);
    return true;
  }
};

StatsParser::StatsParser() : state_(std::make_unique<State>()) {}
StatsParser::~StatsParser() = default;
StatsParser::StatsParser(StatsParser&&) noexcept = default;
StatsParser& StatsParser::operator=(StatsParser&&) noexcept = default;

FileStats StatsParser::ParseFile(std::string_view json) {
  return FileStatsOf(state_->Scan(json, nullptr));
}

ColumnStats StatsParser::ParseColumn(std::string_view json, const StatsPath& path,
                                     const DataType& type, StatsTrust trust) {
  Findings found = state_->Scan(json, &path);
  FileStats file = FileStatsOf(found);
  ColumnStats stats;
  ParsedBound min, max;
  if (found.min) min = ParseBound(*found.min, BoundSide::kMin, type, trust);
  if (found.max) max = ParseBound(*found.max, BoundSide::kMax, type, trust);
  // A lower bound above the upper one is a mistake of the writer: neither is worth anything.
  if (!IsNull(min.value) && !IsNull(max.value)) {
    auto order = Compare(min.value, max.value);
    if (!order || *order > 0) min = max = {};
  }
  stats.exact_bounds = file.tight_bounds && min.exact && max.exact;
  stats.min = std::move(min.value);
  stats.max = std::move(max.value);
  stats.null_count = CountOf(found.null_count);
  if (stats.null_count && file.num_records && *stats.null_count > *file.num_records)
    stats.null_count.reset();
  if (stats.null_count && !file.tight_bounds && *stats.null_count != 0 &&
      stats.null_count != file.num_records) {
    stats.null_count.reset();
  }
  return stats;
}

StatsTrust TrustOf(std::optional<std::string_view> tags) {
  if (!tags || tags->find(kNoNanTag) == std::string_view::npos) return StatsTrust::kForeign;
  simdjson::padded_string copy(*tags);
  json::parser parser;
  json::document document;
  json::object root;
  if (parser.iterate(copy).get(document) || document.get_object().get(root))
    return StatsTrust::kForeign;
  std::optional<StatsToken> token;
  if (!FindToken(root, {std::string(kNoNanTag)}, 0, token)) return StatsTrust::kForeign;
  return token && token->text == "true" ? StatsTrust::kVouched : StatsTrust::kForeign;
}

FileStats ParseFileStats(std::string_view json) { return StatsParser().ParseFile(json); }

ColumnStats ParseColumnStats(std::string_view json, const StatsPath& path, const DataType& type,
                             StatsTrust trust) {
  return StatsParser().ParseColumn(json, path, type, trust);
}

}  // namespace lakehold::delta
