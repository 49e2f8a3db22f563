// Keys: the names objects have in a store. The rules stand at the head of object_store.h. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lakehold::storage {

// "a/b/c" -> "a/b"; "c" -> "".
std::string_view FolderOf(std::string_view key);
// "a/b/c" -> "c"; "c" -> "c".
std::string_view NameOf(std::string_view key);
// "a" and "b" -> "a/b"; an empty folder adds nothing.
std::string JoinKey(std::string_view folder, std::string_view name);

// Whether `key` obeys the rules.
bool IsValidKey(std::string_view key);
// The same with the rule that is broken: kInvalid "storage.bad_key" or "storage.name_too_long".
Status CheckKey(std::string_view key);
// A key, or "" for the root.
Status CheckFolder(std::string_view folder);
// A key, "", a folder followed by '/', or the beginning of a key.
Status CheckPrefix(std::string_view prefix);

}  // namespace lakehold::storage
