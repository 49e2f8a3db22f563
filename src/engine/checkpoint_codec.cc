#include "engine/checkpoint_codec.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include <fmt/format.h>

#include "base/limits.h"
#include "delta/checkpoint_turns.h"
#include "engine/checkpoint_decoder.h"
#include "engine/checkpoint_encoder.h"
#include "engine/duckdb_errors.h"
#include "engine/parquet_cells.h"
#include "engine/parquet_layout.h"
#include "parquet_reader.hpp"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;

// A connection inside a transaction, which the Parquet hooks want; rolled back at the end: nothing
// of it is kept.
class Work {
 public:
  explicit Work(duckdb::unique_ptr<duckdb::Connection> connection)
      : connection_(std::move(connection)) {
    connection_->BeginTransaction();
  }
  ~Work() {
    // Nothing was changed: a failing rollback loses nothing.
    [[maybe_unused]] const Status ignored = CatchDuckDb([this]() -> Status {
      connection_->Rollback();
      return {};
    });
  }
  duckdb::ClientContext& context() { return *connection_->context; }

 private:
  duckdb::unique_ptr<duckdb::Connection> connection_;
};

// A store that DuckDB may reach while this lives.
class Registered {
 public:
  Registered(StoreRegistry& stores, const std::shared_ptr<storage::ObjectStore>& store)
      : stores_(stores), handle_(stores.Register(store)) {}
  ~Registered() { stores_.Unregister(handle_); }
  const std::string& handle() const { return handle_; }

 private:
  StoreRegistry& stores_;
  std::string handle_;
};

// What stands in the way of decoding is the file, unless the store or the machine said no.
Error DecodingError(std::string_view key, Error error) {
  const bool outside = error.kind == ErrorKind::kUnavailable ||
                       error.kind == ErrorKind::kCancelled || error.kind == ErrorKind::kNotFound ||
                       error.kind == ErrorKind::kDenied || error.reason.starts_with("storage.") ||
                       error.reason == "engine.out_of_memory";
  if (outside || error.kind == ErrorKind::kCorrupt) return error;
  return Corrupt("delta.bad_checkpoint",
                 fmt::format("{} cannot be read as a checkpoint: {}", key, error.message));
}

// The fields of `column` that are wanted; "a.b" is field b of field a.
duckdb::vector<duckdb::ColumnIndex> FieldsOf(const duckdb::MultiFileColumnDefinition& column,
                                             const std::vector<std::string>& wanted) {
  duckdb::vector<duckdb::ColumnIndex> fields;
  for (idx_t i = 0; i < column.children.size(); i++) {
    const auto& child = column.children[i];
    if (std::ranges::count(wanted, child.name) > 0) {
      fields.emplace_back(i);
      continue;
    }
    duckdb::vector<duckdb::ColumnIndex> inner;
    for (idx_t j = 0; j < child.children.size(); j++) {
      if (std::ranges::count(wanted, child.name + "." + child.children[j].name) > 0)
        inner.emplace_back(j);
    }
    if (!inner.empty()) fields.emplace_back(i, std::move(inner));
  }
  return fields;
}

// A checkpoint file opened for some of its columns. Row groups may be read at the same time.
class CheckpointScan {
 public:
  CheckpointScan(duckdb::ClientContext& context, const std::string& path,
                 const std::vector<WantedColumn>& wanted)
      : context_(context),
        reader_(duckdb::make_shared_ptr<duckdb::ParquetReader>(context, duckdb::OpenFileInfo(path),
                                                               duckdb::ParquetOptions(context))) {
    for (const WantedColumn& column : wanted) Project(column);
    uint64_t row = 0;
    for (const auto& group : reader_->GetFileMetadata()->row_groups) {
      first_row_.push_back(row);
      row += static_cast<uint64_t>(group.num_rows);
    }
    first_row_.push_back(row);
  }

  const std::vector<std::string>& names() const { return names_; }
  // Of adds.
  bool has_stats() const { return has_stats_; }
  size_t groups() const { return first_row_.size() - 1; }
  // Ends with the number of rows of the file.
  const std::vector<uint64_t>& first_rows() const { return first_row_; }

