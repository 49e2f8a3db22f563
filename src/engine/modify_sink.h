// What the catalog asks of the writing half: plans for statements that put rows into tables.
//
// Called by lake_catalog.cc; errors are raised as DuckDB exceptions. Next: table_definition.h (the
// DDL of whole tables), data_file_writer.h (where the rows go).
#pragma once

#include "duckdb.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"

#include "delta/snapshot.h"
#include "engine/data_file_series.h"
#include "engine/table_definition.h"

namespace lakehold::engine {

class LakeCatalog;

// Where new data files of a table go, and how they look.
DataFileTarget DataFileTargetOf(const delta::Snapshot& snapshot, const LakeCatalog& lake);

// INSERT INTO a lake's table; with PendingWrite::overwrite set, in place of what is there.
duckdb::PhysicalOperator& PlanLakeInsert(duckdb::ClientContext& context,
                                         duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalInsert& op,
                                         duckdb::optional_ptr<duckdb::PhysicalOperator> plan);
// CREATE [OR REPLACE] TABLE ... AS: definition and rows become one version.
duckdb::PhysicalOperator& PlanLakeCreateTableAs(duckdb::ClientContext& context,
                                                duckdb::PhysicalPlanGenerator& planner,
                                                duckdb::LogicalCreateTable& op,
                                                duckdb::PhysicalOperator& plan);

}  // namespace lakehold::engine
