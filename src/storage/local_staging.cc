#include "storage/local_staging.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/key.h"
#include "storage/staged_leftovers.h"
#include "storage/system_error.h"

namespace lakehold::storage {
namespace {

constexpr size_t kSinkBufferBytes =
    128 << 10;  // Small writes are gathered; larger ones go straight through.
constexpr int kNameTries = 100;

bool MeansNoTmpfile(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOENT;
}

bool MeansNoHardLinks(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK;
}

// After these a file server may have done it all the same.
bool MayBeDone(int error) {
  return error == EIO || error == ETIMEDOUT || error == ESTALE || error == EHOSTDOWN ||
         error == EHOSTUNREACH;
}

class LocalSink : public ObjectSink {
 public:
  explicit LocalSink(StagedInode inode) : inode_(std::move(inode)) {}

  Status Write(std::span<const std::byte> bytes) override {
    if (finished_) return Internal("storage.sink_finished", "a sink was written to after Finish");
    if (broken_) return Broken();
    if (buffer_.size() + bytes.size() > kSinkBufferBytes) LAKEHOLD_TRY(Flush());
    if (bytes.size() > kSinkBufferBytes) {
      LAKEHOLD_TRY(WriteThrough(bytes));
    } else {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
    return {};
  }

  uint64_t size_bytes() const override { return written_ + buffer_.size(); }

  Result<std::unique_ptr<Staged>> Finish() override {
    if (finished_) return Internal("storage.sink_finished", "a sink was finished twice");
    if (broken_) return Broken();
    LAKEHOLD_TRY(Flush());
    finished_ = true;
    return std::unique_ptr<Staged>(std::make_unique<LocalStaged>(std::move(inode_), written_));
  }

 private:
  Error Broken() const {
    return IoError(
        "storage.discarded",
        fmt::format("an object in '{}' failed before and is discarded", inode_.folder_path),
        "Write it again from the beginning");
  }
  Status Flush() {
    LAKEHOLD_TRY(WriteThrough(buffer_));
    buffer_.clear();
    return {};
  }
  Status WriteThrough(std::span<const std::byte> bytes) {
    Status written = WriteAll(inode_.fd.get(), bytes, written_, inode_.folder_path);
    broken_ = !written.ok();
    if (written.ok()) written_ += bytes.size();
    return written;
  }

  StagedInode inode_;
  std::vector<std::byte> buffer_;
  uint64_t written_ = 0;
  bool finished_ = false;
  bool broken_ = false;
};

}  // namespace

bool IsStagingName(std::string_view name) { return name.starts_with(kStagingPrefix); }

Status WriteAll(int fd, std::span<const std::byte> bytes, uint64_t offset, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(errno, "cannot write a file in", path);
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

ObjectMeta MetaFrom(const struct stat& status, std::string_view key) {
  ObjectMeta meta;
  meta.key = key;
  meta.size_bytes = static_cast<uint64_t>(status.st_size);
  meta.modified_ns = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  // Inode numbers are used again at once; the time of publishing tells the new object from the old.
  meta.identity = fmt::format("{:x}:{:x}:{:x}", status.st_dev, status.st_ino, meta.modified_ns);
  return meta;
}

Result<ObjectMeta> MetaOf(int fd, std::string_view key, std::string_view path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return SystemError(errno, "cannot examine", path);
  if (S_ISREG(status.st_mode)) return MetaFrom(status, key);
  return NotFound("storage.not_found", fmt::format("'{}' is not a file", path), "Check the path");
}

void StagedInode::DropHiddenName() {
  if (folder.valid() && !hidden_name.empty()) unlinkat(folder.get(), hidden_name.c_str(), 0);
  hidden_name.clear();
}

Status LocalStaged::CheckNameless() const {
  switch (state_) {
    case State::kNameless:
      return {};
    case State::kPublished:
      return Internal("storage.already_published", "this object already has a name");
    case State::kUnknown:
      return Internal("storage.already_published", "this object may already have a name");
    case State::kDiscarded:
      break;
  }
  return IoError(
      "storage.discarded",
      fmt::format("an object in '{}' failed before and is discarded", inode_.folder_path),
      "Write it again from the beginning");
}

Status LocalStaged::Rewrite(std::span<const std::byte> bytes) {
  LAKEHOLD_TRY(CheckNameless());
  settled_ = false;
  Status written;
  if (ftruncate(inode_.fd.get(), 0) != 0) {
    written = SystemError(errno, "cannot empty a file in", inode_.folder_path);
  } else {
    written = WriteAll(inode_.fd.get(), bytes, 0, inode_.folder_path);
  }
  if (written.ok()) {
    size_ = bytes.size();
  } else {
    state_ = State::kDiscarded;  // Neither the old content nor the new.
  }
  return written;
}

Status LocalStaged::Settle() {
  if (state_ == State::kDiscarded) return CheckNameless();
  if (settled_) return {};
  int result = 0;
  do {
    result = fdatasync(inode_.fd.get());
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    const int error = errno;
    // The kernel has marked the pages clean: a second sync would succeed and mean nothing.
    state_ = State::kDiscarded;
    return SystemError(error, "cannot sync a file in", inode_.folder_path);
  }
  settled_ = true;
  return {};
}

bool LocalStaged::IsLinked() const {
  struct stat status {};
  const nlink_t before = inode_.hidden_name.empty() ? 0 : 1;
  return fstat(inode_.fd.get(), &status) == 0 && status.st_nlink > before;
}

int LocalStaged::TryLink(int folder, const char* name, bool use_hard_links) {
  const char* hidden = inode_.hidden_name.c_str();
  if (*hidden == '\0') {
    const std::string self = fmt::format("/proc/self/fd/{}", inode_.fd.get());
    if (linkat(AT_FDCWD, self.c_str(), folder, name, AT_SYMLINK_FOLLOW) == 0) return 0;
    if (errno != ENOENT) return errno;
    // No /proc here, or the folder is gone; the second way tells which.
    return linkat(inode_.fd.get(), "", folder, name, AT_EMPTY_PATH) == 0 ? 0 : errno;
  }
  if (use_hard_links) {
    if (linkat(inode_.folder.get(), hidden, folder, name, 0) == 0) return 0;
    if (!MeansNoHardLinks(errno)) return errno;
  }
  if (renameat2(inode_.folder.get(), hidden, folder, name, RENAME_NOREPLACE) != 0) return errno;
  inode_.hidden_name.clear();
  return 0;
}

Result<ObjectMeta> LocalStaged::Link(int folder, std::string_view key, const std::string& path,
                                     bool use_hard_links) {
  LAKEHOLD_TRY(CheckNameless());
  const std::string name(NameOf(key));
  // The inode may be much older than its name, and the modification time of a log entry is the time
  // of its commit.
  if (futimens(inode_.fd.get(), nullptr) != 0)
    return SystemError(errno, "cannot set the time of a file in", path);
  int error = 0;
  do {
    error = TryLink(folder, name.c_str(), use_hard_links);
  } while (error == EINTR);
  // A file server repeats a request whose answer was lost and then finds the name taken: by us,
  // says the link count.
  const bool may_be_done = error == EEXIST || MayBeDone(error);
  if (may_be_done && IsLinked()) error = 0;
  if (error == 0) {
    state_ = State::kPublished;
    inode_.DropHiddenName();
    Result<ObjectMeta> meta = MetaOf(inode_.fd.get(), key, path);
    if (meta.ok()) return meta;
    return ObjectMeta{
        std::string(key), size_, 0, {}};  // It is published: nothing may turn that into a failure.
  }
  if (MayBeDone(error)) {
    state_ = State::kUnknown;
    const Error cause = SystemError(error, "cannot tell whether this file was made:", path);
    return OutcomeUnknown("storage.lost_answer", cause.message, {}, cause.hint);
  }
  if (error == EINVAL && !inode_.hidden_name.empty()) {
    return Unsupported(
        "storage.no_atomic_publish",
        fmt::format("the file system of '{}' can neither link nor rename without replacing", path),
        "Use a file system with hard links");
  }
  return SystemError(error, "cannot publish", path);
}

LocalStaging::LocalStaging(LocalRoot& root, Random& random, const LocalStoreOptions& options)
    : root_(root),
      random_(random),
      // Without /proc an unnamed inode can be linked only by the privileged.
      tmpfile_works_(options.use_tmpfile && access("/proc/self/fd", X_OK) == 0) {}

Result<std::unique_ptr<ObjectSink>> LocalStaging::OpenSink(std::string_view folder) {
  if (tmpfile_works_.load(std::memory_order_relaxed)) {
    constexpr int kFlags = O_TMPFILE | O_RDWR;  // Without O_EXCL, which would forbid linking.
    Opened opened = root_.Open(folder, kFlags, 0666);
    if (opened.error == ENOENT) {
      LAKEHOLD_TRY(root_.OpenOrMakeFolder(folder));
      opened = root_.Open(folder, kFlags, 0666);
    }
    if (opened.ok()) {
      StagedInode inode;
      inode.fd = std::move(opened.fd);
      inode.folder_path = root_.PathOf(folder);
      return std::unique_ptr<ObjectSink>(std::make_unique<LocalSink>(std::move(inode)));
    }
    if (!MeansNoTmpfile(opened.error))
      return SystemError(opened.error, "cannot make a file in", root_.PathOf(folder));
    if (opened.error != ENOENT) tmpfile_works_.store(false, std::memory_order_relaxed);
  }
  LAKEHOLD_ASSIGN(StagedInode inode, OpenNamed(folder));
  return std::unique_ptr<ObjectSink>(std::make_unique<LocalSink>(std::move(inode)));
}

Result<StagedInode> LocalStaging::OpenNamed(std::string_view folder) {
  StagedInode inode;
  LAKEHOLD_ASSIGN(inode.folder, root_.OpenOrMakeFolder(folder));
  inode.folder_path = root_.PathOf(folder);
  int error = EEXIST;
  for (int tries = 0; error == EEXIST && tries < kNameTries; ++tries) {
    const std::string name =
        fmt::format("{}{:016x}{:016x}", kStagingPrefix, random_.Next(), random_.Next());
    do {
      inode.fd = UniqueFd(openat(inode.folder.get(), name.c_str(),
                                 O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0666));
      error = inode.fd.valid() ? 0 : errno;
    } while (error == EINTR);
    if (error == 0) inode.hidden_name = name;
  }
  if (error != 0) return SystemError(error, "cannot make a file in", inode.folder_path);
  HoldStaged(inode.fd.get());
  if (IsFirstIn(folder)) SweepLeftovers(inode.folder.get(), inode.fd.get());
  return inode;
}

bool LocalStaging::IsFirstIn(std::string_view folder) {
  const std::lock_guard lock(swept_mutex_);
  return swept_.emplace(folder).second;
}

}  // namespace lakehold::storage
