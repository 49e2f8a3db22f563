#include "delta/commit_block.h"

#include <algorithm>
#include <limits>

#include <simdjson.h>

#include "delta/json_text.h"

namespace lakehold::delta {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The raw key up to its quote; empty if it holds an escape (then it may be any key).
std::string_view KeyOf(ondemand::field& field) {
  const char* begin = field.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  return *end == '"' ? std::string_view(begin, static_cast<size_t>(end - begin))
                     : std::string_view();
}

// The text of a scalar that is left where it is. False if what follows cannot: the parser steps
// over a token that nobody took, and over a colon behind it.
bool RawToken(ondemand::value& value, std::string_view& token) {
  token = value.raw_json_token();
  const char next = *(token.data() + token.size());
  while (!token.empty() && IsBlank(token.back())) token.remove_suffix(1);
  return next == ',' || next == '}' || next == ']';
}

// The text between the quotes, escapes as they are. False if the value is no string.
bool RawString(ondemand::value& value, std::string_view& raw) {
  std::string_view token;
  if (!RawToken(value, token)) return false;
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
  raw = token.substr(1, token.size() - 2);
  return true;
}

bool HasEscape(std::string_view raw) { return raw.find('\\') != std::string_view::npos; }

bool IsNullValue(ondemand::value& value) {
  json_type type{};
  std::string_view token;
  return value.type().get(type) == simdjson::SUCCESS && type == json_type::null &&
         RawToken(value, token) && token == "null";
}

// Steps over what nobody asks for, if it is JSON.
bool Skip(ondemand::value& value) {
  json_type type{};
  std::string_view text;
  if (value.type().get(type)) return false;
  if (type != json_type::object && type != json_type::array)
    return RawToken(value, text) && IsOneJsonValue(text);
  return !simdjson::to_json_string(value).get(text) && IsOneJsonValue(text);
}

template <typename Visit>
bool ForEach(ondemand::object& object, const Visit& visit) {
  for (auto member : object) {
    ondemand::field field;
    if (std::move(member).get(field)) return false;
    const std::string_view key = KeyOf(field);
    if (key.empty() || !visit(key, field.value())) return false;
  }
  return true;
}

bool ReadInteger(ondemand::value& value, int64_t& out) { return !value.get_int64().get(out); }
// null leaves `out` as it is.
bool ReadIntegerUnlessNull(ondemand::value& value, int64_t& out) {
  return IsNullValue(value) || ReadInteger(value, out);
}
bool CheckBooleanUnlessNull(ondemand::value& value) {
  bool ignored = false;
  return IsNullValue(value) || !value.get_bool().get(ignored);
}
bool ReadText(ondemand::value& value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text)) return false;
  out.assign(text);
  return true;
}
bool ReadNarrow(ondemand::value& value, int32_t& out) {
  int64_t wide = 0;
  if (!ReadInteger(value, wide) || wide < std::numeric_limits<int32_t>::min() ||
      wide > std::numeric_limits<int32_t>::max())
    return false;
  out = static_cast<int32_t>(wide);
  return true;
}

}  // namespace

struct CommitBlockParser::State {
  ondemand::parser parser;
  const char* begin = nullptr;  // Of the text.
  uint64_t offset = 0;          // Of the text in the commit.
  FileRows* files = nullptr;
  std::string key;

  bool ParseStream(std::string_view text, const ActionFilter& filter, CommitBlock& block) {
    parser.threaded = false;
    ondemand::document_stream stream;
    if (parser.iterate_many(text.data(), text.size(), std::max<size_t>(text.size(), 64))
            .get(stream))
      return false;
    for (auto at = stream.begin(); at != stream.end(); ++at) {
      auto document = *at;
      ondemand::object object;
      if (document.get_object().get(object) || !BeginsLine(text, at.current_index())) return false;
      ++block.documents;
      bool other = false;
      const bool plain = ForEach(object, [&](std::string_view name, ondemand::value& value) {
        if (name == "add") return !filter.files || ParseAdd(value);
        if (name == "remove") return !filter.files || ParseRemove(value);
        if (!IsWanted(name, filter)) return Skip(value);
        return other = true;
      });
      if (!plain || (other && !ParseOther(at.source(), filter, block))) return false;
    }
    return stream.truncated_bytes() == 0;
  }

