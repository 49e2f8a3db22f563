#include "engine/checkpoint_encoder.h"

#include <optional>
#include <utility>
#include <vector>

#include "delta/snapshot.h"

namespace lakehold::engine {
namespace {

using duckdb::child_list_t;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::Vector;

// Where each kind of row is; sidecars have the first two only.
enum Column : idx_t { kAdd, kRemove, kTxn, kMetadata, kProtocol, kDomain, kVersion, kSidecar };

LogicalType TextMapType() { return LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR); }

LogicalType VectorType() {
  return LogicalType::STRUCT({{"storageType", LogicalType::VARCHAR},
                              {"pathOrInlineDv", LogicalType::VARCHAR},
                              {"offset", LogicalType::INTEGER},
                              {"sizeInBytes", LogicalType::INTEGER},
                              {"cardinality", LogicalType::BIGINT}});
}

LogicalType AddType(const StatsStruct* stats) {
  duckdb::child_list_t<LogicalType> fields = {{"path", LogicalType::VARCHAR},
                                              {"partitionValues", TextMapType()},
                                              {"size", LogicalType::BIGINT},
                                              {"modificationTime", LogicalType::BIGINT},
                                              {"dataChange", LogicalType::BOOLEAN},
                                              {"stats", LogicalType::VARCHAR},
                                              {"tags", TextMapType()},
                                              {"deletionVector", VectorType()},
                                              {"baseRowId", LogicalType::BIGINT},
                                              {"defaultRowCommitVersion", LogicalType::BIGINT},
                                              {"clusteringProvider", LogicalType::VARCHAR}};
  if (stats != nullptr) {
    fields.emplace_back("stats_parsed", stats->stats_type());
    if (stats->has_partitions())
      fields.emplace_back("partitionValues_parsed", stats->partitions_type());
  }
  return LogicalType::STRUCT(std::move(fields));
}

LogicalType RemoveType() {
  return LogicalType::STRUCT({{"path", LogicalType::VARCHAR},
                              {"deletionTimestamp", LogicalType::BIGINT},
                              {"dataChange", LogicalType::BOOLEAN},
                              {"extendedFileMetadata", LogicalType::BOOLEAN},
                              {"partitionValues", TextMapType()},
                              {"size", LogicalType::BIGINT},
                              {"tags", TextMapType()},
                              {"deletionVector", VectorType()},
                              {"baseRowId", LogicalType::BIGINT},
                              {"defaultRowCommitVersion", LogicalType::BIGINT}});
}

LogicalType MetadataType() {
  const LogicalType format =
      LogicalType::STRUCT({{"provider", LogicalType::VARCHAR}, {"options", TextMapType()}});
  return LogicalType::STRUCT({{"id", LogicalType::VARCHAR},
                              {"name", LogicalType::VARCHAR},
                              {"description", LogicalType::VARCHAR},
                              {"format", format},
                              {"schemaString", LogicalType::VARCHAR},
                              {"partitionColumns", LogicalType::LIST(LogicalType::VARCHAR)},
                              {"configuration", TextMapType()},
                              {"createdTime", LogicalType::BIGINT}});
}

// Everything NULL, deep down: what a row sets is made valid.
void SetAllNull(Vector& vector) {
  FlatVector::Validity(vector).SetAllInvalid(STANDARD_VECTOR_SIZE);
  const auto physical = vector.GetType().InternalType();
  if (physical == duckdb::PhysicalType::STRUCT) {
    for (auto& child : duckdb::StructVector::GetEntries(vector)) SetAllNull(*child);
  } else if (physical == duckdb::PhysicalType::LIST) {
    std::fill_n(FlatVector::GetData<duckdb::list_entry_t>(vector), STANDARD_VECTOR_SIZE,
                duckdb::list_entry_t{0, 0});
  }
}

// One row of a struct, field by field in the order of its type.
class RowStruct {
 public:
  RowStruct(Vector& vector, idx_t row) : vector_(vector), row_(row) {
    FlatVector::Validity(vector).SetValid(row);
  }

  RowStruct& Text(const std::optional<std::string>& text) {
    Vector& field = Next();
    if (!text) return *this;
    FlatVector::Validity(field).SetValid(row_);
    FlatVector::GetData<duckdb::string_t>(field)[row_] =
        duckdb::StringVector::AddStringOrBlob(field, *text);
    return *this;
  }
  RowStruct& Long(std::optional<int64_t> value) { return Fixed<int64_t>(value); }
  RowStruct& Int(std::optional<int32_t> value) { return Fixed<int32_t>(value); }
  RowStruct& Bool(bool value) { return Fixed<bool>(value); }

