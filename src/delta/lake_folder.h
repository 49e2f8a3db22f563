// The tables of a lake by name: each sub-folder with a `_delta_log` is a table. Pure of state; asks
// the store each time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace lakehold::delta {

// The spelling of the table that `name` means in `folder` ("" = the lake itself): exact, else the
// only match ignoring ASCII case. Nothing if there is none; kInvalid "delta.ambiguous_name" lists
// the candidates. Folders are listed only when the exact probe fails.
Result<std::optional<std::string>> FindTable(storage::ObjectStore& store, std::string_view folder,
                                             std::string_view name);

// Names of all tables in `folder`, in byte order.
Result<std::vector<std::string>> ListTables(storage::ObjectStore& store, std::string_view folder);

// All tables two levels deep: "trips", "schema.trips".
Result<std::vector<std::string>> ListLake(storage::ObjectStore& store);

// Whether `name` may be the name of a new table or schema: UTF-8, no '/', control character or
// leading '_' or '.', at most 255 bytes. kInvalid "delta.bad_table_name".
Status CheckTableName(std::string_view name);

}  // namespace lakehold::delta
