// Writing actions. Fields come in the order delta-spark writes them, so that diffs between writers
// stay small.
#include <array>
#include <charconv>

#include "delta/action_json.h"

namespace lakehold::delta {

namespace {

constexpr std::array<bool, 256> MakeEscapeTable() {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = true;
  table['\\'] = true;
  return table;
}
constexpr std::array<bool, 256> kNeedsEscape = MakeEscapeTable();

void AppendEscaped(unsigned char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

void AppendInteger(int64_t value, std::string& out) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

// Writes the members of one JSON object: commas and quoted keys.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  // `key` is a literal that needs no escaping.
  std::string& Key(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
    return out_;
  }
  std::string& ForeignKey(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    AppendJsonString(key, out_);
    out_ += ':';
    return out_;
  }
  void Integer(std::string_view key, int64_t value) { AppendInteger(value, Key(key)); }
  void OptionalInteger(std::string_view key, const std::optional<int64_t>& value) {
    if (value) Integer(key, *value);
  }
  void Boolean(std::string_view key, bool value) { Key(key) += value ? "true" : "false"; }
  void String(std::string_view key, std::string_view value) { AppendJsonString(value, Key(key)); }
  void OptionalString(std::string_view key, const std::optional<std::string>& value) {
    if (value) String(key, *value);
  }
  void OptionalRaw(std::string_view key, const std::optional<std::string>& json) {
    if (json) Key(key) += *json;
  }
  void Close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void AppendRawObject(const RawFields& fields, std::string& out) {
  ObjectWriter object(out);
  for (const auto& [key, json] : fields) object.ForeignKey(key) += json;
  object.Close();
}

void AppendStringMap(const std::map<std::string, std::string>& map, std::string& out) {
  ObjectWriter object(out);
  for (const auto& [key, value] : map) AppendJsonString(value, object.ForeignKey(key));
  object.Close();
}

void AppendStringArray(const std::vector<std::string>& values, std::string& out) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(values[i], out);
  }
  out += ']';
}

void AppendPartitionValues(const PartitionValues& values, std::string& out) {
  ObjectWriter object(out);
  for (const auto& [column, value] : values) {
    std::string& target = object.ForeignKey(column);
    if (value) {
      AppendJsonString(*value, target);
    } else {
      target += "null";
    }
  }
  object.Close();
}

void AppendVector(const std::optional<DeletionVectorDescriptor>& vector, ObjectWriter& parent) {
  if (!vector) return;
  ObjectWriter object(parent.Key("deletionVector"));
  object.String("storageType", vector->storage_type);
  object.String("pathOrInlineDv", vector->path_or_inline);
  if (vector->offset) object.Integer("offset", int64_t{*vector->offset});
  object.Integer("sizeInBytes", int64_t{vector->size_bytes});
  object.Integer("cardinality", vector->cardinality);
  object.Close();
}

void AppendBody(const AddFile& add, std::string& out) {
  out += "{\"add\":";
  ObjectWriter object(out);
  object.String("path", add.path);
  AppendPartitionValues(add.partition_values, object.Key("partitionValues"));
  object.Integer("size", add.size_bytes);
  object.Integer("modificationTime", add.modified_ms);
  object.Boolean("dataChange", add.data_change);
  object.OptionalString("stats", add.stats);
  object.OptionalRaw("tags", add.tags);
  AppendVector(add.deletion_vector, object);
  object.OptionalInteger("baseRowId", add.base_row_id);
  object.OptionalInteger("defaultRowCommitVersion", add.default_row_commit_version);
  object.OptionalString("clusteringProvider", add.clustering_provider);
  object.Close();
}

void AppendBody(const RemoveFile& remove, std::string& out) {
  out += "{\"remove\":";
  ObjectWriter object(out);
  object.String("path", remove.path);
  object.OptionalInteger("deletionTimestamp", remove.deletion_timestamp_ms);
  object.Boolean("dataChange", remove.data_change);
  object.Boolean("extendedFileMetadata", remove.extended_file_metadata);
  if (remove.extended_file_metadata)
    AppendPartitionValues(remove.partition_values, object.Key("partitionValues"));
  object.OptionalInteger("size", remove.size_bytes);
  object.OptionalRaw("tags", remove.tags);
  AppendVector(remove.deletion_vector, object);
  object.OptionalInteger("baseRowId", remove.base_row_id);
  object.OptionalInteger("defaultRowCommitVersion", remove.default_row_commit_version);
  object.OptionalString("stats", remove.stats);
  object.Close();
}

void AppendBody(const Metadata& metadata, std::string& out) {
  out += "{\"metaData\":";
  ObjectWriter object(out);
  object.String("id", metadata.id);
  object.OptionalString("name", metadata.name);
  object.OptionalString("description", metadata.description);
  ObjectWriter format(object.Key("format"));
  format.String("provider", metadata.format_provider);
  AppendStringMap(metadata.format_options, format.Key("options"));
  format.Close();
  object.String("schemaString", metadata.schema_string);
  AppendStringArray(metadata.partition_columns, object.Key("partitionColumns"));
  AppendStringMap(metadata.configuration, object.Key("configuration"));
  object.OptionalInteger("createdTime", metadata.created_ms);
  object.Close();
}

void AppendBody(const Protocol& protocol, std::string& out) {
  out += "{\"protocol\":";
  ObjectWriter object(out);
  object.Integer("minReaderVersion", int64_t{protocol.min_reader_version});
  object.Integer("minWriterVersion", int64_t{protocol.min_writer_version});
  if (protocol.reader_features)
    AppendStringArray(*protocol.reader_features, object.Key("readerFeatures"));
  if (protocol.writer_features)
    AppendStringArray(*protocol.writer_features, object.Key("writerFeatures"));
  object.Close();
}

void AppendBody(const SetTransaction& txn, std::string& out) {
  out += "{\"txn\":";
  ObjectWriter object(out);
  object.String("appId", txn.app_id);
  object.Integer("version", txn.version);
  object.OptionalInteger("lastUpdated", txn.last_updated_ms);
  object.Close();
}

void AppendBody(const DomainMetadata& domain, std::string& out) {
  out += "{\"domainMetadata\":";
  ObjectWriter object(out);
  object.String("domain", domain.domain);
  object.String("configuration", domain.configuration);
  object.Boolean("removed", domain.removed);
  object.Close();
}

// The in-commit timestamp comes first because readers may read no more than the head of the file to
// find it.
void AppendBody(const CommitInfo& info, std::string& out) {
  out += "{\"commitInfo\":";
  ObjectWriter object(out);
  object.OptionalInteger("inCommitTimestamp", info.in_commit_timestamp_ms);
  object.OptionalInteger("timestamp", info.timestamp_ms);
  object.OptionalString("operation", info.operation);
  if (info.operation || !info.operation_parameters.empty()) {
    AppendRawObject(info.operation_parameters, object.Key("operationParameters"));
  }
  object.OptionalInteger("readVersion", info.read_version);
  object.OptionalString("isolationLevel", info.isolation_level);
  if (info.is_blind_append) object.Boolean("isBlindAppend", *info.is_blind_append);
  if (!info.operation_metrics.empty())
    AppendRawObject(info.operation_metrics, object.Key("operationMetrics"));
  for (const auto& [key, json] : info.other) object.ForeignKey(key) += json;
  object.OptionalString("engineInfo", info.engine_info);
  object.OptionalString("txnId", info.txn_id);
  object.Close();
}

void AppendBody(const AddChangeFile& change, std::string& out) {
  out += "{\"cdc\":";
  ObjectWriter object(out);
  object.String("path", change.path);
  AppendPartitionValues(change.partition_values, object.Key("partitionValues"));
  object.Integer("size", change.size_bytes);
  object.Boolean("dataChange", false);  // By the protocol: change files never count as data.
  object.OptionalRaw("tags", change.tags);
  object.Close();
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  size_t clean = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kNeedsEscape[c]) continue;
    out.append(text, clean, i - clean);
    AppendEscaped(c, out);
    clean = i + 1;
  }
  out.append(text, clean, text.size() - clean);
  out += '"';
}

void AppendActionJson(const Action& action, std::string& out) {
  std::visit([&out](const auto& body) { AppendBody(body, out); }, action);
  out += "}\n";
}

std::string FormatCommit(const std::vector<Action>& actions) {
  std::string out;
  out.reserve(actions.size() * 512);
  for (const Action& action : actions) AppendActionJson(action, out);
  return out;
}

}  // namespace lakehold::delta
