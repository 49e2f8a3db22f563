// DuckDbInstance: the one DuckDB of an engine, opened in memory and configured for lakes.
// Thread-safe.
//
// Nothing is ever installed or loaded at run time, and nothing is written but spill files (decision
// 10).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <duckdb.hpp>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/lake_catalog.h"
#include "engine/store_registry.h"

namespace lakehold::engine {

// Version and source id this build was made for; the C++ interface of any other is another one.
inline constexpr const char* kDuckDbVersion = "v1.5.6";
inline constexpr const char* kDuckDbSource = "069cc9f9b5";

class DuckDbInstance : public std::enable_shared_from_this<DuckDbInstance> {
 public:
  // kUnsupported "engine.wrong_duckdb" if the library in this process is another version.
  static Result<std::shared_ptr<DuckDbInstance>> Open(const Environment& environment);
  ~DuckDbInstance();

  duckdb::DatabaseInstance& database() { return *db_->instance; }
  StoreRegistry& stores() { return stores_; }
  LakeWorld& world() { return *world_; }
  // Each connection has the room's settings: UTC, Arrow types that every reader knows.
  duckdb::unique_ptr<duckdb::Connection> Connect();

  // Attaches a store under a name that all sessions of the instance see; sessions that give the
  // same store share it. Each call wants one DetachLake. kAlreadyExists "engine.name_taken" if
  // another store has the name.
  Status AttachLake(duckdb::Connection& connection, const std::string& name,
                    std::shared_ptr<storage::ObjectStore> store);
  Status DetachLake(const std::string& name);

 private:
  struct AttachedLake {
    std::shared_ptr<storage::ObjectStore> store;
    std::string handle;
    int uses = 0;
  };
  explicit DuckDbInstance(const Environment& environment);
  void Start(const Environment& environment);

  StoreRegistry stores_;
  std::shared_ptr<LakeWorld> world_;
  std::mutex
      mutex_;  // Guards lakes_; held while ATTACH and DETACH run, so that names and catalogs agree.
  std::map<std::string, AttachedLake> lakes_;  // By name in lower case.
  std::unique_ptr<duckdb::DuckDB> db_;  // Last: it goes first, while the stores are still there.
};

// The world of the instance that `context` belongs to.
const LakeWorld& WorldOf(duckdb::ClientContext& context);

}  // namespace lakehold::engine
