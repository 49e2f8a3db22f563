#include "storage/local_root.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "storage/key.h"
#include "storage/system_error.h"

namespace lakehold::storage {
namespace {

constexpr int kFolderFlags = O_PATH | O_DIRECTORY;
constexpr int kMakeTries = 10;  // Somebody may remove a folder just made; not for ever.

template <typename F>
int Retry(F call) {
  int result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

Opened Adopt(int fd) {
  if (fd < 0) return {UniqueFd(), errno};
  return {UniqueFd(fd), 0};
}

int OpenAt2(int folder, const std::string& path, int flags, mode_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = resolve;
  int fd = -1;
  do {  // EAGAIN: something was renamed while the kernel walked.
    fd = static_cast<int>(syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return fd;
}

// O_NOFOLLOW reports a link as ELOOP, or as ENOTDIR if a folder was asked for.
int LinkOr(int error, int folder, const std::string& name) {
  struct stat status {};
  if (error != ENOTDIR || fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return error;
  return S_ISLNK(status.st_mode) ? ELOOP : error;
}

// With O_PATH the kernel hands out the link itself.
Opened RefuseLink(Opened opened, int flags) {
  struct stat status {};
  if (!opened.ok() || (flags & O_PATH) == 0 || fstat(opened.fd.get(), &status) != 0) return opened;
  if (S_ISLNK(status.st_mode)) return {UniqueFd(), ELOOP};
  return opened;
}

// Keys have no ".." parts; whatever looks like one is opened the careful way.
bool MayClimb(std::string_view key) { return key.find("..") != std::string_view::npos; }

}  // namespace

std::string LocalRoot::PathOf(std::string_view key) const {
  if (key.empty()) return path_;
  return path_ == "/" ? fmt::format("/{}", key) : fmt::format("{}/{}", path_, key);
}

Opened LocalRoot::Open(std::string_view key, int flags, mode_t mode) {
  // The path is looked up each time: a root that was moved away and made again is another root.
  const bool root_itself = key.empty() && (flags & O_TMPFILE) != O_TMPFILE;
  if (!root_itself && openat2_works_.load(std::memory_order_relaxed) && !MayClimb(key)) {
    // Root and key in one call: without links and without ".." nothing lies outside. A link in the
    // root's own path is none of our business: then they are opened one after the other.
    Opened opened = Adopt(OpenAt2(AT_FDCWD, PathOf(key), flags, mode, RESOLVE_NO_SYMLINKS));
    const bool undecided = opened.error == ELOOP || opened.error == ENOSYS || opened.error == EPERM;
    if (!undecided) return opened;
  }
  Opened root = Adopt(
      Retry([&] { return open(path_.c_str(), (root_itself ? flags : kFolderFlags) | O_CLOEXEC); }));
  if (!root.ok() || root_itself) return root;
  if (openat2_works_.load(std::memory_order_relaxed)) {
    // Without O_NOFOLLOW: it would turn a link at the end into ENOTDIR, or hand it out (O_PATH).
    Opened opened = Adopt(OpenAt2(root.fd.get(), key.empty() ? "." : std::string(key), flags, mode,
                                  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    // Kernels before 5.6 do not know the call; sandboxes forbid it with EPERM, which plain openat
    // will tell again if real.
    if (opened.error != ENOSYS && opened.error != EPERM) return opened;
    if (opened.error == ENOSYS) openat2_works_.store(false, std::memory_order_relaxed);
  }
  return Walk(root.fd.get(), key, flags, mode);
}

Opened LocalRoot::Walk(int root, std::string_view key, int flags, mode_t mode) {
  if (key.empty()) return Adopt(Retry([&] { return openat(root, ".", flags | O_CLOEXEC, mode); }));
  UniqueFd owned;
  int at = root;
  for (size_t begin = 0;;) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string part(key.substr(begin, end - begin));
    const bool last = end == key.size();
    const int part_flags = (last ? flags : kFolderFlags) | O_NOFOLLOW | O_CLOEXEC;
    Opened opened =
        Adopt(Retry([&] { return openat(at, part.c_str(), part_flags, last ? mode : 0); }));
    if (!opened.ok()) return {UniqueFd(), LinkOr(opened.error, at, part)};
    if (last) return RefuseLink(std::move(opened), flags);
    owned = std::move(opened.fd);
    at = owned.get();
    begin = end + 1;
  }
}

Result<UniqueFd> LocalRoot::OpenOrMakeRoot() {
  for (size_t end = 1; end <= path_.size(); ++end) {
    if (end < path_.size() && path_[end] != '/') continue;
    const std::string folder = path_.substr(0, end);
    if (mkdir(folder.c_str(), 0777) == 0) {
      std::lock_guard lock(mutex_);
      const size_t slash = folder.rfind('/');
      unsynced_outside_.push_back(slash == 0 ? "/" : folder.substr(0, slash));
    } else if (const int error = errno; error != EEXIST) {
      // A parent that is not ours to write in (EACCES, EROFS) is no obstacle if the folder is
      // already there.
      struct stat status {};
      if (stat(folder.c_str(), &status) != 0)
        return SystemError(error, "cannot make the folder", folder);
    }
  }
  Opened root = Adopt(Retry([&] { return open(path_.c_str(), kFolderFlags | O_CLOEXEC); }));
  if (!root.ok()) return SystemError(root.error, "cannot open the folder", path_);
  return std::move(root.fd);
}

Result<UniqueFd> LocalRoot::OpenOrMakeFolder(std::string_view folder) {
  Opened opened = Open(folder, kFolderFlags);
  for (int tries = 0; opened.error == ENOENT && tries < kMakeTries; ++tries) {
    LAKEHOLD_ASSIGN(UniqueFd parent, OpenOrMakeRoot());
    for (size_t begin = 0; begin < folder.size();) {
      const size_t end = std::min(folder.find('/', begin), folder.size());
      const std::string part(folder.substr(begin, end - begin));
      const std::string_view made = folder.substr(0, end);
      if (Retry([&] { return mkdirat(parent.get(), part.c_str(), 0777); }) == 0) {
        std::lock_guard lock(mutex_);
        unsynced_.emplace(made);
      } else if (const int error = errno; error == ENOENT) {
        break;  // The parent was removed just now: begin again.
      } else if (error != EEXIST && !Open(made, kFolderFlags).ok()) {
        return SystemError(error, "cannot make the folder", PathOf(made));
      }
      Opened next = Open(made, kFolderFlags);
      if (next.error == ENOENT) break;
      if (!next.ok()) return SystemError(next.error, "cannot open the folder", PathOf(made));
      parent = std::move(next.fd);
      begin = end + 1;
    }
    opened = Open(folder, kFolderFlags);
  }
  if (!opened.ok()) return SystemError(opened.error, "cannot open the folder", PathOf(folder));
  return std::move(opened.fd);
}

Status LocalRoot::SyncFolder(const std::string& path, std::string_view key, bool outside) {
  constexpr int kReadFlags = O_RDONLY | O_DIRECTORY;
  Opened opened = outside ? Adopt(Retry([&] { return open(path.c_str(), kReadFlags | O_CLOEXEC); }))
                          : Open(key, kReadFlags);
  int error = opened.error;
  if (opened.ok() && Retry([&] { return fsync(opened.fd.get()); }) != 0) error = errno;
  if (error == 0) return {};
  if (opened.ok() && error == EINVAL) {
    return Unsupported("storage.no_folder_sync",
                       fmt::format("'{}' lies on a file system that cannot sync folders", path),
                       "Open it with durability 'none', or use another file system");
  }
  Error cause = SystemError(error, "cannot sync the folder", path);
  cause.reason = "storage.not_durable";
  return cause;
}

Status LocalRoot::SyncFolders(std::span<const std::string> folders, bool every_parent,
                              Executor& executor) {
  std::set<std::string, std::less<>> keys, settled;
  std::vector<std::string> outside;
  {
    std::lock_guard lock(mutex_);
    for (const std::string& folder : folders) {
      keys.insert(folder);
      for (std::string_view at = folder; !at.empty(); at = FolderOf(at)) {
        const bool made_here = unsynced_.contains(at);
        if (made_here) settled.emplace(at);
        if (made_here || every_parent) keys.emplace(FolderOf(at));
      }
    }
    outside = unsynced_outside_;
  }
  struct Target {
    std::string path, key;
    bool outside = false;
  };
  std::vector<Target> targets;
  for (const std::string& key : keys) targets.push_back({PathOf(key), key, false});
  for (const std::string& path : outside) targets.push_back({path, "", true});
  std::vector<Status> answers(targets.size());
  executor.ParallelFor(targets.size(), [&](size_t i) {
    answers[i] = SyncFolder(targets[i].path, targets[i].key, targets[i].outside);
  });
  for (Status& answer : answers) LAKEHOLD_TRY(std::move(answer));
  // Forgotten only now: another committer that relies on these names must not pass before they are
  // durable.
  std::lock_guard lock(mutex_);
  for (const std::string& folder : settled) unsynced_.erase(folder);
  for (const std::string& path : outside) {
    const auto found = std::find(unsynced_outside_.begin(), unsynced_outside_.end(), path);
    if (found != unsynced_outside_.end()) unsynced_outside_.erase(found);
  }
  return {};
}

}  // namespace lakehold::storage
