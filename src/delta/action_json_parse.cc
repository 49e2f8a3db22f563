// Reading a commit: lines are split here, each document is parsed on demand, without a tree.
//
// A line feed cannot occur inside a JSON token, so one line is one document practically always, and
// the parser's working memory stays as small as one line. A line that is no whole document may
// begin a pretty-printed one: only then the braces are counted to find its end.
#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <simdjson.h>

#include "delta/action_json.h"
#include "delta/commit_rules.h"
#include "delta/json_text.h"

namespace lakehold::delta {

namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Turns one JSON document into actions. Functions return false after Fail, which keeps the first
// cause.
class ActionParser {
 public:
  // `room` is how many bytes from `text` on may be read.
  bool Parse(const char* text, size_t size, size_t room, const ActionFilter& filter,
             std::vector<Action>& out) {
    problem_.clear();
    ondemand::document document;
    if (Failed(parser_.iterate(text, size, room).get(document))) return false;
    ondemand::object object;
    if (document.get_object().get(object)) return Fail("a line is not a JSON object");
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      return ParseAction(key, value, filter, out);
    });
    if (!done) return false;
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return Fail("text follows the JSON object");
    return true;
  }
  const std::string& problem() const { return problem_; }

 private:
  bool Fail(std::string what) {
    if (problem_.empty()) problem_ = std::move(what);
    return false;
  }
  bool Failed(simdjson::error_code code) {
    if (code) Fail(simdjson::error_message(code));
    return code != simdjson::SUCCESS;
  }
  bool Wrong(std::string_view field, std::string_view expected) {
    return Fail(fmt::format("{}.{} is not {}", action_, field, expected));
  }
  bool Missing(std::string_view field) { return Fail(fmt::format("{} has no {}", action_, field)); }

  // The unescaped key; escapes in keys are legal but rare.
  bool KeyOf(ondemand::field& field, std::string_view& key) {
    const char* begin = field.key().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '\\') return !Failed(field.unescaped_key().get(key));
    key = {begin, static_cast<size_t>(end - begin)};
    return true;
  }

  template <typename Visit>
  bool ForEach(ondemand::object& object, Visit&& visit) {
    for (auto member : object) {
      ondemand::field field;
      std::string_view key;
      if (Failed(std::move(member).get(field)) || !KeyOf(field, key)) return false;
      if (!visit(key, field.value())) return false;
    }
    return true;
  }

  // The parser knows null by its first letter.
  bool TypeOf(ondemand::value& value, json_type& type) {
    if (Failed(value.type().get(type))) return false;
    std::string_view token;
    return type != json_type::null || (TokenOf(value, token) && token == "null") ||
           Fail("a value is no JSON");
  }

  // The text of a scalar. False if what follows cannot: the parser steps over a token that nobody
  // took, and over a colon behind it.
  static bool TokenOf(ondemand::value& value, std::string_view& token) {
    token = value.raw_json_token();
    const char next = *(token.data() + token.size());
    while (!token.empty() && IsSpace(token.back())) token.remove_suffix(1);
    return next == ',' || next == '}' || next == ']';
  }

  // The text of any value, which is JSON.
  bool TextOf(ondemand::value& value, std::string_view& text) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    const bool nested = type == json_type::object || type == json_type::array;
    if (nested ? Failed(simdjson::to_json_string(value).get(text)) : !TokenOf(value, text))
      return Fail("a value is no JSON");
    return IsOneJsonValue(text) || Fail("a value is no JSON");
  }
  // Steps over what nobody asks for.
  bool Skip(ondemand::value& value) {
    std::string_view text;
    return TextOf(value, text);
  }

  // Visits the members of an object value; null is an object without members.
  template <typename Visit>
  bool ForEachMember(std::string_view name, ondemand::value& value, Visit&& visit) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    if (type == json_type::null) return true;
    ondemand::object object;
    if (type != json_type::object || value.get_object().get(object))
      return Wrong(name, "an object");
    return ForEach(object, visit);
  }

  bool Read(std::string_view name, ondemand::value& value, std::string& out) {
    std::string_view text;
    if (value.get_string().get(text)) return Wrong(name, "a string");
    out.assign(text);
    return true;
  }
  bool Read(std::string_view name, ondemand::value& value, bool& out) {
    return value.get_bool().get(out) ? Wrong(name, "a boolean") : true;
  }
  bool Read(std::string_view name, ondemand::value& value, int64_t& out) {
    return value.get_int64().get(out) ? Wrong(name, "a 64-bit integer") : true;
  }
  bool Read(std::string_view name, ondemand::value& value, int32_t& out) {
    int64_t wide = 0;
    if (value.get_int64().get(wide) || wide < std::numeric_limits<int32_t>::min() ||
        wide > std::numeric_limits<int32_t>::max()) {
      return Wrong(name, "a 32-bit integer");
    }
    out = static_cast<int32_t>(wide);
    return true;
  }
  bool Read(std::string_view name, ondemand::value& value, std::vector<std::string>& out) {
    ondemand::array array;
    if (value.get_array().get(array)) return Wrong(name, "an array");
    for (auto element : array) {
      std::string_view text;
      if (element.get_string().get(text)) return Wrong(name, "an array of strings");
      out.emplace_back(text);
    }
    return true;
  }
  template <typename T>
  bool Read(std::string_view name, ondemand::value& value, std::optional<T>& out) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    if (type == json_type::null) {
      out.reset();
      return true;
    }
    return Read(name, value, out.emplace());
  }
  // null leaves the default, as an absent field does.
  template <typename T>
  bool ReadUnlessNull(std::string_view name, ondemand::value& value, T& out) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    return type == json_type::null ? true : Read(name, value, out);
  }

  // The value's own text, on one line.
  bool ReadRaw(ondemand::value& value, std::string& out) {
    std::string_view json;
    if (!TextOf(value, json)) return false;
    out.assign(json);
    if (out.find_first_of("\r\n") != std::string::npos) {
      std::erase_if(out, [](char c) { return c == '\n' || c == '\r'; });
    }
    return true;
  }
  bool ReadRawUnlessNull(ondemand::value& value, std::optional<std::string>& out) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    return type == json_type::null ? true : ReadRaw(value, out.emplace());
  }

  // A value of a string map. Others write numbers and booleans bare: their text is taken.
  bool ReadText(std::string_view name, ondemand::value& value, std::optional<std::string>& out) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    if (type == json_type::null) return true;
    if (type == json_type::string) return Read(name, value, out.emplace());
    if (type == json_type::number || type == json_type::boolean)
      return ReadRaw(value, out.emplace());
    return Wrong(name, "a map of strings");
  }
  // A member told twice counts as it was told last, as everywhere in these bodies.
  bool ReadPartitionValues(ondemand::value& value, PartitionValues& out) {
    out.clear();
    return ForEachMember(
        "partitionValues", value, [&](std::string_view key, ondemand::value& text) {
          auto entry = std::find_if(out.begin(), out.end(),
                                    [&](const auto& other) { return other.first == key; });
          if (entry == out.end()) entry = out.insert(out.end(), {std::string(key), std::nullopt});
          entry->second.reset();
          return ReadText("partitionValues", text, entry->second);
        });
  }
  bool ReadMap(std::string_view name, ondemand::value& value,
               std::map<std::string, std::string>& out) {
    out.clear();
    return ForEachMember(name, value, [&](std::string_view key, ondemand::value& member) {
      std::string owned(key);
      std::optional<std::string> text;
      if (!ReadText(name, member, text)) return false;
      out[std::move(owned)] = text.value_or("");
      return true;
    });
  }
  // Statistics are JSON in a string; a bare object is taken as its own text.
  bool ReadStats(ondemand::value& value, std::optional<std::string>& out) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    if (type == json_type::null) return true;
    return type == json_type::string ? Read("stats", value, out.emplace())
                                     : ReadRaw(value, out.emplace());
  }

  bool ReadVector(ondemand::value& value, std::optional<DeletionVectorDescriptor>& out) {
    json_type type{};
    if (!TypeOf(value, type)) return false;
    if (type == json_type::null) return true;
    DeletionVectorDescriptor& vector = out.emplace();
    bool has_size = false;
    bool has_cardinality = false;
    const bool done =
        ForEachMember("deletionVector", value, [&](std::string_view key, ondemand::value& member) {
          if (key == "storageType") return Read(key, member, vector.storage_type);
          if (key == "pathOrInlineDv") return Read(key, member, vector.path_or_inline);
          if (key == "offset") return Read(key, member, vector.offset);
          if (key == "sizeInBytes") return has_size = true, Read(key, member, vector.size_bytes);
          if (key == "cardinality")
            return has_cardinality = true, Read(key, member, vector.cardinality);
          return Skip(member);
        });
    if (!done) return false;
    if (vector.storage_type.empty()) return Missing("deletionVector.storageType");
    if (vector.path_or_inline.empty()) return Missing("deletionVector.pathOrInlineDv");
    if (!has_size || !has_cardinality) return Missing("deletionVector.sizeInBytes or .cardinality");
    return true;
  }

  bool ParseAction(std::string_view key, ondemand::value& value, const ActionFilter& filter,
                   std::vector<Action>& out) {
    // Who asks for no files asks for speed.
    if (key == "add") return filter.files ? Build<AddFile>("add", value, out) : true;
    if (key == "remove") return filter.files ? Build<RemoveFile>("remove", value, out) : true;
    if (key == "commitInfo")
      return filter.commit ? Build<CommitInfo>("commitInfo", value, out) : Skip(value);
    if (key == "cdc") return filter.changes ? Build<AddChangeFile>("cdc", value, out) : Skip(value);
    if (key == "metaData")
      return filter.state ? Build<Metadata>("metaData", value, out) : Skip(value);
    if (key == "protocol")
      return filter.state ? Build<Protocol>("protocol", value, out) : Skip(value);
    if (key == "txn") return filter.state ? Build<SetTransaction>("txn", value, out) : Skip(value);
    if (key == "domainMetadata")
      return filter.state ? Build<DomainMetadata>("domainMetadata", value, out) : Skip(value);
    return Skip(value);
  }

  template <typename Body>
  bool Build(std::string_view name, ondemand::value& value, std::vector<Action>& out) {
    action_ = name;
    json_type type{};
    if (!TypeOf(value, type)) return false;
    if (type == json_type::null) return true;
    ondemand::object object;
    if (type != json_type::object || value.get_object().get(object)) {
      return Fail(fmt::format("{} is not an object", name));
    }
    Body& body = std::get<Body>(out.emplace_back(std::in_place_type<Body>));
    return ParseBody(object, body);
  }

  bool ParseBody(ondemand::object& object, AddFile& add) {
    bool has_path = false;
    bool has_size = false;
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "path") return has_path = true, Read(key, value, add.path);
      if (key == "partitionValues") return ReadPartitionValues(value, add.partition_values);
      if (key == "size") return has_size = true, Read(key, value, add.size_bytes);
      if (key == "modificationTime") return ReadUnlessNull(key, value, add.modified_ms);
      if (key == "dataChange") return ReadUnlessNull(key, value, add.data_change);
      if (key == "stats") return ReadStats(value, add.stats);
      if (key == "tags") return ReadRawUnlessNull(value, add.tags);
      if (key == "deletionVector") return ReadVector(value, add.deletion_vector);
      if (key == "baseRowId") return Read(key, value, add.base_row_id);
      if (key == "defaultRowCommitVersion") return Read(key, value, add.default_row_commit_version);
      if (key == "clusteringProvider") return Read(key, value, add.clustering_provider);
      return Skip(value);
    });
    if (!done) return false;
    if (!has_path) return Missing("path");
    if (!has_size) return Missing("size");
    return add.size_bytes >= 0 ? true : Wrong("size", "a number of bytes");
  }

  bool ParseBody(ondemand::object& object, RemoveFile& remove) {
    bool has_path = false;
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "path") return has_path = true, Read(key, value, remove.path);
      if (key == "deletionTimestamp") return Read(key, value, remove.deletion_timestamp_ms);
      if (key == "dataChange") return ReadUnlessNull(key, value, remove.data_change);
      if (key == "extendedFileMetadata")
        return ReadUnlessNull(key, value, remove.extended_file_metadata);
      if (key == "partitionValues") return ReadPartitionValues(value, remove.partition_values);
      if (key == "size") return Read(key, value, remove.size_bytes);
      if (key == "stats") return ReadStats(value, remove.stats);
      if (key == "tags") return ReadRawUnlessNull(value, remove.tags);
      if (key == "deletionVector") return ReadVector(value, remove.deletion_vector);
      if (key == "baseRowId") return Read(key, value, remove.base_row_id);
      if (key == "defaultRowCommitVersion")
        return Read(key, value, remove.default_row_commit_version);
      return Skip(value);
    });
    return done && (has_path || Missing("path"));
  }

  // A schema may be absent here: a later metaData may supersede this one. Whoever uses it will find
  // it empty.
  bool ParseBody(ondemand::object& object, Metadata& metadata) {
    return ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "id") return ReadUnlessNull(key, value, metadata.id);
      if (key == "name") return Read(key, value, metadata.name);
      if (key == "description") return Read(key, value, metadata.description);
      if (key == "schemaString") return ReadUnlessNull(key, value, metadata.schema_string);
      if (key == "partitionColumns") return ReadUnlessNull(key, value, metadata.partition_columns);
      if (key == "configuration") return ReadMap(key, value, metadata.configuration);
      if (key == "createdTime") return Read(key, value, metadata.created_ms);
      if (key != "format") return Skip(value);
      return ForEachMember("format", value, [&](std::string_view member, ondemand::value& inner) {
        if (member == "provider")
          return ReadUnlessNull("format.provider", inner, metadata.format_provider);
        if (member == "options") return ReadMap("format.options", inner, metadata.format_options);
        return Skip(inner);
      });
    });
  }

  bool ParseBody(ondemand::object& object, Protocol& protocol) {
    bool has_reader = false;
    bool has_writer = false;
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "minReaderVersion")
        return has_reader = true, Read(key, value, protocol.min_reader_version);
      if (key == "minWriterVersion")
        return has_writer = true, Read(key, value, protocol.min_writer_version);
      if (key == "readerFeatures") return Read(key, value, protocol.reader_features);
      if (key == "writerFeatures") return Read(key, value, protocol.writer_features);
      return Skip(value);
    });
    if (!done) return false;
    if (!has_reader) return Missing("minReaderVersion");
    return has_writer ? true : Missing("minWriterVersion");
  }

  bool ParseBody(ondemand::object& object, SetTransaction& txn) {
    bool has_app = false;
    bool has_version = false;
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "appId") return has_app = true, Read(key, value, txn.app_id);
      if (key == "version") return has_version = true, Read(key, value, txn.version);
      if (key == "lastUpdated") return Read(key, value, txn.last_updated_ms);
      return Skip(value);
    });
    if (!done) return false;
    if (!has_app) return Missing("appId");
    return has_version ? true : Missing("version");
  }

  bool ParseBody(ondemand::object& object, DomainMetadata& domain) {
    bool has_domain = false;
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "domain") return has_domain = true, Read(key, value, domain.domain);
      if (key == "configuration") return ReadUnlessNull(key, value, domain.configuration);
      if (key == "removed") return ReadUnlessNull(key, value, domain.removed);
      return Skip(value);
    });
    return done && (has_domain || Missing("domain"));
  }

  bool ParseBody(ondemand::object& object, AddChangeFile& change) {
    bool has_path = false;
    const bool done = ForEach(object, [&](std::string_view key, ondemand::value& value) {
      if (key == "path") return has_path = true, Read(key, value, change.path);
      if (key == "partitionValues") return ReadPartitionValues(value, change.partition_values);
      if (key == "size") return Read(key, value, change.size_bytes);
      if (key == "tags") return ReadRawUnlessNull(value, change.tags);
      return Skip(value);
    });
    return done && (has_path || Missing("path"));
  }

  // Nothing depends on commitInfo, and writers put anything there: a field of an unexpected type is
  // kept as it is.
  bool ParseBody(ondemand::object& object, CommitInfo& info) {
    return ForEach(object, [&](std::string_view key, ondemand::value& value) {
      json_type type{};
      if (!TypeOf(value, type)) return false;
      const std::string name(key);
      if (type == json_type::string) {
        if (name == "operation") return Read(name, value, info.operation);
        if (name == "isolationLevel") return Read(name, value, info.isolation_level);
        if (name == "engineInfo") return Read(name, value, info.engine_info);
        if (name == "txnId") return Read(name, value, info.txn_id);
      } else if (type == json_type::boolean) {
        if (name == "isBlindAppend") return Read(name, value, info.is_blind_append);
      } else if (type == json_type::object) {
        if (name == "operationParameters") return ReadRawFields(value, info.operation_parameters);
        if (name == "operationMetrics") return ReadRawFields(value, info.operation_metrics);
      } else if (type == json_type::number) {
        std::optional<int64_t>* number = name == "timestamp" ? &info.timestamp_ms
                                         : name == "inCommitTimestamp"
                                             ? &info.in_commit_timestamp_ms
                                         : name == "readVersion" ? &info.read_version
                                                                 : nullptr;
        int64_t integer = 0;
        if (number && !value.get_int64().get(integer)) return *number = integer, true;
      }
      return ReadRaw(value, info.other.emplace_back(name, "").second);
    });
  }
  bool ReadRawFields(ondemand::value& value, RawFields& out) {
    return ForEachMember("operationParameters", value,
                         [&](std::string_view key, ondemand::value& member) {
                           auto& entry = out.emplace_back(key, "");
                           return ReadRaw(member, entry.second);
                         });
  }

  ondemand::parser parser_;
  std::string_view action_;
  std::string problem_;
};

