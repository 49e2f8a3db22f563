#include "engine/query.h"

#include <mutex>
#include <utility>

#include <duckdb/common/types/column/column_data_collection.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/valid_checker.hpp>
#include <duckdb/storage/buffer_manager.hpp>

#include "engine/arrow_output.h"
#include "engine/duckdb_errors.h"

namespace lakehold::engine {
namespace {

using Chunk = duckdb::unique_ptr<duckdb::DataChunk>;

// One pass over a collection.
class CollectionCursor {
 public:
  explicit CollectionCursor(duckdb::ColumnDataCollection& rows) : rows_(rows) {
    rows_.InitializeScan(state_);
  }
  Chunk Fetch() {
    auto chunk = duckdb::make_uniq<duckdb::DataChunk>();
    rows_.InitializeScanChunk(*chunk);
    if (!rows_.Scan(state_, *chunk)) return nullptr;
    return chunk;
  }

 private:
  duckdb::ColumnDataCollection& rows_;
  duckdb::ColumnDataScanState state_;
};

// What a finished statement left; shared by its streams. Members go in reverse order: the rows
// before their instance.
struct Finished {
  std::shared_ptr<DuckDbInstance> instance;
  duckdb::shared_ptr<duckdb::ClientContext> context;
  duckdb::unique_ptr<duckdb::MaterializedQueryResult> result;
};

class FinishedRows final : public RowSource {
 public:
  explicit FinishedRows(std::shared_ptr<Finished> finished)
      : finished_(std::move(finished)), cursor_(finished_->result->Collection()) {}
  const duckdb::vector<std::string>& names() const override { return finished_->result->names; }
  const duckdb::vector<duckdb::LogicalType>& types() const override {
    return finished_->result->types;
  }
  duckdb::ClientProperties properties() const override {
    return finished_->result->client_properties;
  }
  Chunk Fetch() override { return cursor_.Fetch(); }

 private:
  std::shared_ptr<Finished> finished_;
  CollectionCursor cursor_;
};

class FinishedQuery final : public Query {
 public:
  FinishedQuery(std::shared_ptr<Finished> finished, int64_t changed_rows)
      : finished_(std::move(finished)),
        columns_(Describe(finished_->result->names, finished_->result->types)),
        changed_rows_(changed_rows) {}
  const std::vector<ColumnDescription>& columns() const override { return columns_; }
  Status Open(int64_t batch_rows, ArrowArrayStream* out) override {
    return CatchDuckDb([&]() -> Status {
      ExportRows(std::make_shared<FinishedRows>(finished_), batch_rows, out);
      return {};
    });
  }
  int64_t changed_rows() const override { return changed_rows_; }

 private:
  std::shared_ptr<Finished> finished_;
  std::vector<ColumnDescription> columns_;
  int64_t changed_rows_;
};

class LiveRows;

struct Pinned {
  std::shared_ptr<DuckDbInstance> instance;
  duckdb::unique_ptr<duckdb::Connection> connection;
  ParsedStatement parsed;
  BoundColumns bound;
  std::weak_ptr<LiveRows> open;  // The stream that runs on the connection, if any.
};

// A running SELECT. The mutex serves the one case of two threads: a reader, and a second Open that
// buffers the rest.
class LiveRows final : public RowSource {
 public:
  LiveRows(std::shared_ptr<Pinned> pinned, duckdb::unique_ptr<duckdb::QueryResult> result)
      : pinned_(std::move(pinned)),
        result_(std::move(result)),
        properties_(result_->client_properties) {}

  const duckdb::vector<std::string>& names() const override { return pinned_->bound.names; }
  const duckdb::vector<duckdb::LogicalType>& types() const override { return pinned_->bound.types; }
  duckdb::ClientProperties properties() const override { return properties_; }

  Chunk Fetch() override {
    std::lock_guard lock(mutex_);
    if (failure_.HasError()) failure_.Throw();
    return rest_ ? cursor_->Fetch() : FetchLive();
  }

