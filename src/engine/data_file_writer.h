// DataFileWriter: the one writer of data files. Rows in, add actions and published but unsynced
// files out.
//
// Thread-safe; a Local is one thread's. Rows of one partition keep their order: that of the calls
// where one thread appends, that of the batches where several do. How many files come out depends
// on bytes alone. Destroyed before Finish, or after a failure, it leaves nothing behind. Next:
// data_file_series.h (files), partition_router.h (partitions).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "duckdb.hpp"
#include "duckdb/common/types/column/column_data_collection.hpp"

#include "engine/data_file_series.h"
#include "engine/parquet_layout.h"
#include "engine/partition_router.h"

namespace lakehold::engine {

struct WrittenRows {
  std::vector<delta::AddFile> adds;
  txn::WrittenFiles files;
  int64_t rows = 0;
};

class DataFileWriter {
 public:
  // `context` has an open transaction and outlives the writer. Throws engine errors, as every call
  // here does.
  DataFileWriter(duckdb::ClientContext& context, DataFileTarget target,
                 AcceptPartition accept = nullptr);
  ~DataFileWriter();
  DataFileWriter(const DataFileWriter&) = delete;
  DataFileWriter& operator=(const DataFileWriter&) = delete;

  // Rows of one thread that are no row group yet.
  class Local {
   private:
    friend class DataFileWriter;
    duckdb::unique_ptr<duckdb::ColumnDataCollection> rows_;
    duckdb::ColumnDataAppendState append_;
    duckdb::idx_t batch_ = 0;
    uint64_t part_ = 0;
  };

  // `rows` holds every column of the table, in its types. For one thread, or where order does not
  // matter.
  void Append(Local& local, duckdb::DataChunk& rows);
  // The thread has no more rows.
  void Combine(Local& local);

  // The same for threads that work on numbered batches, ascending in each thread; `oldest` is the
  // smallest number any thread is still working on.
  void AppendToBatch(Local& local, duckdb::idx_t batch, duckdb::idx_t oldest,
                     duckdb::DataChunk& rows);
  // The thread goes on to a later batch, or has no more rows.
  void EndBatch(Local& local, duckdb::idx_t oldest);

  // Writes what is left, on all of DuckDB's threads. Call once, when every thread is done.
  WrittenRows Finish();

 private:
  using BatchPart = std::pair<duckdb::idx_t, uint64_t>;
  bool Keep(Local& local, duckdb::DataChunk& rows);
  std::shared_ptr<DataFileSeries> NewSeries(delta::PartitionValues values);
  void HandOver(duckdb::unique_ptr<duckdb::ColumnDataCollection> rows);
  void Cut(duckdb::unique_ptr<duckdb::ColumnDataCollection> rows);
  void DrainBatches(duckdb::idx_t oldest);
  void EmitPartial();
  void Push(RowGroupTask task);
  bool RunOne();
  void RunTasks();
  void RunTasksOnAllThreads();
  void FinishPartitions();

  duckdb::ClientContext& context_;
  const DataFileTarget target_;
  const ParquetLayout layout_;
  const IndexedLeafList leaves_;
  const duckdb::vector<duckdb::LogicalType> row_types_;
  WrittenDataFiles written_;

  std::mutex order_;  // Guards what follows: rows pass here one at a time, in order.
  std::shared_ptr<DataFileSeries> series_;  // Of a table without partitions.
  std::unique_ptr<PartitionRouter> router_;
  duckdb::unique_ptr<duckdb::ColumnDataCollection> partial_;
  duckdb::ColumnDataAppendState partial_append_;
  std::map<BatchPart, duckdb::unique_ptr<duckdb::ColumnDataCollection>> batches_;

  std::mutex queue_mutex_;  // Guards the queue. Taken after order_.
  std::deque<RowGroupTask> queue_;
};

}  // namespace lakehold::engine
