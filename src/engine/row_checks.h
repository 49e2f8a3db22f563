// RowChecks: what rows must satisfy before they are written: NOT NULL, exact nanoseconds, an
// overwrite's condition. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "duckdb.hpp"

#include "base/result.h"
#include "delta/predicate.h"
#include "delta/schema.h"

namespace lakehold::engine {

// NOT NULL at top level and in structs, lists and maps. All violations of a statement are counted,
// so that one error tells how many.
class NotNullCheck {
 public:
  explicit NotNullCheck(const delta::Schema& schema);
  // False if this chunk, or one before, broke a rule: its rows need not be written.
  bool Check(duckdb::DataChunk& rows);
  // kInvalid "sql.not_null" names the column and the number of rows.
  Status Result(std::string_view table) const;

 private:
  struct Rule;
  static int64_t Broken(const Rule& rule, duckdb::DataChunk& rows);

  std::vector<std::shared_ptr<Rule>> rules_;
  std::atomic<bool> broken_{false};
};

// Nanoseconds that a microsecond cannot hold, in a column stored as timestamp: kInvalid
// "types.inexact".
Status CheckWholeMicroseconds(duckdb::Vector& nanoseconds, duckdb::idx_t count,
                              std::string_view column);

// Whether the rows of a partition satisfy the condition of an overwrite: kInvalid
// "txn.overwrite_mismatch" names the values.
Status CheckPartitionMatches(const delta::Predicate& where,
                             const std::vector<delta::Field>& partition_fields,
                             const std::vector<delta::Scalar>& values);

}  // namespace lakehold::engine
