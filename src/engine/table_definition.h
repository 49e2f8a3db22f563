// Table definitions: CREATE TABLE and DROP TABLE as SQL means them, turned into what txn plans.
// Stateless functions.
//
// Called by lake_catalog.cc and lake_schema.cc; errors are raised as DuckDB exceptions carrying
// ours, before anything is written. Next: modify_sink.h (the rows of CREATE TABLE AS).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"

#include "engine/type_mapping.h"
#include "txn/plan.h"

namespace lakehold::engine {

class LakeSchema;
class LakeTable;

// What the WITH clause says: how zone-less timestamps are stored (timestamps = 'utc' or 'ntz'),
// which fields below the columns are NOT NULL (not_null = 'st.x, l.element, m.value'), a comment
// (comment =
// '...'), and table properties, whose names hold a dot.
struct TableOptions {
  TimestampStorage timestamps = TimestampStorage::kNtz;
  std::optional<std::string> comment;
  std::map<std::string, std::string> properties;
  std::vector<std::vector<std::string>> not_null;  // Paths of fields below the columns.
};

// The definition behind CREATE TABLE. kUnsupported "sql.not_yet" for CHECK, DEFAULT, generated
// columns, keys and SORTED BY; kInvalid "sql.partition_expression", "sql.unknown_option",
// "types.refused".
Result<txn::TableDefinition> DefinitionOf(duckdb::BoundCreateTableInfo& info);

// Whether a definition can become a table; an empty ErrorData if it can.
duckdb::ErrorData CheckLakeTableDefinition(duckdb::BoundCreateTableInfo& info);
// CREATE [OR REPLACE] TABLE [IF NOT EXISTS]: the entry as the transaction now sees it; null if it
// was there already. kAlreadyExists "sql.table_exists".
duckdb::optional_ptr<duckdb::CatalogEntry> CreateLakeTable(duckdb::ClientContext& context,
                                                           LakeSchema& schema,
                                                           duckdb::BoundCreateTableInfo& info);
// DROP TABLE [IF EXISTS]. kNotFound "sql.unknown_table".
void DropLakeTable(duckdb::ClientContext& context, LakeSchema& schema, duckdb::DropInfo& info);

}  // namespace lakehold::engine
