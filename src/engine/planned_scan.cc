#include "engine/planned_scan.h"

#include <utility>
#include <vector>

#include "duckdb/common/multi_file/multi_file_states.hpp"

#include "delta/pruning.h"
#include "engine/predicate_translation.h"

namespace lakehold::engine {

bool PlannedFilters::AllRowsOf(delta::FileOrdinal ordinal) const {
  const auto truth = delta::Evaluate(predicate_, snapshot_->files(), ordinal);
  return !truth.can_be_false && !truth.can_be_null;
}

std::optional<PlannedScan> PlannedScan::Of(duckdb::LogicalOperator& op) {
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_GET) return std::nullopt;
  auto& get = op.Cast<duckdb::LogicalGet>();
  if (get.function.name != kLakeScanFunction || !get.bind_data || !get.children.empty() ||
      get.extra_info.sample_options || get.ordinality_idx.IsValid()) {
    return std::nullopt;
  }
  PlannedScan scan(get);
  // What this build must not read is refused when its scan starts: no answer may come before that.
  if (!scan.files().scan().readable) return std::nullopt;
  return scan;
}

const LakeFileList& PlannedScan::files() const {
  return get_->bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<LakeFileList>();
}

PlannedFilters PlannedScan::Filters(duckdb::ClientContext& context) const {
  std::vector<delta::Predicate> all;
  for (const auto& [column, filter] : get_->table_filters.filters) {
    // What is optional only speeds up.
    if (filter->filter_type == duckdb::TableFilterType::OPTIONAL_FILTER) continue;
    all.push_back(TranslateFilter(context, *filter, snapshot(), column));
  }
  return {files().scan().snapshot,
          all.empty() ? delta::Predicate::Constant(true) : delta::Predicate::And(std::move(all))};
}

std::optional<size_t> PlannedScan::ColumnOf(const duckdb::ColumnBinding& binding) const {
  const auto& ids = get_->GetColumnIds();
  if (binding.table_index != get_->table_index || binding.column_index >= ids.size())
    return std::nullopt;
  const auto& id = ids[binding.column_index];
  if (!id.HasPrimaryIndex() || id.IsVirtualColumn() || id.HasChildren() || id.IsPushdownExtract())
    return std::nullopt;
  const size_t column = id.GetPrimaryIndex();
  return column < snapshot().schema().fields.size() ? std::optional(column) : std::nullopt;
}

void PlannedScan::Keep(delta::FileOrdinals files, int64_t ScanReport::*reason) const {
  auto& bound = get_->bind_data->Cast<duckdb::MultiFileBindData>();
  bound.file_list = this->files().Only(std::move(files), reason);
}

}  // namespace lakehold::engine
