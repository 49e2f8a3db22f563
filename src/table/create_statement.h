// Create: a typed request for a new table becomes one CREATE TABLE statement. Externally
// synchronized by its session.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "lakehold/request.h"

namespace lakehold::table {

// `target` is the quoted name. One version, with the rows of `request.like` if `with_rows`. Errors
// as CREATE TABLE.
Status Create(engine::Session& session, const std::string& target, const CreateRequest& request);

}  // namespace lakehold::table
