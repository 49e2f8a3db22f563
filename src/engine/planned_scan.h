// PlannedScan: the scan of a lake's table within a plan that is being made. Externally synchronized
// with the plan.
#pragma once

#include <optional>

#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include "delta/predicate.h"
#include "engine/file_list.h"

namespace lakehold::engine {

// What the filters that a scan applies say of its files.
class PlannedFilters {
 public:
  PlannedFilters(std::shared_ptr<const delta::Snapshot> snapshot, delta::Predicate predicate)
      : snapshot_(std::move(snapshot)), predicate_(std::move(predicate)) {}
  // Every row passes.
  bool AllRowsOf(delta::FileOrdinal ordinal) const;

 private:
  std::shared_ptr<const delta::Snapshot> snapshot_;
  delta::Predicate predicate_;
};

class PlannedScan {
 public:
  // Nothing if it is no such scan, samples, or is refused when it runs.
  static std::optional<PlannedScan> Of(duckdb::LogicalOperator& op);

  duckdb::LogicalGet& get() const { return *get_; }
  const LakeFileList& files() const;
  const delta::Snapshot& snapshot() const { return *files().scan().snapshot; }
  PlannedFilters Filters(duckdb::ClientContext& context) const;
  // The table's column that a binding to the scan stands for, whole; nothing for virtual ones.
  std::optional<size_t> ColumnOf(const duckdb::ColumnBinding& binding) const;
  // Reads these files only; the others count in `reason` of the report.
  void Keep(delta::FileOrdinals files, int64_t ScanReport::*reason) const;

 private:
  explicit PlannedScan(duckdb::LogicalGet& get) : get_(&get) {}
  duckdb::LogicalGet* get_;
};

}  // namespace lakehold::engine
