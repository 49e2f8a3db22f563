// Filters in a form that DuckDB's Parquet reader evaluates rightly, and as far as it can. Pure
// functions.
//
// Four forms lose rows in DuckDB 1.5.6, on any Parquet file:
// - x IS [NOT] DISTINCT FROM c below an OR: tested against row group statistics like x <> c, which
//   forgets the NULLs, and against a partition constant it is an internal error;
// - x = 0.0, x = -0.0 and x = NaN: a file's Bloom filter hashes bits, and these values have
// several;
// - x = c of a BLOB: the Bloom filter is asked for the text of the value.
#pragma once

#include "duckdb.hpp"

namespace lakehold::engine {

// Spells out IS [NOT] DISTINCT FROM below an OR, so that it stays an expression over the rows.
// `filter` is a conjunct of a WHERE clause: its value may turn from false to NULL.
void SpellOutDistinct(duckdb::unique_ptr<duckdb::Expression>& filter);

// A copy for the reader of a file. Without equality that a Bloom filter in the file would answer
// wrongly: there x = c becomes x >= c AND x <= c. And x IN (c) becomes x = c: Bloom filters are
// asked about equality alone.
duckdb::unique_ptr<duckdb::TableFilter> CopyForReader(const duckdb::TableFilter& filter);

}  // namespace lakehold::engine