  RowStruct& TextList(const std::optional<std::vector<std::string>>& texts) {
    Vector& field = Next();
    if (!texts) return *this;
    idx_t at = Grow(field, texts->size());
    Vector& elements = duckdb::ListVector::GetEntry(field);
    for (const std::string& text : *texts) Put(elements, at++, text);
    return *this;
  }
  template <typename Map>  // Of pairs of a text and a perhaps absent text.
  RowStruct& TextMap(const std::optional<Map>& map) {
    Vector& field = Next();
    if (!map) return *this;
    idx_t at = Grow(field, map->size());
    Vector& keys = duckdb::MapVector::GetKeys(field);
    Vector& values = duckdb::MapVector::GetValues(field);
    for (const auto& [key, value] : *map) {
      Put(keys, at, key);
      if (std::optional<std::string> text = value)
        Put(values, at, *text);
      else
        FlatVector::SetNull(values, at, true);
      at++;
    }
    return *this;
  }
  RowStruct& DeletionVector(const std::optional<delta::DeletionVectorDescriptor>& vector) {
    Vector& field = Next();
    if (!vector) return *this;
    RowStruct(field, row_)
        .Text(vector->storage_type)
        .Text(vector->path_or_inline)
        .Int(vector->offset)
        .Int(vector->size_bytes)
        .Long(vector->cardinality);
    return *this;
  }
  RowStruct Struct() { return {Next(), row_}; }
  RowStruct& Any(const duckdb::Value& value) {
    Next().SetValue(row_, value);
    return *this;
  }

 private:
  Vector& Next() { return *duckdb::StructVector::GetEntries(vector_)[next_++]; }

  template <typename T>
  RowStruct& Fixed(std::optional<T> value) {
    Vector& field = Next();
    if (!value) return *this;
    FlatVector::Validity(field).SetValid(row_);
    FlatVector::GetData<T>(field)[row_] = *value;
    return *this;
  }
  // Room for more elements of the row's list; the position of the first.
  idx_t Grow(Vector& list, idx_t count) {
    const idx_t first = duckdb::ListVector::GetListSize(list);
    duckdb::ListVector::Reserve(list, first + count);
    duckdb::ListVector::SetListSize(list, first + count);
    FlatVector::Validity(list).SetValid(row_);
    FlatVector::GetData<duckdb::list_entry_t>(list)[row_] = {first, count};
    return first;
  }
  static void Put(Vector& elements, idx_t at, const std::string& text) {
    FlatVector::Validity(elements).SetValid(at);
    FlatVector::GetData<duckdb::string_t>(elements)[at] =
        duckdb::StringVector::AddStringOrBlob(elements, text);
  }

  Vector& vector_;
  idx_t row_;
  idx_t next_ = 0;
};

}  // namespace

// The column and row for one kind of action.
struct CheckpointEncoder::RowFiller {
  CheckpointEncoder& encoder;
  duckdb::DataChunk& chunk;
  idx_t row;

  RowStruct In(Column column) const { return {chunk.data[column], row}; }

  bool operator()(const delta::AddFile& add) const {
    RowStruct fields = In(kAdd);
    fields.Text(add.path)
        .TextMap(std::optional(add.partition_values))
        .Long(add.size_bytes)
        .Long(add.modified_ms)
        .Bool(add.data_change)
        .Text(encoder.stats_as_json_ ? add.stats : std::nullopt)
        .TextMap(encoder.Tags(add.tags))
        .DeletionVector(add.deletion_vector)
        .Long(add.base_row_id)
        .Long(add.default_row_commit_version)
        .Text(add.clustering_provider);
    StatsStruct* const stats = encoder.stats_struct_.get();
    if (stats != nullptr) {
      fields.Any(stats->StatsOf(add));
      if (stats->has_partitions()) fields.Any(stats->PartitionsOf(add));
    }
    return true;
  }
  bool operator()(const delta::RemoveFile& remove) const {
    using Values = std::optional<delta::PartitionValues>;
    In(kRemove)
        .Text(remove.path)
        .Long(remove.deletion_timestamp_ms)
        .Bool(remove.data_change)
        .Bool(remove.extended_file_metadata)
        .TextMap(remove.extended_file_metadata ? Values(remove.partition_values) : Values())
        .Long(remove.size_bytes)
        .TextMap(encoder.Tags(remove.tags))
        .DeletionVector(remove.deletion_vector)
        .Long(remove.base_row_id)
        .Long(remove.default_row_commit_version);
    return true;
  }
  bool operator()(const delta::Metadata& metadata) const {
    if (encoder.is_sidecar_) return false;
    RowStruct fields = In(kMetadata);
    fields.Text(metadata.id).Text(metadata.name).Text(metadata.description);
    fields.Struct().Text(metadata.format_provider).TextMap(std::optional(metadata.format_options));
    fields.Text(metadata.schema_string)
        .TextList(metadata.partition_columns)
        .TextMap(std::optional(metadata.configuration))
        .Long(metadata.created_ms);
    return true;
  }
  bool operator()(const delta::Protocol& protocol) const {
    if (encoder.is_sidecar_) return false;
    In(kProtocol)
        .Int(protocol.min_reader_version)
        .Int(protocol.min_writer_version)
        .TextList(protocol.reader_features)
        .TextList(protocol.writer_features);
    return true;
  }
  bool operator()(const delta::SetTransaction& transaction) const {
    if (encoder.is_sidecar_) return false;
    In(kTxn).Text(transaction.app_id).Long(transaction.version).Long(transaction.last_updated_ms);
    return true;
  }
  bool operator()(const delta::DomainMetadata& domain) const {
    if (encoder.is_sidecar_) return false;
    In(kDomain).Text(domain.domain).Text(domain.configuration).Bool(domain.removed);
    return true;
  }
  bool operator()(const delta::CommitInfo&) const { return false; }
  bool operator()(const delta::AddChangeFile&) const { return false; }
};

