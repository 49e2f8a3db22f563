// RequiredFields: what an Arrow schema says may not be NULL. Plain values.
#pragma once

#include <string>
#include <vector>

#include "lakehold/input.h"

namespace lakehold::table {

struct RequiredFields {
  std::vector<std::string> columns;
  // Below the columns, as quoted paths: "st"."x", "list"."element", "map"."value".
  std::vector<std::string> nested;
};

// The same input; when its stream is opened, `into` is filled. `into` outlives it.
StreamSource CollectRequired(StreamSource source, RequiredFields* into);

}  // namespace lakehold::table
