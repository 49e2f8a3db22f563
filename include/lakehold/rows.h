// Rows: the result of one statement. Movable; externally synchronized.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lakehold/arrow_abi.h"
#include "lakehold/export.h"
#include "lakehold/report.h"
#include "lakehold/result.h"

namespace lakehold {

namespace engine {
class Query;
}

// A SELECT is bound when made, its tables pinned, and runs at each Open; DML and DDL ran already.
class LAKEHOLD_EXPORT Rows {
 public:
  // `interrupt` stops the session the query belongs to.
  explicit Rows(std::shared_ptr<engine::Query> query, std::function<void()> interrupt = {});
  ~Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;

  const std::vector<ColumnDescription>& columns() const;
  // An Arrow C stream of record batches, owned by the caller. May be called again, unless a
  // one-shot input was consumed (kInvalid "engine.consumed").
  Status Open(ArrowArrayStream* out, int64_t batch_rows = 122'880);
  // How many rows the statement changed; -1 for a SELECT.
  int64_t changed_rows() const;
  // Stops what runs of this result, and of its session, on another thread. Thread-safe.
  void Interrupt() const;

 private:
  std::shared_ptr<engine::Query> query_;
  std::function<void()> interrupt_;
};

}  // namespace lakehold
