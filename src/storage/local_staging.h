// LocalStaging: objects on their way into a local store: an inode without a name that Publish links
// to one. LocalStaging is thread-safe; sinks and staged objects are externally synchronized. Next:
// local_store.cc.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/random.h"
#include "storage/local_root.h"
#include "storage/local_store.h"
#include "storage/object_store.h"
#include "storage/unique_fd.h"

namespace lakehold::storage {

// Names that begin so are not objects yet: List leaves them out, Publish and PutHint refuse them.
inline constexpr std::string_view kStagingPrefix = "._lakehold_staged_";
bool IsStagingName(std::string_view name);

// What a staged inode is reached by. Closing it removes the hidden name, if it has one.
struct StagedInode {
  StagedInode() = default;
  StagedInode(StagedInode&&) = default;
  StagedInode& operator=(StagedInode&&) = delete;
  ~StagedInode() { DropHiddenName(); }
  void DropHiddenName();

  UniqueFd fd;
  UniqueFd folder;          // Only with a hidden name.
  std::string hidden_name;  // "" for an O_TMPFILE inode.
  std::string folder_path;  // For people.
};

class LocalStaged : public Staged {
 public:
  LocalStaged(StagedInode inode, uint64_t size) : inode_(std::move(inode)), size_(size) {}
  uint64_t size_bytes() const override { return size_; }
  Status Rewrite(std::span<const std::byte> bytes) override;

  // Syncs the content once; an object that was settled before is settled.
  Status Settle();
  // Gives it the name `name` in the folder. `path` is for people.
  Result<ObjectMeta> Link(int folder, std::string_view key, const std::string& path,
                          bool use_hard_links);

 private:
  enum class State { kNameless, kPublished, kUnknown, kDiscarded };
  int TryLink(int folder, const char* name, bool use_hard_links);
  // Whether the inode has the name after all, although linking failed.
  bool IsLinked() const;
  Status CheckNameless() const;

  StagedInode inode_;
  uint64_t size_ = 0;
  bool settled_ = false;
  State state_ = State::kNameless;
};

class LocalStaging {
 public:
  LocalStaging(LocalRoot& root, Random& random, const LocalStoreOptions& options);
  Result<std::unique_ptr<ObjectSink>> OpenSink(std::string_view folder);
  // A new file under a hidden name in this folder; the first one sweeps the folder of old
  // leftovers.
  Result<StagedInode> OpenNamed(std::string_view folder);

 private:
  bool IsFirstIn(std::string_view folder);

  LocalRoot& root_;
  Random& random_;
  std::atomic<bool> tmpfile_works_;
  std::mutex swept_mutex_;
  std::set<std::string, std::less<>> swept_;
};

// Writes all of `bytes` at `offset`. `path` is for people.
Status WriteAll(int fd, std::span<const std::byte> bytes, uint64_t offset, std::string_view path);
ObjectMeta MetaFrom(const struct stat& status, std::string_view key);
// What fstat says of an open file; kNotFound if it is a folder or anything else.
Result<ObjectMeta> MetaOf(int fd, std::string_view key, std::string_view path);

}  // namespace lakehold::storage
