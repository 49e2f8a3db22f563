#include "engine/store_registry.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

namespace lakehold::engine {

std::string StoreRegistry::Register(std::shared_ptr<storage::ObjectStore> store) {
  std::lock_guard lock(mutex_);
  for (auto& [handle, entry] : stores_) {
    if (entry.store == store) {
      ++entry.uses;
      return handle;
    }
  }
  std::string handle = fmt::format("s{}", next_++);
  stores_.emplace(handle, Entry{std::move(store), 1});
  return handle;
}

void StoreRegistry::Unregister(std::string_view handle) {
  // Declared before the lock: stores and staged objects close files when they go, which is no work
  // under a leaf mutex.
  std::shared_ptr<storage::ObjectStore> store;
  std::vector<std::unique_ptr<storage::Staged>> staged;
  std::lock_guard lock(mutex_);
  auto found = stores_.find(handle);
  if (found == stores_.end() || --found->second.uses > 0) return;
  store = std::move(found->second.store);
  stores_.erase(found);
  const std::string prefix = PathOf(handle, "");
  for (auto it = staged_.lower_bound(prefix);
       it != staged_.end() && it->first.starts_with(prefix);) {
    staged.push_back(std::move(it->second));
    it = staged_.erase(it);
  }
}

Result<std::shared_ptr<storage::ObjectStore>> StoreRegistry::Find(std::string_view handle) const {
  std::lock_guard lock(mutex_);
  auto found = stores_.find(handle);
  if (found == stores_.end()) {
    return NotFound("engine.unknown_store", fmt::format("no store is open as \"{}\"", handle));
  }
  return found->second.store;
}

Result<StoreLocation> StoreRegistry::Resolve(std::string_view path) const {
  const bool staged = path.starts_with(kStagedScheme);
  if (!staged && !path.starts_with(kStoreScheme)) {
    return Invalid("engine.bad_path",
                   fmt::format("\"{}\" does not start with {}", path, kStoreScheme));
  }
  const std::string_view rest = path.substr(staged ? kStagedScheme.size() : kStoreScheme.size());
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return Invalid("engine.bad_path", fmt::format("\"{}\" names no object", path));
  }
  LAKEHOLD_ASSIGN(auto store, Find(rest.substr(0, slash)));
  return StoreLocation{std::move(store), std::string(rest.substr(slash + 1))};
}

std::string StoreRegistry::PathOf(std::string_view handle, std::string_view key) {
  return fmt::format("{}{}/{}", kStoreScheme, handle, key);
}

std::string StoreRegistry::StagedPathOf(std::string_view handle, std::string_view key) {
  return fmt::format("{}{}/{}", kStagedScheme, handle, key);
}

void StoreRegistry::KeepStaged(std::string_view path, std::unique_ptr<storage::Staged> staged) {
  std::unique_ptr<storage::Staged> replaced;
  std::lock_guard lock(mutex_);
  replaced = std::exchange(staged_[std::string(path)], std::move(staged));
}

std::unique_ptr<storage::Staged> StoreRegistry::TakeStaged(std::string_view path) {
  std::lock_guard lock(mutex_);
  auto found = staged_.find(path);
  if (found == staged_.end()) return nullptr;
  auto staged = std::move(found->second);
  staged_.erase(found);
  return staged;
}

}  // namespace lakehold::engine
