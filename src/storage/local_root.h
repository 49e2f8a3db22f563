// LocalRoot: the folder a local store lives in, and the only way to open anything below it.
// Thread-safe.
//
// Nothing opened through it lies outside: no part of a key is followed if it is a symbolic link. It
// also remembers which folders were made here, because their own names must be synced too. Next:
// local_store.cc.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/executor.h"
#include "base/result.h"
#include "storage/unique_fd.h"

namespace lakehold::storage {

// A descriptor, or the errno that stood in the way.
struct Opened {
  UniqueFd fd;
  int error = 0;
  bool ok() const { return error == 0; }
};

class LocalRoot {
 public:
  // `path` is absolute and canonical as far as it exists.
  LocalRoot(std::string path, bool use_openat2)
      : path_(std::move(path)), openat2_works_(use_openat2) {}

  const std::string& path() const { return path_; }
  // The path of `key`, for people.
  std::string PathOf(std::string_view key) const;

  // Opens `key` ("" is the root) with these flags and O_CLOEXEC. A symbolic link anywhere gives
  // ELOOP.
  Opened Open(std::string_view key, int flags, mode_t mode = 0);
  // Opens a folder as a place for *at() calls, making it and its parents if needed.
  Result<UniqueFd> OpenOrMakeFolder(std::string_view folder);

  // Syncs these folders, and the parents of those that were made here and not synced yet
  // (`every_parent`: of all).
  Status SyncFolders(std::span<const std::string> folders, bool every_parent, Executor& executor);

 private:
  Opened Walk(int root, std::string_view key, int flags, mode_t mode);
  Result<UniqueFd> OpenOrMakeRoot();
  Status SyncFolder(const std::string& path, std::string_view key, bool outside);

  const std::string path_;
  std::atomic<bool> openat2_works_;
  std::mutex mutex_;
  std::set<std::string, std::less<>>
      unsynced_;  // Folders made here whose own name is not durable yet.
  std::vector<std::string>
      unsynced_outside_;  // Absolute folders that hold the names of the root and its parents.
};

}  // namespace lakehold::storage
