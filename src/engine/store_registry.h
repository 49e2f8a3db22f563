// StoreRegistry: the stores DuckDB may reach, by handle, and the objects it has staged.
// Thread-safe. No DuckDB here.
//
// A path of the bridge is "lakehold://<handle>/<key>". Next: store_file_system.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/object_store.h"

namespace lakehold::engine {

inline constexpr std::string_view kStoreScheme = "lakehold://";
// "lakehold-staged://<handle>/<key>": written, but left without a name at Close: its writer
// publishes it.
inline constexpr std::string_view kStagedScheme = "lakehold-staged://";
// `ATTACH 'lakehold-store:<handle>' AS name (TYPE lakehold)`.
inline constexpr std::string_view kAttachPrefix = "lakehold-store:";

struct StoreLocation {
  std::shared_ptr<storage::ObjectStore> store;
  std::string key;
};

class StoreRegistry {
 public:
  // The store's handle: the same one while it stays registered. Each call wants one Unregister.
  std::string Register(std::shared_ptr<storage::ObjectStore> store);
  void Unregister(std::string_view handle);
  // kNotFound "engine.unknown_store".
  Result<std::shared_ptr<storage::ObjectStore>> Find(std::string_view handle) const;
  // The store and key behind a path; kInvalid "engine.bad_path" if it is none of ours.
  Result<StoreLocation> Resolve(std::string_view path) const;

  // "lakehold://<handle>/<key>".
  static std::string PathOf(std::string_view handle, std::string_view key);
  // "lakehold-staged://<handle>/<key>".
  static std::string StagedPathOf(std::string_view handle, std::string_view key);

  // The bridge leaves what it published here, under its path, for the writer that must settle it.
  // At most one a path; what nobody takes is dropped with the registration of its store.
  void KeepStaged(std::string_view path, std::unique_ptr<storage::Staged> staged);
  // Null if there is none.
  std::unique_ptr<storage::Staged> TakeStaged(std::string_view path);

 private:
  struct Entry {
    std::shared_ptr<storage::ObjectStore> store;
    int uses = 0;
  };

  mutable std::mutex mutex_;  // Guards what follows.
  uint64_t next_ = 1;
  std::map<std::string, Entry, std::less<>> stores_;
  std::map<std::string, std::unique_ptr<storage::Staged>, std::less<>> staged_;
};

}  // namespace lakehold::engine
