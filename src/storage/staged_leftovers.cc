#include "storage/staged_leftovers.h"

#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "storage/local_staging.h"
#include "storage/unique_fd.h"

namespace lakehold::storage {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::vector<std::string> HiddenNames(int folder) {
  std::vector<std::string> names;
  // `folder` may be open for walking only.
  UniqueFd readable(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable.valid()) return names;
  const std::unique_ptr<DIR, CloseFolder> listing(fdopendir(readable.get()));
  if (listing == nullptr) return names;
  static_cast<void>(readable.Release());  // closedir closes it.
  while (const dirent* entry = readdir(listing.get())) {
    if (IsStagingName(entry->d_name)) names.emplace_back(entry->d_name);
  }
  return names;
}

}  // namespace

void HoldStaged(int fd) { static_cast<void>(flock(fd, LOCK_EX | LOCK_NB)); }

bool IsLeftover(int folder, const std::string& name) {
  // For writing: file servers give an exclusive lock to nobody else.
  const UniqueFd file(openat(folder, name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  return file.valid() && fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

void SweepLeftovers(int folder, int fresh) {
  struct stat now {};
  if (fstat(fresh, &now) != 0) return;
  for (const std::string& name : HiddenNames(folder)) {
    struct stat status {};
    if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (now.st_mtim.tv_sec - status.st_mtim.tv_sec < limits::kLeftoverAgeSeconds) continue;
    if (IsLeftover(folder, name)) unlinkat(folder, name.c_str(), 0);
  }
}

}  // namespace lakehold::storage
