// Rows of DuckDB as an Arrow C stream of record batches, in types every reader knows.
#pragma once

#include <memory>

#include <duckdb.hpp>

#include "lakehold/arrow_abi.h"

namespace lakehold::engine {

// Where a stream's rows come from. Used by one thread at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual const duckdb::vector<std::string>& names() const = 0;
  virtual const duckdb::vector<duckdb::LogicalType>& types() const = 0;
  virtual duckdb::ClientProperties properties() const = 0;
  // The next rows, null or empty at the end. Throws what DuckDB throws.
  virtual duckdb::unique_ptr<duckdb::DataChunk> Fetch() = 0;
};

// Batches of `batch_rows` rows (fewer where their text would not fit 32-bit offsets). get_next
// fails with an errno by the error's kind and "message. hint [reason]" as its text; it fails the
// same way from then on.
void ExportRows(std::shared_ptr<RowSource> rows, int64_t batch_rows, ArrowArrayStream* out);

}  // namespace lakehold::engine
