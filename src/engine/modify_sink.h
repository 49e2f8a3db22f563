// What the catalog asks of the writing half: plans for statements that put rows into tables, and the DDL of whole tables.
//
// Called by lake_catalog.cc and lake_schema.cc; errors are raised as DuckDB exceptions. Next: data_file_writer.h.
#pragma once

#include "duckdb.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"

namespace lakehold::engine {

class LakeCatalog;
class LakeSchema;

// INSERT INTO a lake's table.
duckdb::PhysicalOperator& PlanLakeInsert(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan);
// CREATE [OR REPLACE] TABLE ... AS: definition and rows become one version.
duckdb::PhysicalOperator& PlanLakeCreateTableAs(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                                duckdb::LogicalCreateTable& op, duckdb::PhysicalOperator& plan);
// Whether a definition can become a table (PARTITIONED BY, WITH, types, constraints); an empty ErrorData if it can.
duckdb::ErrorData CheckLakeTableDefinition(duckdb::BoundCreateTableInfo& info);
// CREATE [OR REPLACE] TABLE [IF NOT EXISTS]: the entry as the transaction now sees it; null if it was there already.
duckdb::optional_ptr<duckdb::CatalogEntry> CreateLakeTable(duckdb::ClientContext& context, LakeSchema& schema,
                                                           duckdb::BoundCreateTableInfo& info);
// DROP TABLE [IF EXISTS].
void DropLakeTable(duckdb::ClientContext& context, LakeSchema& schema, duckdb::DropInfo& info);

}  // namespace lakehold::engine
