// The two type systems: DuckDB's logical types and values, and Delta's data types and scalars. Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <duckdb.hpp>

#include "base/result.h"
#include "delta/scalar.h"
#include "delta/schema.h"

namespace lakehold::engine {

// How a zone-less TIMESTAMP is stored: as timestamp_ntz, or as timestamp (its wall time means UTC).
enum class TimestampStorage : uint8_t { kNtz, kUtc };

// A point in time of any resolution, with a zone or without.
bool IsTimestamp(const duckdb::LogicalType& type);

// The Delta type that stores values of `type`; all nested parts nullable. kInvalid "types.refused"
// names `column` (a dotted path below it) and the cast that helps.
Result<delta::DataType> DeltaTypeOf(const duckdb::LogicalType& type, std::string_view column,
                                    TimestampStorage timestamps = TimestampStorage::kNtz);
// One field a column, nullable; the error of the first refused column.
Result<delta::Schema> DeltaSchemaOf(const duckdb::vector<duckdb::string>& names,
                                    const duckdb::vector<duckdb::LogicalType>& types,
                                    TimestampStorage timestamps = TimestampStorage::kNtz);

// The type values of a Delta column have in SQL. kUnsupported "types.no_sql_type" for variant and
// void.
Result<duckdb::LogicalType> DuckDbTypeOf(const delta::DataType& type);

// A scalar of a primitive `type` as a value of DuckDbTypeOf(type).
Result<duckdb::Value> ValueOf(const delta::Scalar& scalar, const delta::DataType& type);
// A value as a scalar of a primitive `type`. Casts only without loss; otherwise kInvalid
// "types.inexact".
Result<delta::Scalar> ScalarOf(const duckdb::Value& value, const delta::DataType& type);

}  // namespace lakehold::engine
