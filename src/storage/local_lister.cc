#include "storage/local_lister.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "storage/key.h"
#include "storage/local_staging.h"
#include "storage/staged_leftovers.h"
#include "storage/system_error.h"

namespace lakehold::storage {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

unsigned char TypeOf(DIR* folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type;
  struct stat status {};  // Some file systems do not tell the type while reading the folder.
  if (fstatat(dirfd(folder), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
  return IFTODT(status.st_mode);
}

// Calls `wanted(name, is_folder)` for every file, hidden ones too, and folder. No folder there:
// success with
// `*folder` empty.
Status ReadFolder(LocalRoot& root, std::string_view key, Folder* folder,
                  const std::function<void(std::string_view, bool)>& wanted) {
  Opened opened = root.Open(key, O_RDONLY | O_DIRECTORY);
  if (opened.error == ENOENT || opened.error == ENOTDIR) return {};
  if (!opened.ok()) return SystemError(opened.error, "cannot list", root.PathOf(key));
  folder->reset(fdopendir(opened.fd.get()));
  if (*folder == nullptr) return SystemError(errno, "cannot list", root.PathOf(key));
  static_cast<void>(opened.fd.Release());  // closedir closes it.
  while (true) {
    errno = 0;
    const dirent* entry = readdir(folder->get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const unsigned char type = TypeOf(folder->get(), *entry);
    if (type == DT_DIR || type == DT_REG) wanted(name, type == DT_DIR);
  }
  if (errno != 0) return SystemError(errno, "cannot list", root.PathOf(key));
  return {};
}

class LocalLister : public ObjectLister {
 public:
  LocalLister(std::shared_ptr<void> owner, LocalRoot& root, std::string_view prefix,
              std::string_view start_after)
      : owner_(std::move(owner)), root_(root), prefix_(prefix), start_after_(start_after) {}

  Status Enter(std::string_view folder) {
    Level level;
    level.key = folder;
    LAKEHOLD_TRY(
        ReadFolder(root_, folder, &level.folder, [&](std::string_view name, bool is_folder) {
          if (!is_folder && IsStagingName(name)) return;
          std::string sort_key(name);
          if (is_folder)
            sort_key += '/';  // Keys below it continue with '/', which sorts after '-' and '.'.
          if (IsWanted(JoinKey(folder, sort_key), is_folder))
            level.entries.push_back(std::move(sort_key));
        }));
    std::sort(level.entries.begin(), level.entries.end());
    levels_.push_back(std::move(level));
    return {};
  }

  Result<std::optional<ObjectMeta>> Next() override {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.entries.size()) {
        levels_.pop_back();
        continue;
      }
      std::string& name = level.entries[level.next++];
      if (name.back() == '/') {
        name.pop_back();
        LAKEHOLD_TRY(Enter(JoinKey(level.key, name)));
        continue;
      }
      LAKEHOLD_ASSIGN(std::optional<ObjectMeta> meta, Examine(level, name));
      if (meta.has_value()) return meta;
    }
    return std::optional<ObjectMeta>();
  }

 private:
  struct Level {
    std::string key;
    Folder folder;
    std::vector<std::string> entries;  // Names, those of folders with '/' behind.
    size_t next = 0;
  };

  bool IsWanted(std::string_view key, bool is_folder) const {
    if (!is_folder) return key.starts_with(prefix_) && key > start_after_;
    const bool on_the_way = key.starts_with(prefix_) || std::string_view(prefix_).starts_with(key);
    return on_the_way && (key > start_after_ || std::string_view(start_after_).starts_with(key));
  }

  // Nothing if the file went away after the folder was read.
  Result<std::optional<ObjectMeta>> Examine(const Level& level, const std::string& name) const {
    const std::string key = JoinKey(level.key, name);
    struct stat status {};
    if (fstatat(dirfd(level.folder.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return std::optional<ObjectMeta>();
      return SystemError(errno, "cannot examine", root_.PathOf(key));
    }
    if (!S_ISREG(status.st_mode)) return std::optional<ObjectMeta>();
    return std::optional<ObjectMeta>(MetaFrom(status, key));
  }

  const std::shared_ptr<void> owner_;
  LocalRoot& root_;
  const std::string prefix_;
  const std::string start_after_;
  std::vector<Level> levels_;
};

}  // namespace

Result<std::unique_ptr<ObjectLister>> ListLocal(std::shared_ptr<void> owner, LocalRoot& root,
                                                std::string_view prefix,
                                                std::string_view start_after) {
  auto lister = std::make_unique<LocalLister>(std::move(owner), root, prefix, start_after);
  LAKEHOLD_TRY(lister->Enter(FolderOf(prefix)));
  return std::unique_ptr<ObjectLister>(std::move(lister));
}

Result<std::vector<std::string>> ListLocalFolders(LocalRoot& root, std::string_view folder) {
  std::vector<std::string> names;
  Folder open_folder;
  LAKEHOLD_TRY(ReadFolder(root, folder, &open_folder, [&](std::string_view name, bool is_folder) {
    if (is_folder) names.emplace_back(name);
  }));
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<ObjectMeta>> ListLocalLeftovers(LocalRoot& root, std::string_view folder) {
  std::vector<ObjectMeta> leftovers;
  std::vector<std::string> waiting = {std::string(folder)};
  while (!waiting.empty()) {
    const std::string at = std::move(waiting.back());
    waiting.pop_back();
    Folder open_folder;
    std::vector<std::string> hidden;
    LAKEHOLD_TRY(ReadFolder(root, at, &open_folder, [&](std::string_view name, bool is_folder) {
      if (is_folder) waiting.push_back(JoinKey(at, name));
      if (!is_folder && IsStagingName(name)) hidden.emplace_back(name);
    }));
    for (const auto& name : hidden) {
      struct stat status {};
      const int descriptor = dirfd(open_folder.get());
      if (!IsLeftover(descriptor, name)) continue;
      if (fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      leftovers.push_back(MetaFrom(status, JoinKey(at, name)));
    }
  }
  return leftovers;
}

}  // namespace lakehold::storage