class CommitReader {
 public:
  CommitReader(const Bytes& json, std::string_view name) : text_(json.view()), name_(name) {}

  Status Run(const ActionFilter& filter, const ActionVisitor& visit, CommitRules& rules) {
    position_ = 0;
    line_ = 1;
    bool any = false;
    while (SkipSpace()) {
      any = true;
      actions_.clear();
      LAKEHOLD_TRY(ParseDocument(filter));
      for (Action& action : actions_) {
        if (auto complaint = rules.Admit(action)) return Bad("delta.duplicate_action", *complaint);
        LAKEHOLD_TRY(visit(std::move(action)));
      }
      Advance(document_end_);
    }
    if (!any)
      return Corrupt("delta.bad_commit",
                     fmt::format("{} is empty ({} bytes, no action)", name_, text_.size()),
                     "restore the file from a backup; nothing was changed")
          .With("file", std::string(name_));
    return {};
  }

 private:
  // Parses the document at position_ and sets document_end_.
  Status ParseDocument(const ActionFilter& filter) {
    if (text_[position_] != '{') return Bad("delta.bad_commit", "not a JSON object");
    size_t end = std::min(text_.find('\n', position_), text_.size());
    while (IsSpace(text_[end - 1])) --end;
    if (text_[end - 1] == '}' && Try(end, filter)) return {};
    const size_t whole = FindDocumentEnd();
    if (whole == std::string_view::npos)
      return Bad("delta.bad_commit", "the JSON object has no end: the file is truncated");
    if (whole == end) return Bad("delta.bad_commit", parser_.problem());
    actions_.clear();
    if (!Try(whole, filter)) return Bad("delta.bad_commit", parser_.problem());
    return CheckRestOfLine();
  }

