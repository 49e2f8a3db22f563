// The JSON form of a schema (metaData.schemaString): parse and format. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "delta/schema.h"

namespace lakehold::delta {

// kCorrupt "delta.bad_schema" names the JSON path that is wrong. A type this build does not know is
// kUnknown. Depth is bounded by limits::kTypeDepth.
Result<Schema> ParseSchema(std::string_view json);
// Format(Parse(x)) parses to the same schema; keys in the protocol's order.
std::string FormatSchema(const Schema& schema);

}  // namespace lakehold::delta
