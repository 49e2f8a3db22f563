// Log aggregates: COUNT, MIN, MAX and DISTINCT over files of which the log says all that is asked,
// such as SELECT day, count(*) FROM t GROUP BY day. Stateless functions.
//
// One row a file takes the place of its rows: its partition values, and what it adds to each
// aggregate. Files the log is silent about, or of which only some rows are wanted, are read as
// before, and both parts are added up. Next: log_answers.h (what is exact).
#pragma once

#include "duckdb.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"

namespace lakehold::engine {

// `op` is an aggregate within `plan`; it stays as it is if the log helps with no file.
void AnswerAggregate(duckdb::OptimizerExtensionInput& input,
                     duckdb::unique_ptr<duckdb::LogicalOperator>& plan,
                     duckdb::unique_ptr<duckdb::LogicalOperator>& op);
// `op` is a DISTINCT.
void AnswerDistinct(duckdb::OptimizerExtensionInput& input,
                    duckdb::unique_ptr<duckdb::LogicalOperator>& plan,
                    duckdb::unique_ptr<duckdb::LogicalOperator>& op);

}  // namespace lakehold::engine
