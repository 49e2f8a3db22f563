#include "facade/table_status.h"

#include <algorithm>
#include <utility>

#include "delta/checkpoint.h"
#include "delta/features.h"
#include "delta/log_path.h"
#include "delta/readable.h"

namespace lakehold {

std::optional<int64_t> ExactRows(const delta::Snapshot& snapshot) {
  const auto& files = snapshot.files();
  const auto records = files.NumRecords();
  int64_t rows = 0;
  for (const auto ordinal : files.LiveOrdinals()) {
    if (records[ordinal] < 0) return std::nullopt;
    const auto* vector = files.Get(ordinal).deletion_vector;
    rows += records[ordinal] - (vector != nullptr ? vector->cardinality : 0);
  }
  return rows;
}

std::optional<Version> NewestCheckpoint(const delta::Snapshot& snapshot) {
  const auto known = snapshot.last_checkpoint();
  const auto& root = snapshot.root();
  const auto text = root.store->Get(root.LogKeyOf(delta::kLastCheckpointName), std::nullopt);
  const auto hint = text.ok() ? delta::ParseLastCheckpoint(text->view()) : std::nullopt;
  if (!hint || hint->version > snapshot.version() || hint->version < known.value_or(-1))
    return known;
  return hint->version;
}

namespace {

std::vector<TableColumn> ColumnsOf(const delta::Schema& schema, const delta::Metadata& metadata) {
  std::vector<TableColumn> columns;
  for (const auto& field : schema.fields) {
    const bool partition =
        std::find(metadata.partition_columns.begin(), metadata.partition_columns.end(),
                  field.name) != metadata.partition_columns.end();
    columns.push_back({field.name, delta::FormatType(field.type), field.nullable, partition});
  }
  return columns;
}

}  // namespace

TableOutline OutlineOf(const delta::TableHead& head) {
  return {head.version, ColumnsOf(head.schema, head.metadata), head.metadata.partition_columns,
          head.metadata.configuration};
}

TableStatus StatusOf(const delta::Snapshot& snapshot, const std::string& location) {
  TableStatus status;
  const auto& metadata = snapshot.metadata();
  const auto& protocol = snapshot.protocol();
  status.location = location;
  status.id = metadata.id;
  status.version = snapshot.version();
  status.timestamp_ms = snapshot.timestamp_ms();
  status.files = snapshot.files().live_files();
  status.bytes = snapshot.files().live_bytes();
  status.rows = ExactRows(snapshot);
  for (const auto ordinal : snapshot.files().LiveOrdinals()) {
    if (snapshot.files().Get(ordinal).deletion_vector != nullptr) ++status.files_with_vectors;
  }
  status.partition_columns = metadata.partition_columns;
  status.columns = ColumnsOf(snapshot.schema(), metadata);
  status.properties = metadata.configuration;
  status.min_reader_version = protocol.min_reader_version;
  status.min_writer_version = protocol.min_writer_version;
  status.reader_features = protocol.reader_features.value_or(std::vector<std::string>{});
  status.writer_features = protocol.writer_features.value_or(std::vector<std::string>{});
  status.last_checkpoint = snapshot.last_checkpoint();
  auto readable = delta::CheckReadable(snapshot);
  if (readable.ok()) readable = delta::CheckColumnsReadable(snapshot.schema());
  if (!readable.ok()) status.unreadable = readable.error().ToString();
  if (auto writable = delta::CheckWritable(protocol, metadata, snapshot.schema()); !writable.ok()) {
    status.unwritable = writable.error().ToString();
  }
  return status;
}

Result<int64_t> ReadOneInteger(engine::Query& query) {
  ArrowArrayStream stream{};
  LAKEHOLD_TRY(query.Open(1, &stream));
  ArrowArray batch{};
  Result<int64_t> answer = Internal("facade.no_count", "the count came back empty");
  if (stream.get_next(&stream, &batch) != 0) {
    answer = Internal("facade.no_count", stream.get_last_error(&stream));
  } else if (batch.release != nullptr) {
    if (batch.length == 1) {
      const auto* column = batch.children[0];
      answer = static_cast<const int64_t*>(column->buffers[1])[column->offset];
    }
    batch.release(&batch);
  }
  stream.release(&stream);
  return answer;
}

}  // namespace lakehold
