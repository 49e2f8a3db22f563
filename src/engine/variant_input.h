// Variants on their way in: the groups of a Parquet file become DuckDB's VARIANT, nested ones
// included. Pure.
//
// DuckDB's own reader of variants is not asked: it fails on a decimal zero, cuts nanoseconds and
// takes damaged bytes on trust. Next: file_types.h (which groups), variant_output.h (the way out).
#pragma once

#include "duckdb.hpp"

namespace lakehold::engine {

// `column` as a value of `type`, which has VARIANT where the column has a struct of metadata, value
// and, if shredded, typed_value. Running it raises kCorrupt "variant.damaged", and kUnsupported
// "variant.nanoseconds" for instants with a zone that microseconds cannot hold.
duckdb::unique_ptr<duckdb::Expression> ReadVariants(duckdb::unique_ptr<duckdb::Expression> column,
                                                    const duckdb::LogicalType& type);

}  // namespace lakehold::engine
