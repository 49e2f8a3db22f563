// LocalStore: an ObjectStore on a folder of a local (or NFS) file system. Thread-safe.
//
// Publishing is linkat() of an unnamed inode: visible whole or not at all, and never over an
// existing name. The order for a durable object: write, fdatasync, link, fsync of the folder. See
// docs/faults.md.
#pragma once

#include <memory>
#include <string>

#include "base/runtime.h"
#include "storage/object_store.h"
#include "storage/open_store.h"

namespace lakehold::storage {

// System facilities a test may take away, to run what other kernels and file systems get.
struct LocalStoreOptions {
  bool use_tmpfile =
      true;  // O_TMPFILE; without: a hidden random name, linked or renamed (FAT) to its final one.
  bool use_openat2 = true;     // openat2(RESOLVE_BENEATH); without: one openat(O_NOFOLLOW) a part.
  bool use_hard_links = true;  // linkat; without: renameat2(RENAME_NOREPLACE).
  bool names_in_order =
      true;  // False: treat the file system as an unknown one (see NamesSettleInOrder).
};

// `root` is an absolute path; it need not exist yet and is made at the first write.
Result<std::shared_ptr<ObjectStore>> OpenLocalStore(std::string root, Durability durability,
                                                    const Runtime& runtime,
                                                    const LocalStoreOptions& options = {});

}  // namespace lakehold::storage
