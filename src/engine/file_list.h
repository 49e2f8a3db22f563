// LakeFileList: the data files one scan reads, after pruning. Immutable and cheap to copy;
// thread-safe.
//
// Pruning makes a new list: by the statement's filters when it is planned, by join keys when it
// starts, by ordinals alone. Where the filters go on changing while the statement runs, the list
// hands out its files in the order and as far as they are wanted (run_time_files.h).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_list.hpp"

#include "delta/file_table.h"
#include "delta/predicate.h"
#include "engine/engine.h"
#include "engine/lake_scan.h"
#include "engine/run_time_files.h"

namespace lakehold::engine {

class LakeFileList final : public duckdb::MultiFileList {
 public:
  // Every live file of the scan's snapshot, but those of which every row is deleted.
  explicit LakeFileList(std::shared_ptr<const LakeScan> scan);

  // Of these files alone, for a copied plan. As it may filter otherwise, the scan counts as having
  // read everything from here on.
  static duckdb::unique_ptr<LakeFileList> Again(
      std::shared_ptr<const LakeScan> scan, std::shared_ptr<const delta::FileOrdinals> ordinals);

  const LakeScan& scan() const { return *scan_; }
  const delta::FileOrdinals& ordinals() const { return *ordinals_; }
  // The i-th file of a scan. Precondition: GetFile gave it.
  delta::FileOrdinal OrdinalAt(duckdb::idx_t i) const;
  // Of a file that such a list gave; nothing for any other.
  static std::optional<delta::FileOrdinal> OrdinalOf(const duckdb::OpenFileInfo& file);
  const ScanReport& report() const { return report_; }
  // Files left out while the statement ran.
  int64_t skipped_at_run_time() const { return running_ ? running_->skipped() : 0; }

  // The same list of these of its files only; the others count in `reason` of the report.
  duckdb::shared_ptr<duckdb::MultiFileList> Only(delta::FileOrdinals files,
                                                 int64_t ScanReport::*reason) const;

  // Rows of these files without deleted ones; nothing if one file does not say.
  std::optional<int64_t> ExactRows() const;

  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::vector<std::string>& names, const duckdb::vector<duckdb::LogicalType>& types,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) const override;

  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override;
  duckdb::vector<duckdb::OpenFileInfo> GetDisplayFileList(
      duckdb::optional_idx max_files) const override;
  duckdb::FileExpandResult GetExpandResult() const override;
  duckdb::idx_t GetTotalFileCount() const override { return ordinals_->size(); }
  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(
      duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override;

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t i) const override;

 private:
  LakeFileList(std::shared_ptr<const LakeScan> scan,
               std::shared_ptr<const delta::FileOrdinals> ordinals, ScanReport report);
  duckdb::OpenFileInfo FileOf(delta::FileOrdinal ordinal) const;
  // Null if no file can be skipped.
  duckdb::unique_ptr<duckdb::MultiFileList> Pruned(const delta::Predicate& predicate) const;

  std::shared_ptr<const LakeScan> scan_;
  std::shared_ptr<const delta::FileOrdinals> ordinals_;
  ScanReport report_;                      // Of the pruning that led here.
  std::shared_ptr<RunTimeFiles> running_;  // Null unless filters change while the statement runs.
};

}  // namespace lakehold::engine