  // Documents have lines of their own.
  static bool BeginsLine(std::string_view text, size_t at) {
    while (at > 0 && text[at - 1] != '\n') {
      if (!IsBlank(text[--at])) return false;
    }
    return true;
  }

  static bool IsWanted(std::string_view name, const ActionFilter& filter) {
    if (name == "commitInfo") return filter.commit;
    if (name == "cdc") return filter.changes;
    return filter.state &&
           (name == "metaData" || name == "protocol" || name == "txn" || name == "domainMetadata");
  }

  static bool ParseOther(std::string_view line, ActionFilter filter, CommitBlock& block) {
    filter.files = false;
    return ParseCommit(Bytes::CopyOf(line), "", filter,
                       [&](Action&& action) -> Status {
                         block.others.push_back(std::move(action));
                         return {};
                       })
        .ok();
  }

  bool ParseAdd(ondemand::value& value) {
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    FileRow row;
    bool has_size = false;
    std::string_view tags, provider;
    const bool plain = ForEach(object, [&](std::string_view name, ondemand::value& field) {
      if (name == "path") return row.path_size == 0 && ReadPath(field, row);
      if (name == "partitionValues") return ReadPartition(field, row);
      if (name == "size")
        return has_size = true, ReadInteger(field, row.size_bytes) && row.size_bytes >= 0;
      if (name == "modificationTime") return ReadIntegerUnlessNull(field, row.modified_ms);
      if (name == "dataChange") return CheckBooleanUnlessNull(field);
      if (name == "stats") return row.stats_size == 0 && ReadStats(field, row);
      if (name == "tags") return ReadTags(field, tags);
      if (name == "deletionVector") return ReadVector(field, row);
      if (name == "baseRowId") return ReadIntegerUnlessNull(field, row.base_row_id);
      if (name == "defaultRowCommitVersion")
        return ReadIntegerUnlessNull(field, row.default_commit_version);
      if (name == "clusteringProvider") return IsNullValue(field) || RawString(field, provider);
      return Skip(field);
    });
    if (!plain || !has_size || row.path_size == 0) return false;
    if (row.partition == FileRow::kNone) row.partition = PartitionOf("{}", {});
    return ReadRare(tags, provider, row) && (files->rows.push_back(row), true);
  }

  bool ParseRemove(ondemand::value& value) {
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    FileRow row;
    row.is_remove = true;
    int64_t ignored = 0;
    const bool plain = ForEach(object, [&](std::string_view name, ondemand::value& field) {
      if (name == "path") return row.path_size == 0 && ReadPath(field, row);
      if (name == "deletionTimestamp" || name == "size" || name == "baseRowId" ||
          name == "defaultRowCommitVersion")
        return ReadIntegerUnlessNull(field, ignored);
      if (name == "dataChange" || name == "extendedFileMetadata")
        return CheckBooleanUnlessNull(field);
      if (name == "deletionVector") return ReadVector(field, row);
      // Nobody asks for those of a removed file, but what is damaged is damaged.
      if (name == "partitionValues") return ReadPartition(field, row);
      return Skip(field);
    });
    if (!plain || row.path_size == 0) return false;
    row.partition = FileRow::kNone;
    files->rows.push_back(row);
    return true;
  }

  bool ReadPath(ondemand::value& value, FileRow& row) {
    std::string_view raw;
    if (!RawString(value, raw)) return false;
    const size_t before = files->text.size();
    if (!HasEscape(raw)) {
      files->text.append(raw);
    } else if (!AppendUnescaped(raw, files->text)) {
      return false;
    }
    row.path_at = static_cast<uint32_t>(before);
    row.path_size = static_cast<uint32_t>(files->text.size() - before);
    return true;
  }

  bool ReadStats(ondemand::value& value, FileRow& row) {
    if (IsNullValue(value)) return true;
    std::string_view raw;
    if (!RawString(value, raw)) return false;
    row.num_records = LeadingNumRecords(raw, true);
    row.stats_size = static_cast<uint32_t>(raw.size());
    if (files->stats_in_source) {
      row.stats_at = offset + static_cast<uint64_t>(raw.data() - begin);
      return true;
    }
    row.stats_at = files->text.size();
    if (!AppendUnescaped(raw, files->text)) return false;
    row.stats_size = static_cast<uint32_t>(files->text.size() - row.stats_at);
    return true;
  }

