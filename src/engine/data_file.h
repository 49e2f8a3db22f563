// DataFile: what stands between a file the log names and the rows of the table. Every error names
// the file, and the log's line that names it. Stateless functions.
#pragma once

#include <memory>
#include <optional>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/base_file_reader.hpp"

#include "base/result.h"
#include "delta/deletion_vector.h"
#include "delta/snapshot.h"
#include "engine/column_mapping.h"

namespace lakehold::engine {

// What `error`, raised while the file was opened or read, says of the file: kCorrupt
// "delta.missing_data_file" or "delta.bad_data_file". Nothing where the store, the machine, the
// caller or, unless `opening`, a condition of the query is the cause, or where it says it already.
std::optional<Error> DataFileError(const delta::Snapshot& snapshot, delta::FileOrdinal file,
                                   const Error& error, bool opening);

// kCorrupt "delta.bad_data_file" unless values of the file's columns turn into the table's types
// without loss, parsing or rounding; whole numbers may be narrowed, which DuckDB checks value by
// value.
Status CheckColumnTypes(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal,
                        const duckdb::BaseFileReader& file,
                        const duckdb::vector<duckdb::LogicalType>& types,
                        const duckdb::vector<duckdb::ColumnIndex>& columns, ColumnMappingMode mode);

// The file's deletion vector, or null; every row of it is one of the file's.
Result<std::shared_ptr<const delta::DeletionVector>> VectorOf(const delta::Snapshot& snapshot,
                                                              delta::FileOrdinal ordinal,
                                                              const duckdb::BaseFileReader& file);

}  // namespace lakehold::engine
