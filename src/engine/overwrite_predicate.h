// The condition of an overwrite, as the planner of floor 2 wants it: text in, delta::Predicate out.
#pragma once

#include <string>

#include <duckdb.hpp>

#include "base/result.h"
#include "delta/predicate.h"
#include "engine/engine.h"

namespace lakehold::engine {

// `text` as a condition over the columns of `table` (quoted). kInvalid "sql.not_an_expression" as
// CheckExpression; kUnsupported "write.inexact_condition" if a part of it is beyond what can be
// decided from partition values.
Result<delta::Predicate> BindOverwritePredicate(duckdb::Connection& connection,
                                                const std::string& table, const std::string& text,
                                                const Parameters& parameters);

}  // namespace lakehold::engine
