// Variants in data files: which groups of a Parquet file hold what the table calls a variant.
// DuckDB knows them by their annotation, which many writers leave out; the table's schema knows
// them all.
//
// Next: variant_output.h (how variants leave).
#pragma once

#include "duckdb.hpp"
#include "duckdb/common/multi_file/base_file_reader.hpp"

#include "delta/schema.h"
#include "engine/column_mapping.h"

namespace lakehold::engine {

// Makes `file`, a Parquet reader that has read nothing yet, give the variants of these columns as
// VARIANT, annotated or not, shredded or not. Raises kUnsupported "engine.variant_layout", naming
// file and column, for groups it would read wrongly or not at all.
void AdoptVariants(const delta::Schema& schema,
                   const duckdb::vector<duckdb::ColumnIndex>& column_ids, ColumnMappingMode mode,
                   duckdb::BaseFileReader& file);

}  // namespace lakehold::engine
