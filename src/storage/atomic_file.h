// AtomicFile: one object written whole or not at all: stage, settle, publish, settle the name.
#pragma once

#include <span>
#include <string_view>

#include "storage/object_store.h"

namespace lakehold::storage {

// Publishes `bytes` under `key` if it is absent. kAlreadyExists if it was taken.
Result<ObjectMeta> PutIfAbsent(ObjectStore& store, std::string_view key, std::span<const std::byte> bytes);

// "a/b/c" -> "a/b"; "c" -> "".
std::string_view FolderOf(std::string_view key);
// Whether `key` obeys the rules at the head of object_store.h.
bool IsValidKey(std::string_view key);
// "a" and "b" -> "a/b"; an empty folder adds nothing.
std::string JoinKey(std::string_view folder, std::string_view name);

}  // namespace lakehold::storage
