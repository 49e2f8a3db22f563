#include "engine/checkpoint_decoder.h"

#include <utility>

#include "delta/checkpoint_reader.h"
#include "engine/checkpoint_batch.h"
#include "engine/parquet_cells.h"
#include "engine/raw_object.h"
#include "engine/vector_cells.h"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;

std::optional<std::string> RawMap(const ParquetCells& cells, idx_t row) {
  const auto map = cells.TextMap(row);
  return map ? std::optional(FormatRawObject(*map)) : std::nullopt;
}

std::map<std::string, std::string> PlainMap(const ParquetCells& cells, idx_t row) {
  std::map<std::string, std::string> result;
  for (auto& [key, value] : cells.TextMap(row).value_or(delta::PartitionValues{})) {
    if (value) result[key] = *std::move(value);
  }
  return result;
}

// The columns of one kind of row. Every Read gives nothing where the row is of another kind, which
// a writer may say by a NULL struct or by a struct of NULLs.
struct FileCells {
  explicit FileCells(const ParquetCells& all)
      : path(all.Child("path")),
        partition_values(all.Child("partitionValues")),
        size(all.Child("size")),
        data_change(all.Child("dataChange")),
        tags(all.Child("tags")),
        stats(all.Child("stats")),
        stats_parsed(all.Child("stats_parsed")),
        vector(all.Child("deletionVector")),
        base_row_id(all.Child("baseRowId")),
        default_row_commit_version(all.Child("defaultRowCommitVersion")) {}
  ParquetCells path, partition_values, size, data_change, tags, stats, stats_parsed;
  VectorCells vector;
  ParquetCells base_row_id, default_row_commit_version;

  template <typename File>
  void Fill(idx_t row, File& file) const {
    file.partition_values = partition_values.TextMap(row).value_or(delta::PartitionValues{});
    file.data_change = data_change.Boolean(row).value_or(false);
    file.stats = stats.Text(row);
    if (!file.stats) file.stats = stats_parsed.Json(row);
    file.tags = RawMap(tags, row);
    file.deletion_vector = vector.Read(row);
    file.base_row_id = base_row_id.Integer(row);
    file.default_row_commit_version = default_row_commit_version.Integer(row);
  }
};

struct AddCells : FileCells {
  explicit AddCells(const ParquetCells& all)
      : FileCells(all),
        modified(all.Child("modificationTime")),
        clustering(all.Child("clusteringProvider")) {}
  ParquetCells modified, clustering;

  std::optional<delta::Action> Read(idx_t row) const {
    auto text = path.Text(row);
    if (!text) return std::nullopt;
    delta::AddFile add;
    add.path = *std::move(text);
    Fill(row, add);
    add.size_bytes = size.Integer(row).value_or(0);
    add.modified_ms = modified.Integer(row).value_or(0);
    add.clustering_provider = clustering.Text(row);
    return add;
  }
};

struct RemoveCells : FileCells {
  explicit RemoveCells(const ParquetCells& all)
      : FileCells(all),
        deleted(all.Child("deletionTimestamp")),
        extended(all.Child("extendedFileMetadata")) {}
  ParquetCells deleted, extended;

  std::optional<delta::Action> Read(idx_t row) const {
    auto text = path.Text(row);
    if (!text) return std::nullopt;
    delta::RemoveFile remove;
    remove.path = *std::move(text);
    Fill(row, remove);
    remove.size_bytes = size.Integer(row);
    remove.deletion_timestamp_ms = deleted.Integer(row);
    remove.extended_file_metadata = extended.Boolean(row).value_or(false);
    return remove;
  }
};

std::optional<delta::Action> ReadMetadata(const ParquetCells& all, idx_t row) {
  auto schema = all.Child("schemaString").Text(row);
  auto id = all.Child("id").Text(row);
  if (!schema && !id) return std::nullopt;
  delta::Metadata metadata;
  metadata.id = std::move(id).value_or("");
  metadata.name = all.Child("name").Text(row);
  metadata.description = all.Child("description").Text(row);
  const ParquetCells format = all.Child("format");
  metadata.format_provider = format.Child("provider").Text(row).value_or("parquet");
  metadata.format_options = PlainMap(format.Child("options"), row);
  metadata.schema_string = std::move(schema).value_or("");
  metadata.partition_columns =
      all.Child("partitionColumns").TextList(row).value_or(std::vector<std::string>{});
  metadata.configuration = PlainMap(all.Child("configuration"), row);
  metadata.created_ms = all.Child("createdTime").Integer(row);
  return metadata;
}

std::optional<delta::Action> ReadProtocol(const ParquetCells& all, idx_t row) {
  const auto reader = all.Child("minReaderVersion").Integer(row);
  const auto writer = all.Child("minWriterVersion").Integer(row);
  if (!reader && !writer) return std::nullopt;
  delta::Protocol protocol;
  protocol.min_reader_version = static_cast<int32_t>(reader.value_or(1));
  protocol.min_writer_version = static_cast<int32_t>(writer.value_or(1));
  protocol.reader_features = all.Child("readerFeatures").TextList(row);
  protocol.writer_features = all.Child("writerFeatures").TextList(row);
  // Some writers give empty lists where the version has none.
  if (protocol.min_reader_version < 3) protocol.reader_features.reset();
  if (protocol.min_writer_version < 7) protocol.writer_features.reset();
  return protocol;
}

