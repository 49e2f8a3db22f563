// The types of a Parquet file's columns where the table knows better than the file: variants
// without their annotation, texts annotated as nothing, bytes annotated as text.
//
// Next: column_mapping.h (which column is which), variant_input.h (how variants are read).
#pragma once

#include "duckdb.hpp"
#include "duckdb/common/multi_file/base_file_reader.hpp"

#include "delta/schema.h"
#include "engine/column_mapping.h"

namespace lakehold::engine {

// A column of a file that holds variants: how it is stored, and what it is to the table.
struct VariantColumn {
  size_t position;
  duckdb::LogicalType stored;
  duckdb::LogicalType type;
};

// Makes `file`, a Parquet reader that has read nothing yet, say of these columns what they are:
// variants, annotated or not, shredded or not; texts where the table has texts, bytes where it has
// bytes (a cast would escape them). Raises kUnsupported "engine.variant_layout", naming file and
// column, for groups that would be read wrongly or not at all.
duckdb::vector<VariantColumn> AdoptTypes(const delta::Schema& schema,
                                         const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                                         ColumnMappingMode mode, duckdb::BaseFileReader& file);
// To be called once the columns are mapped: from here on `file` reads these as what they are.
void AttachVariants(const duckdb::vector<VariantColumn>& columns, duckdb::BaseFileReader& file);

}  // namespace lakehold::engine