  // Calls visit(chunk, number of its first row) for all of the group. Thread-safe.
  template <typename Visit>
  Status ReadGroup(size_t group, const Visit& visit) const {
    if (types_.empty()) return {};
    duckdb::ParquetReaderScanState state;
    reader_->InitializeScan(context_, state, {static_cast<idx_t>(group)});
    duckdb::DataChunk chunk;
    chunk.Initialize(duckdb::BufferAllocator::Get(context_), types_);
    uint64_t row = first_row_[group];
    while (true) {
      chunk.Reset();
      auto scanned = reader_->Scan(context_, state, chunk);
      if (scanned.GetResultType() == duckdb::AsyncResultType::BLOCKED)
        scanned.ExecuteTasksSynchronously();
      LAKEHOLD_TRY(visit(chunk, row));
      row += chunk.size();
      if (scanned.GetResultType() == duckdb::AsyncResultType::FINISHED) return {};
    }
  }

 private:
  void Project(const WantedColumn& column) {
    const auto found =
        std::ranges::find(reader_->columns, column.name, [](const auto& one) { return one.name; });
    if (found == reader_->columns.end()) return;
    if (column.name == "add") {
      for (const auto& field : found->children)
        has_stats_ |= field.name == "stats" || field.name == "stats_parsed";
    }
    const auto index = static_cast<idx_t>(found - reader_->columns.begin());
    auto fields = FieldsOf(*found, column.fields);
    if (!column.fields.empty() && fields.empty()) return;
    reader_->column_ids.push_back(duckdb::MultiFileLocalColumnId(index));
    reader_->column_indexes.push_back(fields.empty()
                                          ? duckdb::ColumnIndex(index)
                                          : duckdb::ColumnIndex(index, std::move(fields)));
    types_.push_back(found->type);
    names_.push_back(column.name);
  }

  duckdb::ClientContext& context_;
  // Shared: the reader hands itself to what it starts.
  duckdb::shared_ptr<duckdb::ParquetReader> reader_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<std::string> names_;
  std::vector<uint64_t> first_row_;
  bool has_stats_ = false;
};

// Row groups read at the same time: all but one are held until they are told.
constexpr size_t kGroupsAtOnce = 4;

Status ReadGroup(const CheckpointScan& scan, const CheckpointDecoder& decoder, size_t group,
                 const delta::CheckpointVisitor& visit, const delta::BatchVisitor& files) {
  delta::FileRows rows;
  return scan.ReadGroup(group, [&](duckdb::DataChunk& chunk, uint64_t row) {
    if (files) {
      rows.Clear();
      rows.rows_to_come = scan.first_rows().back() - row;
    }
    return decoder.Decode(chunk, row, visit, files, rows);
  });
}

Status ReadGroupsInParallel(const CheckpointScan& scan, const CheckpointDecoder& decoder,
                            Executor& executor, const delta::CheckpointVisitor& visit,
                            const delta::BatchVisitor& files, const std::string& root_uri) {
  for (size_t first = 0; first < scan.groups(); first += kGroupsAtOnce) {
    const size_t count = std::min(kGroupsAtOnce, scan.groups() - first);
    delta::CheckpointTurns turns(
        count, {[&](size_t, delta::Action&& action) { return visit.action(std::move(action)); },
                [&](size_t, delta::Sidecar&& found) { return visit.sidecar(std::move(found)); },
                [&](size_t, delta::FileRows&& rows) { return files(std::move(rows)); }});
    std::vector<Status> read(count);
    executor.ParallelFor(count, [&](size_t i) {
      // Hashed by its reader, not by whose turn it is.
      const auto told = [&, to = turns.FilesOf(i)](delta::FileRows&& rows) {
        rows.Hash(root_uri);
        return to(std::move(rows));
      };
      read[i] = CatchDuckDb([&]() -> Status {
        LAKEHOLD_TRY(ReadGroup(scan, decoder, first + i, turns.VisitorOf(i), told));
        return turns.End(i);
      });
    });
    for (Status& one : read) LAKEHOLD_TRY(std::move(one));
  }
  return {};
}

// `files` may be empty: then adds are told as actions.
Status ReadRows(duckdb::ClientContext& context, const std::string& path, std::string_view key,
                const delta::CheckpointColumns& columns, Executor& executor,
                const delta::CheckpointVisitor& visit, const delta::BatchVisitor& files,
                const std::string& root_uri) {
  const bool batches = files != nullptr;
  const CheckpointScan scan(context, path, WantedColumns(columns, batches));
  const CheckpointDecoder decoder(scan.names(), scan.has_stats(), key);
  if (batches && scan.groups() > 1)
    return ReadGroupsInParallel(scan, decoder, executor, visit, files, root_uri);
  for (size_t group = 0; group < scan.groups(); group++)
    LAKEHOLD_TRY(ReadGroup(scan, decoder, group, visit, files));
  return {};
}

