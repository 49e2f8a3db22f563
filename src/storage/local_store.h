// LocalStore: an ObjectStore on a folder of a local (or NFS) file system. Thread-safe.
//
// Publishing is linkat() of an unnamed inode: visible whole or not at all, and never over an existing name.
// The order for a durable object: write, fdatasync, link, fsync of the folder. See docs/commit.md.
#pragma once

#include <memory>
#include <string>

#include "base/runtime.h"
#include "storage/object_store.h"
#include "storage/open_store.h"

namespace lakehold::storage {

// `root` is an absolute path; it need not exist yet.
Result<std::shared_ptr<ObjectStore>> OpenLocalStore(std::string root, Durability durability, const Runtime& runtime);

}  // namespace lakehold::storage
