// ParquetCells: the values of one vector by row, whatever its encoding: for reading files whose
// exact schema is not ours. A view: valid as long as the chunk is. Missing columns and NULLs are
// both "nothing".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "duckdb.hpp"

namespace lakehold::engine {

class ParquetCells {
 public:
  ParquetCells() = default;  // A missing column.
  ParquetCells(duckdb::Vector& vector, duckdb::idx_t count);

  // The field of a struct, missing if there is none of this name.
  ParquetCells Child(std::string_view name) const;
  bool missing() const { return vector_ == nullptr; }
  bool Has(duckdb::idx_t row) const {
    return vector_ != nullptr && format_.validity.RowIsValid(format_.sel->get_index(row));
  }

  // Nothing too if the column holds another kind of value.
  std::optional<int64_t> Integer(duckdb::idx_t row) const {
    if (!Has(row)) return std::nullopt;
    if (physical_ != duckdb::PhysicalType::INT64) return NarrowInteger(row);
    return duckdb::UnifiedVectorFormat::GetData<int64_t>(format_)[format_.sel->get_index(row)];
  }
  std::optional<bool> Boolean(duckdb::idx_t row) const;
  std::optional<std::string> Text(duckdb::idx_t row) const;
  // The same without a copy: valid as long as the chunk is.
  std::optional<std::string_view> View(duckdb::idx_t row) const {
    if (physical_ != duckdb::PhysicalType::VARCHAR || !Has(row)) return std::nullopt;
    const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(
        format_)[format_.sel->get_index(row)];
    return std::string_view(text.GetData(), text.GetSize());
  }
  // Keys and values of all maps of the column, by position; those of one row are ListRange(row).
  std::pair<ParquetCells, ParquetCells> MapEntries() const;
  std::pair<duckdb::idx_t, duckdb::idx_t> ListRange(duckdb::idx_t row) const;
  // Elements that are NULL are left out.
  std::optional<std::vector<std::string>> TextList(duckdb::idx_t row) const;
  // Entries without a key are left out.
  std::optional<std::vector<std::pair<std::string, std::optional<std::string>>>> TextMap(
      duckdb::idx_t row) const;
  // Statistics as JSON: a struct is an object of its non-NULL fields; what JSON cannot say is left
  // out. Nothing for NULL.
  std::optional<std::string> Json(duckdb::idx_t row) const;

 private:
  // Of a row that has a value.
  std::optional<int64_t> NarrowInteger(duckdb::idx_t row) const;

  duckdb::Vector* vector_ = nullptr;
  duckdb::PhysicalType physical_ = duckdb::PhysicalType::INVALID;
  duckdb::idx_t count_ = 0;
  duckdb::UnifiedVectorFormat format_;
};

}  // namespace lakehold::engine