// Tells the statistics of the rows, group by group; groups without any are not read.
Status ReadStatsOfRows(duckdb::ClientContext& context, const std::string& path,
                       std::span<const delta::StatsPlace> rows, const delta::StatsVisitor& visit) {
  const CheckpointScan scan(context, path, {{"add", {"stats", "stats_parsed"}}});
  if (scan.names().empty()) return {};
  size_t next = 0;
  for (size_t group = 0; group < scan.groups(); group++) {
    const uint64_t end = scan.first_rows()[group + 1];
    if (next == rows.size()) return {};
    if (rows[next].at >= end) continue;
    LAKEHOLD_TRY(scan.ReadGroup(group, [&](duckdb::DataChunk& chunk, uint64_t row) -> Status {
      const uint64_t behind = row + chunk.size();
      if (next == rows.size() || rows[next].at >= behind) return {};
      const ParquetCells adds(chunk.data[0], chunk.size());
      const ParquetCells stats = adds.Child("stats"), parsed = adds.Child("stats_parsed");
      for (; next < rows.size() && rows[next].at < behind; next++) {
        if (rows[next].size == 0) continue;
        const idx_t at = rows[next].at - row;
        if (const auto text = stats.View(at)) {
          visit(next, *text);
        } else if (const auto json = parsed.Json(at)) {
          visit(next, *json);
        }
      }
      return {};
    }));
  }
  return {};
}

// One checkpoint file while it is written.
class CheckpointFile {
 public:
  CheckpointFile(duckdb::ClientContext& context, const std::string& path,
                 const delta::CheckpointShape& shape)
      : context_(context),
        layout_(context, CheckpointColumnNames(shape), CheckpointColumnTypes(shape), "snappy"),
        state_(layout_.hooks().copy_to_initialize_global(context, layout_.bind_data(), path)) {}

  void Append(duckdb::DataChunk& chunk) {
    if (chunk.size() == 0) return;
    if (rows_ == nullptr)
      rows_ = duckdb::make_uniq<duckdb::ColumnDataCollection>(context_, layout_.types());
    rows_->Append(chunk);
    const bool full = rows_->Count() >= static_cast<idx_t>(limits::kRowGroupRows) ||
                      rows_->SizeInBytes() >= static_cast<idx_t>(limits::kRowGroupBytes);
    if (full) Flush();
  }
  void Close() {
    if (rows_ != nullptr) Flush();
    layout_.hooks().copy_to_finalize(context_, layout_.bind_data(), *state_);
  }

 private:
  void Flush() {
    auto encoded =
        layout_.hooks().prepare_batch(context_, layout_.bind_data(), *state_, std::move(rows_));
    layout_.hooks().flush_batch(context_, layout_.bind_data(), *state_, *encoded);
  }

  duckdb::ClientContext& context_;
  ParquetLayout layout_;
  duckdb::unique_ptr<duckdb::GlobalFunctionData> state_;
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rows_;
};

// The number of rows written.
Result<int64_t> WriteRows(duckdb::ClientContext& context, const std::string& path,
                          const delta::ActionSource& next, const delta::CheckpointShape& shape) {
  CheckpointFile file(context, path, shape);
  CheckpointEncoder encoder(shape);
  duckdb::DataChunk chunk;
  chunk.Initialize(context, CheckpointColumnTypes(shape));
  encoder.Start(chunk);
  int64_t rows = 0;
  const auto appended = [&] {
    rows++;
    if (chunk.size() < STANDARD_VECTOR_SIZE) return;
    file.Append(chunk);
    encoder.Start(chunk);
  };
  if (shape.v2_version) {
    encoder.AppendVersion(*shape.v2_version, chunk);
    appended();
  }
  while (true) {
    LAKEHOLD_ASSIGN(const std::optional<delta::Action> action, next());
    if (!action) break;
    if (encoder.Append(*action, chunk)) appended();
  }
  for (const delta::Sidecar& sidecar : shape.sidecars) {
    encoder.AppendSidecar(sidecar, chunk);
    appended();
  }
  file.Append(chunk);
  file.Close();
  return rows;
}

std::string FolderOf(std::string_view key) {
  const size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(key.substr(0, slash));
}

