// StoreRegistry: the stores DuckDB may reach, by handle. Thread-safe. Paths are "lakehold://<handle>/<key>".
//
// Filled by sessions and ATTACH, asked by the file system (store_file_system.h) and the catalogs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "storage/object_store.h"

namespace lakehold::engine {

class StoreRegistry {
 public:
  static constexpr std::string_view kScheme = "lakehold://";

  // `random` outlives the registry: handles cannot be guessed.
  explicit StoreRegistry(Random& random) : random_(random) {}

  // The store's handle; the same store gets the same one.
  std::string Add(std::shared_ptr<storage::ObjectStore> store);
  // Null if there is none.
  std::shared_ptr<storage::ObjectStore> Find(std::string_view handle) const;
  // Open readers keep their store alive; new lookups fail.
  void Remove(std::string_view handle);

  static std::string PathOf(std::string_view handle, std::string_view key);
  struct Location {
    std::string handle;
    std::string key;
  };
  // Nothing if `path` is not of our scheme.
  static std::optional<Location> Split(std::string_view path);

 private:
  Random& random_;
  mutable std::mutex mutex_;  // Guards stores_.
  std::map<std::string, std::shared_ptr<storage::ObjectStore>, std::less<>> stores_;
};

}  // namespace lakehold::engine
