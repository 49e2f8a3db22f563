// VectorCells: the deletion vectors that the rows of a checkpoint name. A view, as the cells are.
#pragma once

#include <optional>
#include <utility>

#include "delta/action.h"
#include "engine/parquet_cells.h"

namespace lakehold::engine {

struct VectorCells {
  explicit VectorCells(const ParquetCells& all)
      : storage_type(all.Child("storageType")),
        path_or_inline(all.Child("pathOrInlineDv")),
        offset(all.Child("offset")),
        size(all.Child("sizeInBytes")),
        cardinality(all.Child("cardinality")) {}
  ParquetCells storage_type, path_or_inline, offset, size, cardinality;

  // Some writers give a struct of NULLs where there is no vector.
  std::optional<delta::DeletionVectorDescriptor> Read(duckdb::idx_t row) const {
    auto type = storage_type.Text(row);
    if (!type) return std::nullopt;
    const auto from = offset.Integer(row);
    return delta::DeletionVectorDescriptor{
        *std::move(type), path_or_inline.Text(row).value_or(""),
        from ? std::optional(static_cast<int32_t>(*from)) : std::nullopt,
        static_cast<int32_t>(size.Integer(row).value_or(0)), cardinality.Integer(row).value_or(0)};
  }
};

}  // namespace lakehold::engine
