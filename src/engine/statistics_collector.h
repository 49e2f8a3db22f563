// StatisticsCollector: minimum, maximum and null count of the indexed leaves, from the chunks a
// data file is made of.
//
// The Parquet writer's own statistics have gaps (booleans, wide decimals, row groups that are all
// NULL, long strings), so these are computed here, a vector at a time. Externally synchronized;
// collectors of parts are merged.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "duckdb.hpp"

#include "delta/schema.h"
#include "delta/stats.h"

namespace lakehold::engine {

// A leaf by its place: the column of the file's chunks, then the positions inside structs.
struct IndexedLeaf {
  delta::StatsPath path;
  delta::DataType type;
  std::vector<size_t> position;
};
using IndexedLeafList = std::shared_ptr<const std::vector<IndexedLeaf>>;

// The leaves of a table that get statistics, by position in chunks that hold every column but the
// partition columns.
IndexedLeafList FindIndexedLeaves(const delta::Schema& schema,
                                  const std::vector<std::string>& partition_columns,
                                  const std::map<std::string, std::string>& configuration);

class LeafBounds;

class StatisticsCollector {
 public:
  explicit StatisticsCollector(IndexedLeafList leaves);
  ~StatisticsCollector();
  StatisticsCollector(StatisticsCollector&&) noexcept;
  StatisticsCollector& operator=(StatisticsCollector&&) noexcept;

  // `chunk` holds the file's columns; vectors may be of any kind.
  void Add(duckdb::DataChunk& chunk);
  void Merge(const StatisticsCollector& other);

  int64_t num_records() const { return num_records_; }
  // In the order of the leaves.
  std::vector<delta::LeafStats> Leaves() const;

 private:
  IndexedLeafList leaves_;
  std::vector<std::unique_ptr<LeafBounds>> bounds_;
  int64_t num_records_ = 0;
};

}  // namespace lakehold::engine
