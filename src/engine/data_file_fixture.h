// DataFileFixture: a DuckDB over a store in memory, and rows of a query written through
// DataFileWriter. For tests only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "duckdb.hpp"
#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "base/system_runtime.h"
#include "delta/partition_value.h"
#include "engine/data_file_writer.h"
#include "engine/duckdb_errors.h"
#include "engine/engine.h"
#include "engine/store_file_system.h"
#include "engine/store_registry.h"
#include "engine/type_mapping.h"
#include "storage/memory_store.h"
#include "txn/commit.h"

namespace lakehold::engine {

class DataFileFixture : public ::testing::Test {
 protected:
  DataFileFixture() : store(storage::NewMemoryStore(sim.clock)), db(nullptr), connection(db) {
    db.GetFileSystem().RegisterSubSystem(MakeStoreFileSystem(stores));
    Use(store);
    Sql("SET TimeZone='UTC'");
  }

  // Files go into, and are read from, this store from now on.
  void Use(std::shared_ptr<storage::ObjectStore> other) {
    root = {other, "t"};
    handle = stores.Register(other);
  }

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Sql(const std::string& sql) {
    auto result = connection.Query(sql);
    EXPECT_FALSE(result->HasError())
        << sql << ": " << (result->HasError() ? result->GetError() : "");
    return result;
  }
  std::string Text(const std::string& sql) { return Sql(sql)->GetValue(0, 0).ToString(); }

  // The table a query's rows fit: its types by decision 3, `partition_columns` and `configuration`
  // as given.
  DataFileTarget TargetFor(duckdb::QueryResult& rows) {
    return {root,
            ValueOrThrow(DeltaSchemaOf(rows.names, rows.types)),
            partition_columns,
            configuration,
            StoreRegistry::PathOf(handle, ""),
            stores,
            sim.runtime()};
  }

  // Writes the rows of a query in order, by `threads` threads that take batches of 10 vectors in
  // turn.
  Result<WrittenRows> Write(const std::string& sql, int threads = 1,
                            AcceptPartition accept = nullptr) {
    auto rows = Sql(sql);
    duckdb::Connection writing(db);
    writing.BeginTransaction();
    auto written = CatchDuckDb([&]() -> Result<WrittenRows> {
      DataFileWriter writer(*writing.context, TargetFor(*rows), std::move(accept));
      if (threads == 1) {
        DataFileWriter::Local local;
        for (auto& chunk : rows->Collection().Chunks()) writer.Append(local, chunk);
        writer.Combine(local);
      } else {
        WriteBatches(*rows, threads, writer);
      }
      return writer.Finish();
    });
    writing.Rollback();
    return written;
  }

  static std::string KeyOf(const delta::AddFile& add) {
    return ValueOrThrow(delta::DecodeLogPath(add.path, ""));
  }
  // ['path', ...] of the files, in the order of the adds.
  std::string Paths(const std::vector<delta::AddFile>& adds) {
    std::string list;
    for (const delta::AddFile& add : adds) {
      list += (list.empty() ? "" : ", ") +
              QuoteText(StoreRegistry::PathOf(handle, root.KeyOf(KeyOf(add))));
    }
    return "[" + list + "]";
  }
  std::string Files(const std::vector<delta::AddFile>& adds) {
    return "read_parquet(" + Paths(adds) + ", hive_partitioning=false)";
  }
  size_t ObjectCount() {
    auto lister = ValueOrThrow(store->List("", ""));
    size_t count = 0;
    while (ValueOrThrow(lister->Next())) count++;
    return count;
  }

  SimRuntime sim;
  std::shared_ptr<storage::MemoryStore> store;
  StoreRegistry stores;
  std::string handle;
  delta::TableRoot root;
  duckdb::DuckDB db;
  duckdb::Connection connection;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;

 private:
  static void WriteBatches(duckdb::MaterializedQueryResult& rows, int threads,
                           DataFileWriter& writer) {
    constexpr duckdb::idx_t kChunks = 10;
    auto& collection = rows.Collection();
    std::atomic<duckdb::idx_t> done{0};
    std::vector<std::thread> pool;
    for (int t = 0; t < threads; t++) {
      pool.emplace_back([&, t] {
        DataFileWriter::Local local;
        duckdb::DataChunk chunk;
        collection.InitializeScanChunk(chunk);
        for (duckdb::idx_t batch = t; batch * kChunks < collection.ChunkCount(); batch += threads) {
          const auto end = std::min(collection.ChunkCount(), (batch + 1) * kChunks);
          for (duckdb::idx_t i = batch * kChunks; i < end; i++) {
            collection.FetchChunk(i, chunk);
            writer.AppendToBatch(local, batch, 0, chunk);
          }
          // Batches end in any order; "oldest 0" keeps all of them waiting for their turn at
          // Finish.
          writer.EndBatch(local, 0);
        }
      });
    }
    for (auto& thread : pool) thread.join();
  }
};

}  // namespace lakehold::engine
