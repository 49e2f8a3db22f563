#include "engine/store_registry.h"

#include "base/uuid.h"

namespace lakehold::engine {

std::string StoreRegistry::Add(std::shared_ptr<storage::ObjectStore> store) {
  std::lock_guard lock(mutex_);
  for (const auto& [handle, known] : stores_) {
    if (known == store) return handle;
  }
  std::string handle = NewUuid(random_);
  stores_.emplace(handle, std::move(store));
  return handle;
}

std::shared_ptr<storage::ObjectStore> StoreRegistry::Find(std::string_view handle) const {
  std::lock_guard lock(mutex_);
  auto found = stores_.find(handle);
  return found == stores_.end() ? nullptr : found->second;
}

void StoreRegistry::Remove(std::string_view handle) {
  std::lock_guard lock(mutex_);
  auto found = stores_.find(handle);
  if (found != stores_.end()) stores_.erase(found);
}

std::string StoreRegistry::PathOf(std::string_view handle, std::string_view key) {
  std::string path(kScheme);
  path.append(handle).append("/").append(key);
  return path;
}

std::optional<StoreRegistry::Location> StoreRegistry::Split(std::string_view path) {
  if (path.substr(0, kScheme.size()) != kScheme) return std::nullopt;
  path.remove_prefix(kScheme.size());
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return Location{std::string(path), {}};
  return Location{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

}  // namespace lakehold::engine
