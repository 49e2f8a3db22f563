// LakeFileReader: how one data file becomes rows of the table: column mapping, partition constants,
// type widening, deletion vectors. DuckDB's Parquet reader does the rest. Thread-safe after
// binding.
#pragma once

#include <atomic>
#include <memory>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"

#include "engine/column_mapping.h"
#include "engine/file_list.h"
#include "engine/guarded_scan.h"
#include "engine/lake_scan.h"

namespace lakehold::engine {

// What one execution has opened so far.
struct ScanCounts final : duckdb::MultiFileReaderGlobalState {
  explicit ScanCounts(const duckdb::MultiFileList& files) : MultiFileReaderGlobalState({}, files) {}
  std::atomic<int64_t> files = 0;
  std::atomic<int64_t> bytes = 0;
  std::atomic<int64_t> vectors = 0;
  std::atomic<int64_t> deleted_rows = 0;
};

class LakeFileReader final : public duckdb::MultiFileReader {
 public:
  LakeFileReader(std::shared_ptr<const LakeScan> scan, ParquetScanFunctions parquet);

  const LakeScan& scan() const { return *scan_; }
  // How the scan goes on once it is guarded.
  const ParquetScanFunctions& parquet() const { return parquet_; }

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(
      duckdb::ClientContext& context, const duckdb::vector<std::string>& paths,
      const duckdb::FileGlobInput& glob_input) override;
  bool Bind(duckdb::MultiFileOptions& options, duckdb::MultiFileList& files,
            duckdb::vector<duckdb::LogicalType>& return_types, duckdb::vector<std::string>& names,
            duckdb::MultiFileReaderBindData& bind_data) override;
  void BindOptions(duckdb::MultiFileOptions& options, duckdb::MultiFileList& files,
                   duckdb::vector<duckdb::LogicalType>& return_types,
                   duckdb::vector<std::string>& names,
                   duckdb::MultiFileReaderBindData& bind_data) override;
  using duckdb::MultiFileReader::CreateReader;
  // Opens the file; what is wrong with it is told with its name and place in the log, as
  // DataFileError says.
  duckdb::shared_ptr<duckdb::BaseFileReader> CreateReader(
      duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
      const duckdb::OpenFileInfo& file, duckdb::idx_t index,
      const duckdb::MultiFileBindData& bind_data) override;
  // ScanCounts. Raises what delta::CheckReadable says of the snapshot or of a column asked for.
  duckdb::unique_ptr<duckdb::MultiFileReaderGlobalState> InitializeGlobalState(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::MultiFileReaderBindData& bind_data, const duckdb::MultiFileList& files,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& global_columns,
      const duckdb::vector<duckdb::ColumnIndex>& global_column_ids) override;
  duckdb::ReaderInitializeType InitializeReader(
      duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& global_columns,
      const duckdb::vector<duckdb::ColumnIndex>& global_column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> table_filters, duckdb::ClientContext& context,
      duckdb::MultiFileGlobalState& gstate) override;
  duckdb::TablePartitionInfo GetPartitionInfo(duckdb::ClientContext& context,
                                              const duckdb::MultiFileReaderBindData& bind_data,
                                              duckdb::TableFunctionPartitionInput& input) override;
  duckdb::unique_ptr<duckdb::MultiFileReader> Copy() const override;

 private:
  // Values that are the same for every row of the file.
  void AddConstants(duckdb::MultiFileReaderData& reader_data,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                    delta::FileOrdinal ordinal) const;
  duckdb::vector<duckdb::MultiFileColumnDefinition> ColumnsFor(
      const duckdb::BaseFileReader& file,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids) const;
  // The filters as they may be given to this file: where types differ, only those whose meaning a
  // cast cannot change.
  duckdb::unique_ptr<duckdb::TableFilterSet> FiltersFor(
      const duckdb::BaseFileReader& file, const duckdb::TableFilterSet& filters,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids) const;

  duckdb::ReaderInitializeType Initialize(
      duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
      const duckdb::vector<duckdb::ColumnIndex>& global_column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> table_filters, duckdb::ClientContext& context,
      duckdb::MultiFileGlobalState& gstate);

  std::shared_ptr<const LakeScan> scan_;
  ParquetScanFunctions parquet_;
  ColumnMappingMode mode_;
  duckdb::vector<duckdb::LogicalType> types_;
};

}  // namespace lakehold::engine
