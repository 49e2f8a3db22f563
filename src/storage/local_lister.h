// LocalLister: walks a folder tree in key order, one folder in memory a level. Externally
// synchronized.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/local_root.h"
#include "storage/object_store.h"

namespace lakehold::storage {

// The lister keeps `root` alive by `owner`.
Result<std::unique_ptr<ObjectLister>> ListLocal(std::shared_ptr<void> owner, LocalRoot& root,
                                                std::string_view prefix,
                                                std::string_view start_after);
// Names of the folders directly below, sorted.
Result<std::vector<std::string>> ListLocalFolders(LocalRoot& root, std::string_view folder);

// Hidden files in the folder and below whose writer is gone, in no order.
Result<std::vector<ObjectMeta>> ListLocalLeftovers(LocalRoot& root, std::string_view folder);

}  // namespace lakehold::storage
