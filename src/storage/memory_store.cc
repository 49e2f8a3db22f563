#include "storage/memory_store.h"

#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "storage/key.h"

namespace lakehold::storage {
namespace {

using Content = std::shared_ptr<const std::string>;

// One object, named or not. Guarded by the store's mutex once it is published.
struct Object {
  Content content;
  bool bytes_settled = false;
  bool name_settled = false;
  bool named = false;
  ObjectMeta meta;
};

Result<Bytes> Slice(std::string_view key, const std::string& content,
                    const std::optional<ByteRange>& range) {
  const ByteRange wanted = range.value_or(ByteRange{0, content.size()});
  if (wanted.offset > content.size() || wanted.length > content.size() - wanted.offset) {
    return Invalid("storage.bad_range", fmt::format("'{}' has {} bytes, not {} from {}", key,
                                                    content.size(), wanted.length, wanted.offset));
  }
  return Bytes::CopyOf(std::string_view(content).substr(wanted.offset, wanted.length));
}

class MemoryReader : public ObjectReader {
 public:
  MemoryReader(ObjectMeta meta, Content content)
      : meta_(std::move(meta)), content_(std::move(content)) {}
  const ObjectMeta& meta() const override { return meta_; }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    if (offset > content_->size() || into.size() > content_->size() - offset) {
      return IoError("storage.short_read",
                     fmt::format("'{}' has {} bytes, not {} from {}", meta_.key, content_->size(),
                                 into.size(), offset));
    }
    if (!into.empty()) std::memcpy(into.data(), content_->data() + offset, into.size());
    return {};
  }

 private:
  const ObjectMeta meta_;
  const Content content_;
};

class MemoryStaged : public Staged {
 public:
  explicit MemoryStaged(std::string content) : object_(std::make_shared<Object>()) {
    object_->content = std::make_shared<const std::string>(std::move(content));
  }
  uint64_t size_bytes() const override { return object_->content->size(); }
  Status Rewrite(std::span<const std::byte> bytes) override {
    if (object_->named)
      return Internal("storage.already_published", "this object already has a name");
    object_->content = std::make_shared<const std::string>(
        reinterpret_cast<const char*>(bytes.data()), bytes.size());
    object_->bytes_settled = false;
    return {};
  }
  const std::shared_ptr<Object>& object() const { return object_; }

 private:
  const std::shared_ptr<Object> object_;
};

class MemorySink : public ObjectSink {
 public:
  Status Write(std::span<const std::byte> bytes) override {
    if (finished_) return Internal("storage.sink_finished", "a sink was written to after Finish");
    content_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    size_ += bytes.size();
    return {};
  }
  uint64_t size_bytes() const override { return size_; }
  Result<std::unique_ptr<Staged>> Finish() override {
    if (finished_) return Internal("storage.sink_finished", "a sink was finished twice");
    finished_ = true;
    return std::unique_ptr<Staged>(std::make_unique<MemoryStaged>(std::move(content_)));
  }

 private:
  std::string content_;
  uint64_t size_ = 0;
  bool finished_ = false;
};

// Leaves out what went away after the listing began, as a folder on disk does.
class MemoryLister : public ObjectLister {
 public:
  MemoryLister(std::vector<ObjectMeta> metas, std::function<bool(const std::string&)> is_there)
      : metas_(std::move(metas)), is_there_(std::move(is_there)) {}
  Result<std::optional<ObjectMeta>> Next() override {
    while (next_ < metas_.size()) {
      ObjectMeta& meta = metas_[next_++];
      if (is_there_(meta.key)) return std::optional<ObjectMeta>(std::move(meta));
    }
    return std::optional<ObjectMeta>();
  }

 private:
  std::vector<ObjectMeta> metas_;
  const std::function<bool(const std::string&)> is_there_;
  size_t next_ = 0;
};

Error NoObject(std::string_view key) {
  return NotFound("storage.not_found", fmt::format("there is no object '{}'", key),
                  "Check the name");
}
Error Taken(std::string_view key) {
  return AlreadyExists("storage.exists", fmt::format("'{}' exists already", key),
                       "Pick another name");
}

class MapStore : public MemoryStore, public std::enable_shared_from_this<MapStore> {
 public:
  explicit MapStore(Clock& clock) : clock_(clock) {}