  bool Try(size_t end, const ActionFilter& filter) {
    document_end_ = end;
    const size_t room = text_.size() - position_ + Bytes::kPadding;
    return parser_.Parse(text_.data() + position_, end - position_, room, filter, actions_);
  }

  Status CheckRestOfLine() {
    for (size_t i = document_end_; i < text_.size() && text_[i] != '\n'; ++i) {
      if (!IsSpace(text_[i]))
        return Bad("delta.bad_commit", "text follows the JSON object on its line");
    }
    return {};
  }

  // Behind the brace that closes the one at position_, or npos.
  size_t FindDocumentEnd() const {
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = position_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quoted) {
        if (c == '\\') ++i;
        if (c == '"') quoted = false;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return i + 1;
      }
    }
    return std::string_view::npos;
  }

  // Moves to the next document; false at the end of the file.
  bool SkipSpace() {
    while (position_ < text_.size() && IsSpace(text_[position_])) {
      if (text_[position_] == '\n') ++line_;
      ++position_;
    }
    return position_ < text_.size();
  }
  // Lines inside a document count too.
  void Advance(size_t end) {
    const char* at = text_.data() + position_;
    const char* stop = text_.data() + end;
    while ((at = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(stop - at))))) {
      ++line_;
      ++at;
    }
    position_ = end;
  }

  Error Bad(std::string_view reason, std::string_view cause) const {
    return Corrupt(reason, fmt::format("{}, line {}: {}", name_, line_, cause),
                   "restore the file from a backup; nothing was changed")
        .With("file", std::string(name_))
        .With("line", std::to_string(line_));
  }

  std::string_view text_;
  std::string_view name_;
  size_t position_ = 0;
  size_t document_end_ = 0;
  size_t line_ = 1;
  ActionParser parser_;
  std::vector<Action> actions_;
};

}  // namespace

Status ParseCommit(const Bytes& json, std::string_view name, const ActionFilter& filter,
                   const ActionVisitor& visit, std::string_view root_uri) {
  CommitReader reader(json, name);
  CommitRules rules(root_uri);
  LAKEHOLD_TRY(reader.Run(filter, visit, rules));
  if (!rules.needs_exact_pass()) return {};
  rules.BeginExactPass();
  const ActionFilter files_only{.files = true, .state = false, .commit = false, .changes = false};
  return reader.Run(files_only, [](Action&&) { return Status(); }, rules);
}

}  // namespace lakehold::delta
