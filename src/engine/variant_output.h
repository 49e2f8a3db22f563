// Variants on their way out: DuckDB's VARIANT has no Arrow type, so chunks are turned to the form
// that Arrow and Parquet share, a struct of the bytes metadata and value, nested ones included.
// Externally synchronized.
//
// In an Arrow schema such a struct is the extension type "arrow.parquet.variant".
#pragma once

#include <memory>

#include "duckdb.hpp"

#include "lakehold/arrow_abi.h"

namespace lakehold::engine {

class VariantOutput {
 public:
  // For rows of `types`. `context` outlives it.
  VariantOutput(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types);
  ~VariantOutput();

  // `types` with a struct for each VARIANT.
  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }
  // The rows in types(); the same chunk where there is no variant. Throws what DuckDB throws: for
  // values that a Parquet variant cannot hold, such as an INTERVAL.
  duckdb::unique_ptr<duckdb::DataChunk> Convert(duckdb::unique_ptr<duckdb::DataChunk> chunk);
  // Marks the extension types in the schema of types().
  void Annotate(ArrowSchema& schema) const;

 private:
  struct Encoder;

  const duckdb::vector<duckdb::LogicalType> from_;
  duckdb::vector<duckdb::LogicalType> types_;
  std::unique_ptr<Encoder> encoder_;  // Null without variants.
};

}  // namespace lakehold::engine