  // Takes what is left into memory or spill files, so that the connection is free.
  void Buffer() {
    std::lock_guard lock(mutex_);
    if (!result_) return;
    try {
      auto rest = duckdb::make_uniq<duckdb::ColumnDataCollection>(
          duckdb::BufferManager::GetBufferManager(pinned_->instance->database()), types());
      while (Chunk chunk = FetchLive()) rest->Append(*chunk);
      rest_ = std::move(rest);
      cursor_ = std::make_unique<CollectionCursor>(*rest_);
    } catch (const std::exception& exception) {
      failure_ = duckdb::ErrorData(exception);  // Its own reader will hear of it.
    }
    result_.reset();
  }

 private:
  Chunk FetchLive() {
    if (!result_) return nullptr;
    Chunk chunk;
    try {
      chunk = result_->Fetch();
    } catch (...) {
      // A result that has failed says only that it is closed; what it failed of is kept in it.
      if (!result_->HasError()) throw;
    }
    if (result_->HasError()) result_->GetErrorObject().Throw();
    if (!chunk || chunk->size() == 0) return nullptr;
    return chunk;
  }

  std::shared_ptr<Pinned> pinned_;
  std::mutex mutex_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  duckdb::ClientProperties properties_;
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rest_;
  std::unique_ptr<CollectionCursor> cursor_;
  duckdb::ErrorData failure_;
};

class PinnedQuery final : public Query {
 public:
  explicit PinnedQuery(std::shared_ptr<Pinned> pinned)
      : pinned_(std::move(pinned)),
        columns_(Describe(pinned_->bound.names, pinned_->bound.types)) {}
  const std::vector<ColumnDescription>& columns() const override { return columns_; }

  Status Open(int64_t batch_rows, ArrowArrayStream* out) override {
    if (auto open = pinned_->open.lock()) open->Buffer();
    auto& transaction = pinned_->connection->context->ActiveTransaction();
    if (duckdb::ValidChecker::IsInvalidated(transaction)) {
      return Invalid("engine.query_failed",
                     "this query failed or was interrupted before, and its snapshots are gone",
                     "Make the query again");
    }
    LAKEHOLD_ASSIGN(auto result,
                    Execute(*pinned_->connection, pinned_->parsed, duckdb::QueryParameters(true)));
    return CatchDuckDb([&]() -> Status {
      auto rows = std::make_shared<LiveRows>(pinned_, std::move(result));
      pinned_->open = rows;
      ExportRows(std::move(rows), batch_rows, out);
      return {};
    });
  }
  int64_t changed_rows() const override { return -1; }

 private:
  std::shared_ptr<Pinned> pinned_;
  std::vector<ColumnDescription> columns_;
};

}  // namespace

std::unique_ptr<Query> MakeFinishedQuery(std::shared_ptr<DuckDbInstance> instance,
                                         duckdb::shared_ptr<duckdb::ClientContext> context,
                                         duckdb::unique_ptr<duckdb::MaterializedQueryResult> result,
                                         int64_t changed_rows) {
  auto finished = std::make_shared<Finished>();
  finished->instance = std::move(instance);
  finished->context = std::move(context);
  finished->result = std::move(result);
  return std::make_unique<FinishedQuery>(std::move(finished), changed_rows);
}

Result<std::unique_ptr<Query>> BindSelect(std::shared_ptr<DuckDbInstance> instance,
                                          duckdb::unique_ptr<duckdb::Connection> connection,
                                          ParsedStatement parsed) {
  return CatchDuckDb([&]() -> Result<std::unique_ptr<Query>> {
    connection->BeginTransaction();
    LAKEHOLD_ASSIGN(auto bound, BindColumns(*connection, parsed));
    auto pinned = std::make_shared<Pinned>();
    pinned->instance = std::move(instance);
    pinned->connection = std::move(connection);
    pinned->parsed = std::move(parsed);
    pinned->bound = std::move(bound);
    return std::unique_ptr<Query>(std::make_unique<PinnedQuery>(std::move(pinned)));
  });
}

}  // namespace lakehold::engine
