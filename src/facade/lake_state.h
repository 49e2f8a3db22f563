// The insides of Lake and Table, for this room alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

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

struct __attribute__((visibility("hidden"))) Table::State {
  std::string name;      // As people call it: "trips", "schema.trips".
  std::string location;  // Where it is.
  TableName qualified;   // In the session's catalog.
  delta::TableRoot root;
  std::shared_ptr<SqlSession> sql;
  std::optional<Version> pinned;

  // The pinned version, or the newest.
  Result<std::shared_ptr<const delta::Snapshot>> Snapshot() const;
  // "lake"."main"."trips" [AT (VERSION => n)].
  std::string FromClause() const;
};

}  // namespace lakehold
