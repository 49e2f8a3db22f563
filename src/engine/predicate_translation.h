// Predicate translation: DuckDB's filters over a lake's table, as far as file pruning understands
// them. Pure functions.
//
// What is not understood becomes kUnknown, which keeps every file; the filters themselves stay for
// DuckDB to apply. The translation is exact or kUnknown, part by part, so that it stays sound below
// NOT. Next: delta/pruning.h.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "delta/predicate.h"
#include "delta/snapshot.h"

namespace lakehold::engine {

// The position in the table's schema of the column a BOUND_COLUMN_REF or BOUND_REF names; nothing
// if it is none of them.
using ColumnOf = std::function<std::optional<size_t>(const duckdb::Expression& reference)>;

// A bound boolean expression.
delta::Predicate TranslateExpression(duckdb::ClientContext& context,
                                     const duckdb::Expression& expression,
                                     const delta::Snapshot& snapshot, const ColumnOf& column_of);

// A pushed-down filter on one column; dynamic filters by their value at this moment.
delta::Predicate TranslateFilter(duckdb::ClientContext& context, const duckdb::TableFilter& filter,
                                 const delta::Snapshot& snapshot, size_t column);

// All filters of a set, which is keyed by position in `columns` (positions in the schema; nothing
// for virtual columns).
delta::Predicate TranslateFilters(duckdb::ClientContext& context,
                                  const duckdb::TableFilterSet& filters,
                                  const delta::Snapshot& snapshot,
                                  const std::vector<std::optional<size_t>>& columns);

}  // namespace lakehold::engine
