// DataFileSeries: the data files of one partition that one statement writes, one open at a time,
// rotated by size.
//
// Thread-safe: row groups are encoded by several threads at once and appended in the order of their
// sequence numbers, so the number of files depends on bytes, never on threads. Next:
// data_file_writer.h (who makes row groups).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/types/column/column_data_collection.hpp"

#include "delta/action.h"
#include "delta/table_root.h"
#include "engine/parquet_layout.h"
#include "engine/statistics_collector.h"
#include "engine/store_registry.h"
#include "txn/draft.h"

namespace lakehold::engine {

// What the files of one statement have in common. Immutable but for the references, which are
// thread-safe.
struct DataFileTarget {
  delta::TableRoot root;
  delta::Schema schema;
  std::vector<std::string> partition_columns;  // Logical names, in the order of the metadata.
  std::map<std::string, std::string> configuration;
  std::string path_prefix;  // Before a key of root.store it makes the path DuckDB opens:
                            // "lakehold://<handle>/".
  StoreRegistry& stores;
  Runtime runtime;
};

// What was written so far: add actions, and the files behind them. Thread-safe. Destroyed with
// files in it, it removes them: no version can name them.
class WrittenDataFiles {
 public:
  explicit WrittenDataFiles(const DataFileTarget& target) : target_(target) {}
  ~WrittenDataFiles();
  WrittenDataFiles(const WrittenDataFiles&) = delete;
  WrittenDataFiles& operator=(const WrittenDataFiles&) = delete;

  // A file may exist under this key from now on.
  void Expect(std::string key, std::string folder);
  // The file is complete. Syncs what has piled up beyond limits::kUnsettledFiles. Throws engine
  // errors.
  void Add(delta::AddFile add, std::unique_ptr<storage::Staged> staged, int64_t rows);
  // Hand everything over, in the order of completion. Call once each, at the end.
  std::vector<delta::AddFile> TakeAdds();
  txn::WrittenFiles TakeFiles();
  int64_t rows() const { return rows_; }

 private:
  const DataFileTarget& target_;
  std::mutex mutex_;  // Guards what follows.
  std::vector<delta::AddFile> adds_;
  txn::WrittenFiles files_;  // Without folders.
  std::set<std::string> folders_;
  int64_t rows_ = 0;
};

class DataFileSeries {
 public:
  DataFileSeries(duckdb::ClientContext& context, const DataFileTarget& target,
                 const ParquetLayout& layout, IndexedLeafList leaves, delta::PartitionValues values,
                 WrittenDataFiles& written);
  ~DataFileSeries();

  // The number of the next row group. Called in the order of the rows.
  uint64_t NextSequence() { return next_sequence_++; }
  // Encodes the rows and appends them when it is their turn. Every sequence number must come here
  // once.
  void Write(uint64_t sequence, duckdb::unique_ptr<duckdb::ColumnDataCollection> rows);
  // Completes the open file. Every row group has been written.
  void Close();

 private:
  struct OpenFile;
  struct RowGroup;
  std::shared_ptr<OpenFile> Open();
  void AppendReady();
  void Append(RowGroup& group);
  void CloseFile();

  duckdb::ClientContext& context_;
  const DataFileTarget& target_;
  const ParquetLayout& layout_;
  IndexedLeafList leaves_;
  delta::PartitionValues values_;
  std::string folder_;  // Below the table's folder; "" or "a=1/b=x".
  int64_t target_bytes_;
  WrittenDataFiles& written_;
  uint64_t next_sequence_ = 0;  // Guarded by the caller's order.

  std::mutex mutex_;  // Guards what follows; never held while a file is written.
  std::map<uint64_t, std::unique_ptr<RowGroup>> ready_;
  uint64_t next_append_ = 0;
  bool appending_ = false;  // One thread at a time touches file_ for writing.
  std::shared_ptr<OpenFile> file_;
};

}  // namespace lakehold::engine
