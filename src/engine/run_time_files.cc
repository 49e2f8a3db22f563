#include "engine/run_time_files.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/dynamic_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"

#include "delta/file_bounds.h"
#include "delta/predicate.h"
#include "delta/pruning.h"
#include "engine/predicate_translation.h"

namespace lakehold::engine {
namespace {

using delta::FileOrdinal;
using delta::Scalar;
using duckdb::TableFilter;
using duckdb::TableFilterType;

// How a filter that changes wants its column: small or large values, NULLs or none.
struct Wish {
  bool ascending = true;
  bool nulls_first = false;
};

std::optional<Wish> WishOf(const TableFilter& filter) {
  switch (filter.filter_type) {
    case TableFilterType::DYNAMIC_FILTER: {
      const auto& data = filter.Cast<duckdb::DynamicFilter>().filter_data;
      if (!data) return std::nullopt;
      std::lock_guard<duckdb::mutex> lock(data->lock);
      if (!data->filter || data->filter->filter_type != TableFilterType::CONSTANT_COMPARISON)
        return std::nullopt;
      switch (data->filter->Cast<duckdb::ConstantFilter>().comparison_type) {
        case duckdb::ExpressionType::COMPARE_LESSTHAN:
        case duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO:
          return Wish{true, false};
        case duckdb::ExpressionType::COMPARE_GREATERTHAN:
        case duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO:
          return Wish{false, false};
        default:
          return std::nullopt;
      }
    }
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child ? WishOf(*child) : std::nullopt;
    }
    case TableFilterType::CONJUNCTION_OR: {
      // x IS NULL OR x < bound.
      auto wish = std::optional<Wish>();
      bool nulls = false;
      for (const auto& child : filter.Cast<duckdb::ConjunctionOrFilter>().child_filters) {
        if (child->filter_type == TableFilterType::IS_NULL) nulls = true;
        if (auto one = WishOf(*child)) wish = one;
      }
      if (wish) wish->nulls_first = nulls;
      return wish;
    }
    case TableFilterType::CONJUNCTION_AND:
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        if (auto wish = WishOf(*child)) return wish;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// Where a file stands in the order: those that must be opened whatever comes, so that they tighten
// the bound for the others; those with a bound, best first; those that cannot win.
struct Place {
  enum Rank { kMustBeOpened, kBounded, kHopeless };
  FileOrdinal ordinal = 0;
  Rank rank = kMustBeOpened;
  Scalar bound;
};

bool IsOrdered(const Scalar& value) {
  return !delta::IsNull(value) && delta::Compare(value, value);
}

}  // namespace

std::shared_ptr<RunTimeFiles> RunTimeFiles::Of(duckdb::ClientContext& context,
                                               std::shared_ptr<const LakeScan> scan,
                                               const delta::FileOrdinals& files,
                                               const duckdb::TableFilterSet& filters,
                                               std::vector<std::optional<size_t>> columns) {
  std::shared_ptr<RunTimeFiles> running(
      new RunTimeFiles(context, std::move(scan), files, filters, std::move(columns)));
  return running->filters_->filters.empty() ? nullptr : running;
}

RunTimeFiles::RunTimeFiles(duckdb::ClientContext& context, std::shared_ptr<const LakeScan> scan,
                           const delta::FileOrdinals& files, const duckdb::TableFilterSet& filters,
                           std::vector<std::optional<size_t>> columns)
    : context_(context),
      scan_(std::move(scan)),
      columns_(std::move(columns)),
      filters_(duckdb::make_uniq<duckdb::TableFilterSet>()) {
  for (const auto& [position, filter] : filters.filters) {
    if (position < columns_.size() && columns_[position] && WishOf(*filter))
      filters_->filters.emplace(position, filter->Copy());
  }
  if (filters_->filters.empty()) return;
  order_ = files;
  Sort();
}

void RunTimeFiles::Sort() {
  const auto& [position, filter] = *filters_->filters.begin();
  const auto wish = WishOf(*filter);
  const auto& snapshot = *scan_->snapshot;
  const auto column = delta::FindColumn(snapshot.schema(), snapshot.metadata().partition_columns,
                                        {snapshot.schema().fields[*columns_[position]].name});
  if (!wish || !column) return;
  const auto bounds = delta::BoundsOfEach(snapshot.files(), order_, *column);
  std::vector<Place> places;
  places.reserve(order_.size());
  for (size_t i = 0; i < order_.size(); ++i) {
    Place place{order_[i], Place::kMustBeOpened, {}};
    if (!wish->nulls_first || !bounds[i].may_be_null) {
      place.bound = wish->ascending ? bounds[i].min : bounds[i].max;
      if (!bounds[i].may_be_value) {
        place.rank = Place::kHopeless;
      } else if (IsOrdered(place.bound)) {
        place.rank = Place::kBounded;
      }
    }
    places.push_back(std::move(place));
  }
  std::stable_sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    if (a.rank != b.rank || a.rank != Place::kBounded) return a.rank < b.rank;
    const auto order = delta::Compare(a.bound, b.bound);
    return order && (wish->ascending ? *order < 0 : *order > 0);
  });
  for (size_t i = 0; i < places.size(); ++i) order_[i] = places[i].ordinal;
}

std::optional<FileOrdinal> RunTimeFiles::Next() {
  if (next_ == order_.size()) return std::nullopt;
  const auto now = TranslateFilters(context_, *filters_, *scan_->snapshot, columns_);
  while (next_ < order_.size()) {
    const auto ordinal = order_[next_++];
    if (now.kind != delta::PredicateKind::kUnknown &&
        !delta::Evaluate(now, scan_->snapshot->files(), ordinal).can_be_true) {
      ++skipped_;
      continue;
    }
    std::lock_guard lock(mutex_);
    opened_.push_back(ordinal);
    return ordinal;
  }
  return std::nullopt;
}

std::optional<FileOrdinal> RunTimeFiles::At(size_t i) const {
  std::lock_guard lock(mutex_);
  return i < opened_.size() ? std::optional(opened_[i]) : std::nullopt;
}

}  // namespace lakehold::engine
