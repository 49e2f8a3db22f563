// Column mapping: which column of one Parquet file holds which column of the table, nested fields
// included. Pure functions.
//
// Struct fields are found by physical name, or by field id in id mode; list elements, map keys and
// values by position. What a file does not have reads as NULL.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_data.hpp"

#include "delta/schema.h"
#include "delta/snapshot.h"

namespace lakehold::engine {

enum class ColumnMappingMode : uint8_t { kByName, kById };

// delta.columnMapping.mode; "none" and "name" both read by physical name (which is the name without
// mapping).
ColumnMappingMode MappingModeOf(const delta::Snapshot& snapshot);

// The table's column as DuckDB's mapper wants it (BY_NAME) for a file with these columns; `type` is
// its SQL type.
duckdb::MultiFileColumnDefinition MapColumn(
    const delta::Field& field, const duckdb::LogicalType& type,
    const duckdb::vector<duckdb::MultiFileColumnDefinition>& file_columns, ColumnMappingMode mode);
// The same without a file at hand: found by physical name, NULL if absent; nested parts are not
// mapped.
duckdb::MultiFileColumnDefinition UnmappedColumn(const delta::Field& field,
                                                 const duckdb::LogicalType& type);
// The file's column of this table column, or null.
const duckdb::MultiFileColumnDefinition* FindFileColumn(
    const delta::Field& field,
    const duckdb::vector<duckdb::MultiFileColumnDefinition>& file_columns, ColumnMappingMode mode);

}  // namespace lakehold::engine