namespace {

std::unique_ptr<StatsStruct> StatsStructOf(const delta::CheckpointShape& shape) {
  if (shape.stats_as_struct == nullptr) return nullptr;
  return std::make_unique<StatsStruct>(shape.stats_as_struct->schema(),
                                       shape.stats_as_struct->metadata());
}

}  // namespace

duckdb::vector<std::string> CheckpointColumnNames(const delta::CheckpointShape& shape) {
  duckdb::vector<std::string> names = {"add", "remove"};
  if (shape.is_sidecar) return names;
  for (const char* name : {"txn", "metaData", "protocol", "domainMetadata"})
    names.emplace_back(name);
  if (!shape.v2_version) return names;
  names.emplace_back("checkpointMetadata");
  names.emplace_back("sidecar");
  return names;
}

duckdb::vector<LogicalType> CheckpointColumnTypes(const delta::CheckpointShape& shape) {
  const auto stats = StatsStructOf(shape);
  duckdb::vector<LogicalType> types = {AddType(stats.get()), RemoveType()};
  if (shape.is_sidecar) return types;
  const LogicalType texts = LogicalType::LIST(LogicalType::VARCHAR);
  types.push_back(LogicalType::STRUCT({{"appId", LogicalType::VARCHAR},
                                       {"version", LogicalType::BIGINT},
                                       {"lastUpdated", LogicalType::BIGINT}}));
  types.push_back(MetadataType());
  types.push_back(LogicalType::STRUCT({{"minReaderVersion", LogicalType::INTEGER},
                                       {"minWriterVersion", LogicalType::INTEGER},
                                       {"readerFeatures", texts},
                                       {"writerFeatures", texts}}));
  types.push_back(LogicalType::STRUCT({{"domain", LogicalType::VARCHAR},
                                       {"configuration", LogicalType::VARCHAR},
                                       {"removed", LogicalType::BOOLEAN}}));
  if (!shape.v2_version) return types;
  types.push_back(LogicalType::STRUCT({{"version", LogicalType::BIGINT}, {"tags", TextMapType()}}));
  types.push_back(LogicalType::STRUCT({{"path", LogicalType::VARCHAR},
                                       {"sizeInBytes", LogicalType::BIGINT},
                                       {"modificationTime", LogicalType::BIGINT},
                                       {"tags", TextMapType()}}));
  return types;
}

CheckpointEncoder::CheckpointEncoder(const delta::CheckpointShape& shape)
    : stats_as_json_(shape.stats_as_json),
      stats_struct_(StatsStructOf(shape)),
      is_sidecar_(shape.is_sidecar) {}

void CheckpointEncoder::Start(duckdb::DataChunk& chunk) {
  chunk.Reset();
  for (Vector& column : chunk.data) SetAllNull(column);
}

bool CheckpointEncoder::Append(const delta::Action& action, duckdb::DataChunk& chunk) {
  if (!std::visit(RowFiller{*this, chunk, chunk.size()}, action)) return false;
  chunk.SetCardinality(chunk.size() + 1);
  return true;
}

void CheckpointEncoder::AppendVersion(delta::Version version, duckdb::DataChunk& chunk) {
  RowStruct(chunk.data[kVersion], chunk.size()).Long(version);
  chunk.SetCardinality(chunk.size() + 1);
}

void CheckpointEncoder::AppendSidecar(const delta::Sidecar& sidecar, duckdb::DataChunk& chunk) {
  RowStruct(chunk.data[kSidecar], chunk.size())
      .Text(sidecar.path)
      .Long(static_cast<int64_t>(sidecar.size_bytes))
      .Long(sidecar.modified_ms);
  chunk.SetCardinality(chunk.size() + 1);
}

const std::optional<RawObjectEntries>& CheckpointEncoder::Tags(
    const std::optional<std::string>& tags) {
  if (tags != tags_text_) {
    tags_text_ = tags;
    tags_ = tags ? ParseRawObject(*tags) : std::nullopt;
  }
  return tags_;
}

}  // namespace lakehold::engine