  Result<ObjectMeta> Head(std::string_view key) override {
    LAKEHOLD_TRY(CheckKey(key));
    std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return NoObject(key);
    return found->second->meta;
  }

  Result<Bytes> Get(std::string_view key, std::optional<ByteRange> range) override {
    LAKEHOLD_ASSIGN(auto named, Find(key));
    return Slice(key, *named.second, range);
  }

  Result<std::unique_ptr<ObjectReader>> OpenReader(std::string_view key) override {
    LAKEHOLD_ASSIGN(auto named, Find(key));
    return std::unique_ptr<ObjectReader>(
        std::make_unique<MemoryReader>(std::move(named.first), std::move(named.second)));
  }

  Result<std::unique_ptr<ObjectSink>> OpenSink(std::string_view folder) override {
    LAKEHOLD_TRY(CheckFolder(folder));
    std::lock_guard lock(mutex_);
    LAKEHOLD_TRY(MakeFolders(folder));
    return std::unique_ptr<ObjectSink>(std::make_unique<MemorySink>());
  }

  Status SettleBytes(std::span<Staged* const> staged) override {
    std::lock_guard lock(mutex_);
    for (Staged* one : staged) {
      auto* mine = dynamic_cast<MemoryStaged*>(one);
      if (mine == nullptr) return Foreign();
      mine->object()->bytes_settled = true;
    }
    return {};
  }

  Result<ObjectMeta> Publish(Staged& staged, std::string_view key) override {
    LAKEHOLD_TRY(CheckKey(key));
    auto* mine = dynamic_cast<MemoryStaged*>(&staged);
    if (mine == nullptr) return Foreign();
    std::lock_guard lock(mutex_);
    if (mine->object()->named)
      return Internal("storage.already_published", "this object already has a name");
    LAKEHOLD_TRY(MakeFolders(FolderOf(key)));
    if (objects_.contains(key) || folders_.contains(key)) return Taken(key);
    return Put(key, mine->object());
  }

  Status SettleNames(std::span<const std::string> folders) override {
    for (const std::string& folder : folders) LAKEHOLD_TRY(CheckFolder(folder));
    std::lock_guard lock(mutex_);
    for (const std::string& folder : folders) {
      const std::string below = folder.empty() ? "" : folder + "/";
      for (auto it = objects_.lower_bound(below);
           it != objects_.end() && it->first.starts_with(below); ++it) {
        if (FolderOf(it->first) == folder) it->second->name_settled = true;
      }
    }
    return {};
  }

  Status PutHint(std::string_view key, std::span<const std::byte> bytes) override {
    LAKEHOLD_TRY(CheckKey(key));
    std::lock_guard lock(mutex_);
    LAKEHOLD_TRY(MakeFolders(FolderOf(key)));
    if (folders_.contains(key))
      return Invalid("storage.is_a_folder", fmt::format("'{}' is a folder", key),
                     "Pick another name");
    auto object = std::make_shared<Object>();
    object->content = std::make_shared<const std::string>(
        reinterpret_cast<const char*>(bytes.data()), bytes.size());
    objects_.erase(std::string(key));
    static_cast<void>(Put(key, object));
    return {};
  }

  Result<std::unique_ptr<ObjectLister>> List(std::string_view prefix,
                                             std::string_view start_after) override {
    LAKEHOLD_TRY(CheckPrefix(prefix));
    std::vector<ObjectMeta> metas;
    std::lock_guard lock(mutex_);
    auto it =
        start_after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(start_after);
    for (; it != objects_.end() && it->first.starts_with(prefix); ++it)
      metas.push_back(it->second->meta);
    return std::unique_ptr<ObjectLister>(std::make_unique<MemoryLister>(
        std::move(metas), [store = shared_from_this()](const std::string& listed) {
          std::lock_guard locked(store->mutex_);
          return store->objects_.contains(listed);
        }));
  }

  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    LAKEHOLD_TRY(CheckFolder(folder));
    std::vector<std::string> names;
    std::lock_guard lock(mutex_);
    for (const std::string& one : folders_) {
      if (FolderOf(one) == folder) names.emplace_back(NameOf(one));
    }
    return names;  // Folders of one parent are in byte order among each other.
  }

