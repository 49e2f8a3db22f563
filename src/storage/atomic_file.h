// AtomicFile: one object written whole or not at all: stage, settle, publish, settle the name.
#pragma once

#include <span>
#include <string_view>

#include "storage/key.h"
#include "storage/object_store.h"

namespace lakehold::storage {

// Publishes `bytes` under `key` if it is absent, durably. kAlreadyExists if it was taken;
// kOutcomeUnknown "storage.not_durable" if the object is there but its name could not be synced.
Result<ObjectMeta> PutIfAbsent(ObjectStore& store, std::string_view key,
                               std::span<const std::byte> bytes);

}  // namespace lakehold::storage
