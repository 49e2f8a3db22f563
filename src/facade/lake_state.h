// The insides of Lake and Table, for this room alone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "delta/snapshot.h"
#include "delta/table_root.h"
#include "facade/location.h"
#include "facade/sql_session.h"
#include "lakehold/lake.h"
#include "lakehold/table.h"

namespace lakehold {

struct __attribute__((visibility("hidden"))) Lake::State {
  State(std::string where, std::shared_ptr<storage::ObjectStore> store, const OpenOptions& with)
      : location(std::move(where)),
        options(with),
        sql(std::make_shared<SqlSession>(std::move(store))) {}
  std::string location;
  OpenOptions options;
  std::shared_ptr<SqlSession> sql;
};

// The snapshot a handle saw last. A copied handle has seen nothing yet. Thread-safe.
class LastSeen {
 public:
  LastSeen() = default;
  LastSeen(const LastSeen&) {}
  LastSeen& operator=(const LastSeen&) = delete;
  void Set(std::shared_ptr<const delta::Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  std::shared_ptr<const delta::Snapshot> Get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const delta::Snapshot> snapshot_;
};

struct __attribute__((visibility("hidden"))) Table::State {
  std::string name;      // As people call it: "trips", "schema.trips".
  std::string location;  // Where it is.
  TableName qualified;   // In the session's catalog.
  delta::TableRoot root;
  std::shared_ptr<SqlSession> sql;
  std::optional<Version> pinned;
  mutable LastSeen seen;

  // kUnsupported "delta.catalog_managed" if the handle reads what a catalog ratified.
  Status CheckWritable() const;
  // The pinned version, or the newest.
  Result<std::shared_ptr<const delta::Snapshot>> Snapshot() const;
  // The answer; an error also tells which table, where and at which version it is about.
  template <typename T>
  Result<T> Told(Result<T> answer) const {
    if (answer.ok()) return answer;
    return About(std::move(answer).error());
  }
  Error About(Error error) const;
  // "lake"."main"."trips" [AT (VERSION => n)].
  std::string FromClause() const;
};

}  // namespace lakehold
