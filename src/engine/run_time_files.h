// RunTimeFiles: the order in which one execution opens its files, and which it leaves out by what
// the statement has learnt meanwhile (the bound of an ORDER BY ... LIMIT). Thread-safe, except that
// Next is called by one thread at a time.
//
// Next: file_list.h.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "delta/file_table.h"
#include "engine/lake_scan.h"

namespace lakehold::engine {

class RunTimeFiles {
 public:
  // Null if none of the filters changes while the statement runs. `columns` as for
  // TranslateFilters.
  static std::shared_ptr<RunTimeFiles> Of(duckdb::ClientContext& context,
                                          std::shared_ptr<const LakeScan> scan,
                                          const delta::FileOrdinals& files,
                                          const duckdb::TableFilterSet& filters,
                                          std::vector<std::optional<size_t>> columns);

  // The next file that may still hold a wanted row; nothing if there is none.
  std::optional<delta::FileOrdinal> Next();
  // The i-th file that Next gave.
  std::optional<delta::FileOrdinal> At(size_t i) const;
  int64_t skipped() const { return skipped_; }

 private:
  RunTimeFiles(duckdb::ClientContext& context, std::shared_ptr<const LakeScan> scan,
               const delta::FileOrdinals& files, const duckdb::TableFilterSet& filters,
               std::vector<std::optional<size_t>> columns);
  void Sort();

  duckdb::ClientContext& context_;
  std::shared_ptr<const LakeScan> scan_;
  std::vector<std::optional<size_t>> columns_;
  duckdb::unique_ptr<duckdb::TableFilterSet> filters_;  // Only those that change.
  delta::FileOrdinals order_;
  size_t next_ = 0;
  std::atomic<int64_t> skipped_ = 0;
  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<delta::FileOrdinal> opened_;
};

}  // namespace lakehold::engine
