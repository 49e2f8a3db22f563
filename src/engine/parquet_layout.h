// ParquetLayout: what the data files of one table look like, and the DuckDB Parquet hooks bound to
// it. Immutable once made; thread-safe.
//
// Columns carry their physical names and, with column mapping, field ids; partition columns stay
// out. Next: data_file.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/function/copy_function.hpp"

#include "delta/schema.h"

namespace lakehold::engine {

class ParquetLayout {
 public:
  // Throws an engine error for a compression codec this build does not know. `context` has an open
  // transaction.
  ParquetLayout(duckdb::ClientContext& context, const delta::Schema& schema,
                const std::vector<std::string>& partition_columns,
                const std::map<std::string, std::string>& configuration);
  // A layout of plain columns with an option more, for files that are no data files (checkpoints).
  ParquetLayout(duckdb::ClientContext& context, duckdb::vector<std::string> names,
                duckdb::vector<duckdb::LogicalType> types, const std::string& codec);

  const duckdb::CopyFunction& hooks() const { return hooks_; }
  duckdb::FunctionData& bind_data() const { return *bind_data_; }
  // Of the columns in the file, in the order of the schema.
  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }
  // Where each of them is in the table's schema.
  const std::vector<size_t>& columns() const { return columns_; }

 private:
  void Bind(duckdb::ClientContext& context, const std::string& codec,
            const duckdb::Value* field_ids);

  duckdb::CopyFunction hooks_;
  duckdb::vector<std::string> names_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<size_t> columns_;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data_;
};

// The type of a column in a data file: names of struct fields are physical.
duckdb::LogicalType FileType(const delta::DataType& type);

}  // namespace lakehold::engine
