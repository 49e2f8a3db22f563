// The JSON of add.stats under any type: a parser that is used again answers as a new one, a bound
// is never above its max unless the text says so, and broken text is unknown. The input: a type,
// a trust, the JSON.
#include "delta/stats_parser.h"
#include "delta/stats_value.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/typed_value.h"

namespace lakehold::fuzz {
namespace {

bool SameStats(const delta::ColumnStats& a, const delta::ColumnStats& b) {
  return Same(a.min, b.min) && Same(a.max, b.max) && a.null_count == b.null_count &&
         a.exact_bounds == b.exact_bounds;
}

}  // namespace

void FuzzStatistics(std::string_view input) {
  const delta::DataType type = TakeType(input);
  const auto trust =
      TakeByte(input) % 2 == 0 ? delta::StatsTrust::kForeign : delta::StatsTrust::kVouched;
  delta::StatsParser parser;
  for (const delta::StatsPath& path : {delta::StatsPath{"c"}, delta::StatsPath{"s", "c"}}) {
    const auto first = parser.ParseColumn(input, path, type, trust);
    const auto file = parser.ParseFile(input);
    const auto second = parser.ParseColumn(input, path, type, trust);
    const auto fresh = delta::ParseColumnStats(input, path, type, trust);
    Require(SameStats(first, second) && SameStats(first, fresh), "a used parser answers as a new");
    Require(file.num_records == delta::ParseFileStats(input).num_records, "records are the same");
    Require(!file.num_records || *file.num_records >= 0, "records are not negative");
    Require(!first.null_count || *first.null_count >= 0, "NULLs are not negative");
    if (first.exact_bounds)
      Require(!IsNull(first.min) && !IsNull(first.max), "exact bounds are known");
    if (trust == delta::StatsTrust::kForeign &&
        (type.kind == delta::TypeKind::kFloat || type.kind == delta::TypeKind::kDouble))
      Require(IsNull(first.max), "a foreign float max may hide NaN");
  }
  (void)delta::TrustOf(input);
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzStatistics)
