#include "delta/stats_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

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

std::optional<int64_t> CountOf(const std::optional<StatsToken>& token) {
  if (!token || token->is_string) return std::nullopt;
  int64_t count = -1;
  const char* last = token->text.data() + token->text.size();
  auto [end, error] = std::from_chars(token->text.data(), last, count);
  if (error != std::errc() || end != last || count < 0) return std::nullopt;
  return count;
}

// What one pass over the text finds; the views live until the next pass.
struct LeafFindings {
  std::optional<StatsToken> min, max, null_count;
};
struct Findings {
  std::optional<StatsToken> num_records, tight_bounds;
};
using LeafToken = std::optional<StatsToken> LeafFindings::*;

// Finds many leaves of one object: those of `active` that go on at `depth`. False if the text is
// broken.
bool FindTokens(json::object object, std::span<const StatsLeaf> leaves,
                std::span<const uint32_t> active, size_t depth, LeafToken token,
                std::vector<LeafFindings>& found) {
  std::vector<uint32_t> below;
  size_t left = active.size();
  for (auto item : object) {
    json::field field;
    if (std::move(item).get(field)) return false;
    Key key(field);
    below.clear();
    const uint32_t* here = nullptr;
    for (const uint32_t& leaf : active) {
      if (!key.Is(leaves[leaf].path[depth])) continue;
      if (leaves[leaf].path.size() == depth + 1) {
        here = &leaf;
      } else {
        below.push_back(leaf);
      }
    }
    if (here == nullptr && below.empty()) continue;
    json::value value = field.value();
    json::json_type type;
    if (value.type().get(type)) return false;
    if (type == json::json_type::object) {
      json::object inner;
      if (!below.empty() && (value.get_object().get(inner) ||
                             !FindTokens(inner, leaves, below, depth + 1, token, found))) {
        return false;
      }
    } else if (here != nullptr && !ReadToken(value, found[*here].*token)) {
      return false;
    }
    left -= below.size() + (here != nullptr ? 1 : 0);
    if (left == 0) return true;
  }
  return true;
}

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

  // The leaves of a text, and what tells of the whole file. False, and everything unknown, if it is
  // broken.
  bool Scan(std::string_view text, std::span<const StatsLeaf> leaves, Findings& file) {
    found.assign(leaves.size(), {});
    active.clear();
    for (uint32_t i = 0; i < leaves.size(); ++i) {
      if (!leaves[i].path.empty()) active.push_back(i);
    }
    if (!text.empty() && ScanText(text, leaves, file)) return true;
    found.assign(leaves.size(), {});
    file = {};
    return false;
  }

  bool ScanText(std::string_view text, std::span<const StatsLeaf> leaves, Findings& file) {
    std::string_view copy = Copy(text);
    json::document document;
    json::object root;
    if (parser.iterate(simdjson::padded_string_view(copy, copy.size() + simdjson::SIMDJSON_PADDING))
            .get(document) ||
        document.get_object().get(root)) {
      return false;
    }
    for (auto item : root) {
      json::field field;
      if (std::move(item).get(field) || !ScanField(field, leaves, file)) return false;
    }
    return true;
  }

  bool ScanField(json::field& field, std::span<const StatsLeaf> leaves, Findings& file) {
    Key key(field);
    if (key.Is("numRecords")) return ReadToken(field.value(), file.num_records);
    if (key.Is("tightBounds")) return ReadToken(field.value(), file.tight_bounds);
    if (active.empty()) return true;
    if (key.Is("minValues")) return ScanLeaves(field, leaves, &LeafFindings::min);
    if (key.Is("maxValues")) return ScanLeaves(field, leaves, &LeafFindings::max);
    if (key.Is("nullCount")) return ScanLeaves(field, leaves, &LeafFindings::null_count);
    return true;
  }

  bool ScanLeaves(json::field& field, std::span<const StatsLeaf> leaves, LeafToken token) {
    json::object object;
    const auto error = field.value().get_object().get(object);
    if (error == simdjson::INCORRECT_TYPE) return true;
    return error == simdjson::SUCCESS && FindTokens(object, leaves, active, 0, token, found);
  }

  std::vector<LeafFindings> found;
  std::vector<uint32_t> active;
  std::vector<StatsLeaf> one{1};
};

namespace {

ColumnStats ClaimOf(const LeafFindings& found, const FileStats& file, const DataType& type,
                    StatsTrust trust) {
  ColumnStats stats;
  ParsedBound min, max;
  if (found.min) min = ParseBound(*found.min, BoundSide::kMin, type, trust);
  if (found.max) max = ParseBound(*found.max, BoundSide::kMax, type, trust);
  stats.exact_bounds = file.tight_bounds && min.exact && max.exact;
  stats.min = std::move(min.value);
  stats.max = std::move(max.value);
  stats.null_count = CountOf(found.null_count);
  if (stats.null_count && !file.tight_bounds && *stats.null_count != 0 &&
      stats.null_count != file.num_records) {
    stats.null_count.reset();
  }
  return stats;
}

// What contradicts itself is a mistake of the writer, and not worth anything.
void DropContradictions(const FileStats& file, ColumnStats& stats) {
  if (!IsNull(stats.min) && !IsNull(stats.max)) {
    auto order = Compare(stats.min, stats.max);
    if (!order || *order > 0) {
      stats.min = stats.max = {};
      stats.exact_bounds = false;
    }
  }
  if (stats.null_count && file.num_records && *stats.null_count > *file.num_records)
    stats.null_count.reset();
}

}  // namespace

StatsParser::StatsParser() : state_(std::make_unique<State>()) {}
StatsParser::~StatsParser() = default;
StatsParser::StatsParser(StatsParser&&) noexcept = default;
StatsParser& StatsParser::operator=(StatsParser&&) noexcept = default;

FileStats StatsParser::ParseFile(std::string_view json) { return ParseLeaves(json, {}, {}, {}); }

ColumnStats StatsParser::ParseColumn(std::string_view json, const StatsPath& path,
                                     const DataType& type, StatsTrust trust) {
  StatsLeaf& leaf = state_->one.front();
  if (leaf.path != path) leaf.path = path;
  if (leaf.type != type) leaf.type = type;
  ColumnStats stats;
  ParseLeaves(json, state_->one, trust, {&stats, 1});
  return stats;
}

FileStats StatsParser::ParseLeaves(std::string_view json, std::span<const StatsLeaf> leaves,
                                   StatsTrust trust, std::span<ColumnStats> columns) {
  const FileStats file = ParseClaims(json, leaves, trust, columns);
  for (size_t i = 0; i < leaves.size(); ++i) DropContradictions(file, columns[i]);
  return file;
}

FileStats StatsParser::ParseClaims(std::string_view json, std::span<const StatsLeaf> leaves,
                                   StatsTrust trust, std::span<ColumnStats> columns) {
  Findings found;
  state_->Scan(json, leaves, found);
  const FileStats file = FileStatsOf(found);
  for (size_t i = 0; i < leaves.size(); ++i)
    columns[i] = ClaimOf(state_->found[i], file, leaves[i].type, trust);
  return file;
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