  uint32_t PartitionOf(std::string_view raw, PartitionValues values) {
    key.assign("p").append(raw);
    if (const auto code = files->Recall(key)) return *code;
    files->partitions.push_back(std::move(values));
    files->Remember(key, static_cast<uint32_t>(files->partitions.size() - 1));
    return static_cast<uint32_t>(files->partitions.size() - 1);
  }

  // Equal objects, letter by letter, are parsed once a batch.
  bool ReadPartition(ondemand::value& value, FileRow& row) {
    if (IsNullValue(value)) return true;
    ondemand::object object;
    std::string_view raw;
    if (value.get_object().get(object) || object.raw_json().get(raw)) return false;
    key.assign("p").append(raw);
    if (const auto code = files->Recall(key)) return row.partition = *code, true;
    PartitionValues values;
    if (object.reset().error()) return false;
    const bool plain = ForEach(object, [&](std::string_view name, ondemand::value& text) {
      auto& entry = values.emplace_back(name, std::nullopt);
      return IsNullValue(text) || ReadText(text, entry.second.emplace());
    });
    if (!plain) return false;
    row.partition = PartitionOf(raw, std::move(values));
    return true;
  }

  bool ReadTags(ondemand::value& value, std::string_view& tags) {
    if (IsNullValue(value)) return true;
    ondemand::object object;
    return !value.get_object().get(object) && !object.raw_json().get(tags) &&
           tags.find_first_of("\r\n") == std::string_view::npos;
  }

  bool ReadRare(std::string_view tags, std::string_view provider, FileRow& row) {
    if (tags.empty() && provider.empty()) return true;
    if (HasEscape(provider)) return false;
    key.assign("t").append(tags).append(1, '\0').append(provider);
    if (const auto code = files->Recall(key)) return row.rare = *code, true;
    if (!tags.empty() && !IsOneJsonValue(tags)) return false;
    RareTexts rare;
    if (!tags.empty()) rare.tags = std::string(tags);
    if (!provider.empty()) rare.clustering_provider = std::string(provider);
    row.rare = static_cast<uint32_t>(files->rares.size());
    files->rares.push_back(std::move(rare));
    files->Remember(key, row.rare);
    return true;
  }

  bool ReadVector(ondemand::value& value, FileRow& row) {
    if (IsNullValue(value)) return true;
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    DeletionVectorDescriptor vector;
    bool has_size = false, has_cardinality = false;
    const bool plain = ForEach(object, [&](std::string_view name, ondemand::value& field) {
      if (name == "storageType") return ReadText(field, vector.storage_type);
      if (name == "pathOrInlineDv") return ReadText(field, vector.path_or_inline);
      if (name == "offset") return IsNullValue(field) || ReadNarrow(field, vector.offset.emplace());
      if (name == "sizeInBytes") return has_size = true, ReadNarrow(field, vector.size_bytes);
      if (name == "cardinality")
        return has_cardinality = true, ReadInteger(field, vector.cardinality);
      return Skip(field);
    });
    if (!plain || !has_size || !has_cardinality || vector.storage_type.empty() ||
        vector.path_or_inline.empty())
      return false;
    row.vector = static_cast<uint32_t>(files->vectors.size());
    files->vectors.push_back(std::move(vector));
    return true;
  }
};

CommitBlockParser::CommitBlockParser() : state_(std::make_unique<State>()) {}
CommitBlockParser::~CommitBlockParser() = default;
CommitBlockParser::CommitBlockParser(CommitBlockParser&&) noexcept = default;

bool CommitBlockParser::Parse(std::string_view text, uint64_t offset, const ActionFilter& filter,
                              CommitBlock& block) {
  state_->begin = text.data();
  state_->offset = offset;
  state_->files = &block.files;
  // Rows tell where their text is in 32 bits.
  block.files.rows.reserve(text.size() / 512);
  block.files.text.reserve(block.files.stats_in_source ? text.size() / 4 : text.size());
  return text.size() < (size_t{1} << 30) && state_->ParseStream(text, filter, block);
}

}  // namespace lakehold::delta
