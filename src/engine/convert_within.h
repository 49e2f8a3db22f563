// ConvertWithin: rows of a nested type become rows of another that differs only in some leaves.
#pragma once

#include <cstring>

#include "duckdb.hpp"

namespace lakehold::engine {

// Calls leaf(in, out, count) for each part where one side is a VARIANT and the other is not; `in`
// is flat there. All else is shared between the two. `out` is flat and has room for `count` rows.
template <typename Leaf>
void ConvertWithin(duckdb::Vector& in, duckdb::Vector& out, duckdb::idx_t count, Leaf& leaf) {
  using duckdb::FlatVector;
  using duckdb::LogicalTypeId;
  if (in.GetType() == out.GetType()) {
    out.Reference(in);
    return;
  }
  in.Flatten(count);
  const auto id = in.GetType().id();
  if (id == LogicalTypeId::VARIANT || out.GetType().id() == LogicalTypeId::VARIANT)
    return leaf(in, out, count);
  FlatVector::SetValidity(out, FlatVector::Validity(in));
  if (id == LogicalTypeId::STRUCT) {
    auto& from = duckdb::StructVector::GetEntries(in);
    auto& to = duckdb::StructVector::GetEntries(out);
    for (size_t i = 0; i < from.size(); ++i) ConvertWithin(*from[i], *to[i], count, leaf);
    return;
  }
  if (id == LogicalTypeId::ARRAY) {
    ConvertWithin(duckdb::ArrayVector::GetEntry(in), duckdb::ArrayVector::GetEntry(out),
                  count * duckdb::ArrayType::GetSize(in.GetType()), leaf);
    return;
  }
  // A list, or a map, which is one of pairs.
  const auto all = duckdb::ListVector::GetListSize(in);
  std::memcpy(FlatVector::GetData<duckdb::list_entry_t>(out),
              FlatVector::GetData<duckdb::list_entry_t>(in), count * sizeof(duckdb::list_entry_t));
  duckdb::ListVector::Reserve(out, all);
  duckdb::ListVector::SetListSize(out, all);
  ConvertWithin(duckdb::ListVector::GetEntry(in), duckdb::ListVector::GetEntry(out), all, leaf);
}

}  // namespace lakehold::engine
