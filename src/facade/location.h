// Where a lake or a table is: what is found at a path, and the errors that name the right call.
// Pure of state.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lakehold/table.h"
#include "storage/object_store.h"

namespace lakehold {

Result<std::shared_ptr<storage::ObjectStore>> OpenAt(std::string_view location,
                                                     const OpenOptions& options, bool create);

// kNotFound "delta.not_a_table", or kInvalid "facade.is_a_lake" if the folder holds tables instead
// of being one.
Status CheckIsTable(const std::shared_ptr<storage::ObjectStore>& store, std::string_view location);
// kInvalid "facade.is_a_table" if the folder is a table instead of holding some.
Status CheckIsLake(const std::shared_ptr<storage::ObjectStore>& store, std::string_view location);

// The last part of a path, without trailing slashes: a table's name.
std::string NameOf(std::string_view location);

struct TableName {
  std::string schema;  // "" is main.
  std::string table;
};
// "trips" or "schema.trips"; names with dots in double quotes.
Result<TableName> ParseTableName(std::string_view name);
// "lake7"."main"."trips".
std::string QualifiedName(std::string_view catalog, const TableName& name);

}  // namespace lakehold
