// PartitionRouter: sends rows to the data files of their partitions, keeping their order within
// each.
//
// Externally synchronized (DataFileWriter calls it under one lock). Holds rows of a bounded number
// of partitions; the rows of further partitions wait, spillable, for a later round, so that every
// partition is written in one piece.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/types/column/column_data_collection.hpp"

#include "delta/scalar.h"
#include "engine/data_file_series.h"

namespace lakehold::engine {

// A row group to be encoded, in any order and by any thread.
struct RowGroupTask {
  std::shared_ptr<DataFileSeries> series;
  uint64_t sequence = 0;
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rows;
};
using EmitRowGroup = std::function<void(RowGroupTask)>;
// Whether rows with these partition values may be written.
using AcceptPartition = std::function<Status(const std::vector<delta::Scalar>& values)>;
using MakeSeries = std::function<std::shared_ptr<DataFileSeries>(delta::PartitionValues values)>;

class PartitionRouter {
 public:
  PartitionRouter(duckdb::ClientContext& context, const DataFileTarget& target,
                  const ParquetLayout& layout, duckdb::vector<duckdb::LogicalType> row_types,
                  AcceptPartition accept, MakeSeries make_series, EmitRowGroup emit);
  ~PartitionRouter();

  // `rows` holds every column of the table. Throws engine errors for values no partition can have.
  void Route(duckdb::DataChunk& rows);
  // Emits what is buffered for the partitions of this round.
  void EmitBuffered();
  // Closes their files, whose row groups have all been written, and forgets them.
  void CloseRound();
  // Rows that wait for a round of their own, to be routed again; null if none are left.
  duckdb::unique_ptr<duckdb::ColumnDataCollection> TakeWaiting();

 private:
  struct Partition;
  struct KeyColumn;
  static constexpr uint32_t kWaiting = UINT32_MAX;

  void ComputeKeys(duckdb::DataChunk& rows);
  uint32_t FindOrAdd(duckdb::DataChunk& rows, duckdb::idx_t row);
  void AddPartition(duckdb::DataChunk& rows, duckdb::idx_t row);
  void AppendTo(Partition& partition, duckdb::idx_t count);
  void KeepWaiting(duckdb::DataChunk& rows);
  void Emit(Partition& partition);
  void EmitLargest();

  duckdb::ClientContext& context_;
  const DataFileTarget& target_;
  const ParquetLayout& layout_;
  duckdb::vector<duckdb::LogicalType> row_types_;
  AcceptPartition accept_;
  MakeSeries make_series_;
  EmitRowGroup emit_;
  size_t limit_;             // Partitions of one round.
  duckdb::idx_t row_bytes_;  // Of a row, strings counted by their headers.

  std::vector<KeyColumn> key_columns_;
  size_t key_words_ = 0;
  std::vector<uint64_t> keys_;            // Of the chunk at hand, key_words_ a row.
  std::vector<uint64_t> partition_keys_;  // Of the partitions, key_words_ each.
  std::unordered_multimap<uint64_t, uint32_t> by_hash_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  duckdb::idx_t buffered_rows_ = 0;
  uint32_t round_ = 0;

  duckdb::DataChunk file_rows_;    // The columns of the chunk at hand that go into files.
  std::vector<uint32_t> touched_;  // Partitions of the chunk at hand.
  std::vector<std::vector<duckdb::sel_t>>
      waiting_rows_;  // Rows of the chunk at hand, by bits of the key's hash ...
  std::vector<duckdb::unique_ptr<duckdb::ColumnDataCollection>>
      waiting_;  // ... and those of earlier chunks.
  std::vector<duckdb::unique_ptr<duckdb::ColumnDataCollection>> later_;  // Complete rounds to come.
};

}  // namespace lakehold::engine