  Status Delete(std::string_view key) override {
    LAKEHOLD_TRY(CheckKey(key));
    std::lock_guard lock(mutex_);
    objects_.erase(std::string(key));
    return {};
  }

  Status MoveFolder(std::string_view from, std::string_view to) override;

  void LoseUnsettled() override {
    std::lock_guard lock(mutex_);
    for (auto it = objects_.begin(); it != objects_.end();) {
      Object& object = *it->second;
      if (!object.name_settled) {
        it = objects_.erase(it);
        continue;
      }
      if (!object.bytes_settled) {
        object.content = std::make_shared<const std::string>();
        object.meta.size_bytes = 0;
      }
      ++it;
    }
  }
  void SetNamesSettleInOrder(bool in_order) override {
    std::lock_guard lock(mutex_);
    in_order_ = in_order;
  }
  bool NamesSettleInOrder() const override {
    std::lock_guard lock(mutex_);
    return in_order_;
  }
  bool IsLocal() const override { return true; }
  // Two stores in memory are never the same place, whatever caches by URI.
  std::string_view uri() const override { return uri_; }

 private:
  static Error Foreign() {
    return Internal("storage.foreign_staged", "the staged object belongs to another store");
  }

  Result<std::pair<ObjectMeta, Content>> Find(std::string_view key) {
    LAKEHOLD_TRY(CheckKey(key));
    std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return NoObject(key);
    return std::pair(found->second->meta, found->second->content);
  }

  Status MakeFolders(std::string_view folder) {
    for (std::string_view at = folder; !at.empty(); at = FolderOf(at)) {
      if (objects_.contains(at)) {
        return Invalid("storage.not_a_folder", fmt::format("'{}' is an object, not a folder", at),
                       "Pick another path");
      }
    }
    for (std::string_view at = folder; !at.empty(); at = FolderOf(at)) folders_.emplace(at);
    return {};
  }

  ObjectMeta Put(std::string_view key, std::shared_ptr<Object> object) {
    object->named = true;
    object->meta = {std::string(key), object->content->size(), clock_.NowMs() * 1'000'000,
                    fmt::format("m{}", ++births_)};
    ObjectMeta meta = object->meta;
    objects_.emplace(key, std::move(object));
    return meta;
  }

  Clock& clock_;
  const std::string uri_ = fmt::format("memory:{}", fmt::ptr(this));
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Object>, std::less<>> objects_;
  std::set<std::string, std::less<>> folders_;
  uint64_t births_ = 0;
  bool in_order_ = true;
};

Status MapStore::MoveFolder(std::string_view from, std::string_view to) {
  LAKEHOLD_TRY(CheckKey(from));
  LAKEHOLD_TRY(CheckKey(to));
  const std::string below = fmt::format("{}/", from);
  if (to.starts_with(below)) {
    return Invalid("storage.bad_move",
                   fmt::format("'{}' cannot move into itself, to '{}'", from, to),
                   "Pick another name");
  }
  std::lock_guard lock(mutex_);
  if (!folders_.contains(from)) return NoObject(from);
  LAKEHOLD_TRY(MakeFolders(FolderOf(to)));
  if (objects_.contains(to) || folders_.contains(to)) return Taken(to);
  const auto moved = [&](std::string_view name) {
    return fmt::format("{}{}", to, name.substr(from.size()));
  };
  for (auto it = objects_.lower_bound(below);
       it != objects_.end() && it->first.starts_with(below);) {
    std::shared_ptr<Object> object = it->second;
    object->meta.key = moved(it->first);
    it = objects_.erase(it);
    std::string key = object->meta.key;
    objects_.emplace(std::move(key), std::move(object));
  }
  std::vector<std::string> folders = {std::string(from)};
  for (auto it = folders_.lower_bound(below); it != folders_.end() && it->starts_with(below); ++it)
    folders.push_back(*it);
  for (const std::string& folder : folders) {
    folders_.erase(folder);
    folders_.insert(moved(folder));
  }
  return {};
}

}  // namespace

std::shared_ptr<MemoryStore> NewMemoryStore(Clock& clock) {
  return std::make_shared<MapStore>(clock);
}

}  // namespace lakehold::storage
