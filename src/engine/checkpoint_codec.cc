#include "engine/checkpoint_codec.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include <fmt/format.h>

#include "base/limits.h"
#include "engine/checkpoint_decoder.h"
#include "engine/checkpoint_encoder.h"
#include "engine/duckdb_errors.h"
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

// The columns of the file that are wanted, with the fields of each, given to the reader; their
// names.
std::vector<std::string> Project(duckdb::ParquetReader& reader,
                                 const std::vector<WantedColumn>& wanted,
                                 duckdb::vector<duckdb::LogicalType>& types) {
  std::vector<std::string> names;
  for (const WantedColumn& column : wanted) {
    const auto found =
        std::ranges::find(reader.columns, column.name, [](const auto& one) { return one.name; });
    if (found == reader.columns.end()) continue;
    const auto index = static_cast<idx_t>(found - reader.columns.begin());
    duckdb::vector<duckdb::ColumnIndex> fields;
    for (idx_t i = 0; i < found->children.size() && !column.fields.empty(); i++) {
      if (std::ranges::count(column.fields, found->children[i].name) > 0) fields.emplace_back(i);
    }
    if (!column.fields.empty() && fields.empty()) continue;
    reader.column_ids.push_back(duckdb::MultiFileLocalColumnId(index));
    reader.column_indexes.push_back(fields.empty() ? duckdb::ColumnIndex(index)
                                                   : duckdb::ColumnIndex(index, std::move(fields)));
    types.push_back(found->type);
    names.push_back(column.name);
  }
  return names;
}

Status ReadRows(duckdb::ClientContext& context, const std::string& path,
                const std::vector<WantedColumn>& wanted, const delta::CheckpointVisitor& visit) {
  // Shared: the reader hands itself to what it starts.
  const auto reader = duckdb::make_shared_ptr<duckdb::ParquetReader>(
      context, duckdb::OpenFileInfo(path), duckdb::ParquetOptions(context));
  duckdb::vector<duckdb::LogicalType> types;
  CheckpointDecoder decoder(Project(*reader, wanted, types));
  if (types.empty()) return {};
  duckdb::vector<idx_t> groups;
  for (idx_t i = 0; i < reader->NumRowGroups(); i++) groups.push_back(i);
  duckdb::ParquetReaderScanState state;
  reader->InitializeScan(context, state, std::move(groups));
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::BufferAllocator::Get(context), types);
  while (true) {
    chunk.Reset();
    auto scanned = reader->Scan(context, state, chunk);
    if (scanned.GetResultType() == duckdb::AsyncResultType::BLOCKED)
      scanned.ExecuteTasksSynchronously();
    LAKEHOLD_TRY(decoder.Decode(chunk, visit));
    if (scanned.GetResultType() == duckdb::AsyncResultType::FINISHED) return {};
  }
}

// One checkpoint file while it is written.
class CheckpointFile {
 public:
  CheckpointFile(duckdb::ClientContext& context, const std::string& path)
      : context_(context),
        layout_(context, CheckpointColumnNames(), CheckpointColumnTypes(), "snappy"),
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

// The number of actions written.
Result<int64_t> WriteRows(duckdb::ClientContext& context, const std::string& path,
                          const delta::ActionSource& next, bool stats_as_json) {
  CheckpointFile file(context, path);
  CheckpointEncoder encoder(stats_as_json);
  duckdb::DataChunk chunk;
  chunk.Initialize(context, CheckpointColumnTypes());
  encoder.Start(chunk);
  int64_t actions = 0;
  while (true) {
    LAKEHOLD_ASSIGN(const std::optional<delta::Action> action, next());
    if (!action) break;
    if (!encoder.Append(*action, chunk)) continue;
    actions++;
    if (chunk.size() < STANDARD_VECTOR_SIZE) continue;
    file.Append(chunk);
    encoder.Start(chunk);
  }
  file.Append(chunk);
  file.Close();
  return actions;
}

std::string FolderOf(std::string_view key) {
  const size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(key.substr(0, slash));
}

class DuckDbCheckpointCodec final : public delta::CheckpointCodec {
 public:
  DuckDbCheckpointCodec(OpenConnection connect, StoreRegistry& stores)
      : connect_(std::move(connect)), stores_(stores) {}

  Status Read(const delta::TableRoot& root, std::string_view key,
              const delta::CheckpointColumns& columns,
              const delta::CheckpointVisitor& visit) override {
    // Answers of the visitor pass through unchanged.
    Status visited;
    const Status read = CatchDuckDb([&]() -> Status {
      LAKEHOLD_ASSIGN(auto connection, Connect());
      Work work(std::move(connection));
      const Registered store(stores_, root.store);
      visited = ReadRows(work.context(), StoreRegistry::PathOf(store.handle(), key),
                         WantedColumns(columns), visit);
      return {};
    });
    if (!read.ok()) return DecodingError(key, read.error());
    return visited;
  }

  Result<delta::WrittenCheckpoint> Write(const delta::TableRoot& root, std::string_view key,
                                         const delta::ActionSource& next,
                                         bool stats_as_json) override {
    return CatchDuckDb([&]() -> Result<delta::WrittenCheckpoint> {
      LAKEHOLD_ASSIGN(auto connection, Connect());
      Work work(std::move(connection));
      const Registered store(stores_, root.store);
      // Two writers may be at the same checkpoint in one process: what is staged has a path of its
      // own.
      const std::string path = StoreRegistry::StagedPathOf(
          store.handle(), fmt::format("{}/checkpoint-{}", FolderOf(key), written_.fetch_add(1)));
      delta::WrittenCheckpoint written;
      LAKEHOLD_ASSIGN(written.actions, WriteRows(work.context(), path, next, stats_as_json));
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
  std::atomic<uint64_t> written_{0};
};

}  // namespace

std::shared_ptr<delta::CheckpointCodec> MakeCheckpointCodec(OpenConnection connect,
                                                            StoreRegistry& stores) {
  return std::make_shared<DuckDbCheckpointCodec>(std::move(connect), stores);
}

}  // namespace lakehold::engine
