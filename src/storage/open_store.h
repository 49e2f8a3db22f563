// OpenStore: from what a user writes to a store. Local folders today; a scheme that is not known is
// refused by name.
#pragma once

#include <memory>
#include <string_view>

#include "base/runtime.h"
#include "storage/object_store.h"

namespace lakehold::storage {

// What an acknowledged write survives. kFull: kill -9, a crash of the machine and power loss.
// kNone: kill -9 only.
enum class Durability { kFull, kNone };

// `location` is a path or file: URI. The folder need not exist (`create` false: kNotFound
// "storage.no_folder" if absent; true: it is made at the first write). The root is resolved once,
// symbolic links allowed; below it no link is followed.
Result<std::shared_ptr<ObjectStore>> OpenStore(std::string_view location, Durability durability,
                                               bool create, const Runtime& runtime);

}  // namespace lakehold::storage