class DuckDbCheckpointCodec final : public delta::BatchCheckpointCodec {
 public:
  DuckDbCheckpointCodec(OpenConnection connect, StoreRegistry& stores, Executor& executor)
      : connect_(std::move(connect)), stores_(stores), executor_(executor) {}

  Status Read(const delta::TableRoot& root, std::string_view key,
              const delta::CheckpointColumns& columns,
              const delta::CheckpointVisitor& visit) override {
    return ReadBatches(root, key, columns, visit, nullptr);
  }

  Status ReadBatches(const delta::TableRoot& root, std::string_view key,
                     const delta::CheckpointColumns& columns, const delta::CheckpointVisitor& visit,
                     const delta::BatchVisitor& files) override {
    // Answers of the visitor pass through unchanged.
    Status visited;
    const Status read = CatchDuckDb([&]() -> Status {
      LAKEHOLD_ASSIGN(auto connection, Connect());
      Work work(std::move(connection));
      const Registered store(stores_, root.store);
      visited = ReadRows(work.context(), StoreRegistry::PathOf(store.handle(), key), key, columns,
                         executor_, visit, files, root.uri());
      return {};
    });
    if (!read.ok()) return DecodingError(key, read.error());
    if (!visited.ok() && visited.error().reason == "delta.bad_checkpoint" &&
        visited.error().message.starts_with("row "))
      return Corrupt("delta.bad_checkpoint", fmt::format("{}, {}", key, visited.error().message));
    return visited;
  }

  Status ReadStats(const delta::TableRoot& root, std::string_view key,
                   std::span<const delta::StatsPlace> rows,
                   const delta::StatsVisitor& visit) override {
    const Status read = CatchDuckDb([&]() -> Status {
      LAKEHOLD_ASSIGN(auto connection, Connect());
      Work work(std::move(connection));
      const Registered store(stores_, root.store);
      return ReadStatsOfRows(work.context(), StoreRegistry::PathOf(store.handle(), key), rows,
                             visit);
    });
    return read.ok() ? Status() : Status(DecodingError(key, read.error()));
  }

  Result<delta::WrittenCheckpoint> Write(const delta::TableRoot& root, std::string_view key,
                                         const delta::ActionSource& next,
                                         const delta::CheckpointShape& shape) override {
    return CatchDuckDb([&]() -> Result<delta::WrittenCheckpoint> {
      LAKEHOLD_ASSIGN(auto connection, Connect());
      Work work(std::move(connection));
      const Registered store(stores_, root.store);
      // Two writers may be at the same checkpoint in one process: what is staged has a path of its
      // own.
      const std::string path = StoreRegistry::StagedPathOf(
          store.handle(), fmt::format("{}/checkpoint-{}", FolderOf(key), written_.fetch_add(1)));
      delta::WrittenCheckpoint written;
      LAKEHOLD_ASSIGN(written.actions, WriteRows(work.context(), path, next, shape));
      const auto staged = stores_.TakeStaged(path);
      if (staged == nullptr)
        return Internal("engine.nothing_staged", fmt::format("{} was closed but not kept", path));
      written.size_bytes = staged->size_bytes();
      LAKEHOLD_TRY(Publish(*root.store, *staged, key));
      return written;
    });
  }

 private:
  Result<duckdb::unique_ptr<duckdb::Connection>> Connect() {
    auto connection = connect_();
    if (connection == nullptr) return Cancelled("engine.closed", "the engine is shutting down");
    return connection;
  }

  // Durable before it has a name: a named checkpoint is never half there.
  static Status Publish(storage::ObjectStore& store, storage::Staged& staged,
                        std::string_view key) {
    storage::Staged* const one = &staged;
    LAKEHOLD_TRY(store.SettleBytes({&one, 1}));
    const auto published = store.Publish(staged, key);
    if (!published.ok()) return published.error();
    const std::string folder = FolderOf(key);
    return store.SettleNames({&folder, 1});
  }

  OpenConnection connect_;
  StoreRegistry& stores_;
  Executor& executor_;
  std::atomic<uint64_t> written_{0};
};

}  // namespace

std::shared_ptr<delta::BatchCheckpointCodec> MakeCheckpointCodec(OpenConnection connect,
                                                                 StoreRegistry& stores,
                                                                 Executor& executor) {
  return std::make_shared<DuckDbCheckpointCodec>(std::move(connect), stores, executor);
}

}  // namespace lakehold::engine
