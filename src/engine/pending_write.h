// PendingWrite: what a session asks of the statement it runs next, beside its SQL. Externally
// synchronized with its ClientContext, which owns it.
//
// The session fills it before the statement and clears it afterwards, whatever happened. Read by
// modify_sink.cc.
#pragma once

#include <memory>
#include <optional>

#include "duckdb.hpp"
#include "duckdb/main/client_context_state.hpp"

#include "delta/predicate.h"
#include "lakehold/input.h"

namespace lakehold::engine {

struct Overwrite {
  std::optional<delta::Predicate> where;  // On partition columns; nothing: the whole table.
};

class PendingWrite final : public duckdb::ClientContextState {
 public:
  // The one of this context, made at the first call.
  static PendingWrite& Of(duckdb::ClientContext& context);

  // The next INSERT replaces what is there. Its rows must satisfy `where`.
  std::optional<Overwrite> overwrite;
  // Of the data files of every statement, until the session says otherwise.
  FileOptions files;
};

}  // namespace lakehold::engine