std::optional<delta::Action> ReadTransaction(const ParquetCells& all, idx_t row) {
  auto app_id = all.Child("appId").Text(row);
  if (!app_id) return std::nullopt;
  return delta::SetTransaction{*std::move(app_id), all.Child("version").Integer(row).value_or(0),
                               all.Child("lastUpdated").Integer(row)};
}

std::optional<delta::Action> ReadDomain(const ParquetCells& all, idx_t row) {
  auto domain = all.Child("domain").Text(row);
  if (!domain) return std::nullopt;
  return delta::DomainMetadata{*std::move(domain),
                               all.Child("configuration").Text(row).value_or(""),
                               all.Child("removed").Boolean(row).value_or(false)};
}

std::optional<delta::Sidecar> ReadSidecar(const ParquetCells& all, idx_t row) {
  auto path = all.Child("path").Text(row);
  if (!path) return std::nullopt;
  return delta::Sidecar{*std::move(path),
                        static_cast<uint64_t>(all.Child("sizeInBytes").Integer(row).value_or(0)),
                        all.Child("modificationTime").Integer(row).value_or(0)};
}

// Tells what `read` makes of the rows that `all` has.
template <typename Read, typename Tell>
Status TellRows(const ParquetCells& all, idx_t count, const Read& read, const Tell& tell) {
  for (idx_t row = 0; row < count; row++) {
    if (!all.Has(row)) continue;
    if (auto found = read(row)) LAKEHOLD_TRY(tell(*std::move(found)));
  }
  return {};
}

Status DecodeColumn(const std::string& name, const ParquetCells& all, idx_t count,
                    const delta::CheckpointVisitor& visit) {
  if (name == "add") {
    const AddCells cells(all);
    return TellRows(all, count, [&](idx_t row) { return cells.Read(row); }, visit.action);
  }
  if (name == "remove") {
    const RemoveCells cells(all);
    return TellRows(all, count, [&](idx_t row) { return cells.Read(row); }, visit.action);
  }
  if (name == "sidecar") {
    return TellRows(all, count, [&](idx_t row) { return ReadSidecar(all, row); }, visit.sidecar);
  }
  const auto by = [&](auto* read) {
    return TellRows(all, count, [&](idx_t row) { return read(all, row); }, visit.action);
  };
  if (name == "metaData") return by(&ReadMetadata);
  if (name == "protocol") return by(&ReadProtocol);
  if (name == "txn") return by(&ReadTransaction);
  if (name == "domainMetadata") return by(&ReadDomain);
  return {};
}

}  // namespace

std::vector<WantedColumn> WantedColumns(const delta::CheckpointColumns& columns, bool batches) {
  std::vector<WantedColumn> wanted;
  if (columns.state) {
    for (const char* name : {"protocol", "metaData", "txn", "domainMetadata"})
      wanted.push_back({name, {}});
  }
  wanted.push_back({"sidecar", {"path", "sizeInBytes", "modificationTime"}});
  wanted.push_back({"checkpointMetadata", {"version"}});
  std::vector<std::string> file = {
      "path", "partitionValues", "size",      "dataChange",
      "tags", "deletionVector",  "baseRowId", "defaultRowCommitVersion"};
  if (columns.files && columns.tombstones) {
    wanted.push_back({"remove", file});
    wanted.back().fields.insert(wanted.back().fields.end(),
                                {"deletionTimestamp", "extendedFileMetadata"});
    if (columns.stats) wanted.back().fields.emplace_back("stats");
  }
  if (columns.files) {
    wanted.push_back({"add", std::move(file)});
    wanted.back().fields.insert(wanted.back().fields.end(),
                                {"modificationTime", "clusteringProvider"});
    if (batches) {
      wanted.back().fields.emplace_back("stats_parsed.numRecords");
    } else if (columns.stats) {
      wanted.back().fields.insert(wanted.back().fields.end(), {"stats", "stats_parsed"});
    }
  }
  return wanted;
}

Status CheckpointDecoder::Decode(duckdb::DataChunk& chunk, uint64_t first_row,
                                 const delta::CheckpointVisitor& visit,
                                 const delta::BatchVisitor& files, delta::FileRows& rows) const {
  for (size_t i = 0; i < names_.size(); i++) {
    const ParquetCells all(chunk.data[i], chunk.size());
    if (names_[i] == "add" && files) {
      LAKEHOLD_TRY(ReadAddBatch(all, chunk.size(), first_row, has_stats_, rows));
      if (!rows.empty()) LAKEHOLD_TRY(files(std::move(rows)));
      continue;
    }
    if (names_[i] == "checkpointMetadata") {
      const ParquetCells version = all.Child("version");
      for (idx_t row = 0; row < chunk.size(); row++) {
        if (const auto said = version.Integer(row))
          LAKEHOLD_TRY(delta::CheckCheckpointVersion(key_, *said));
      }
      continue;
    }
    LAKEHOLD_TRY(DecodeColumn(names_[i], all, chunk.size(), visit));
  }
  return {};
}

}  // namespace lakehold::engine
