// StatsParser: reads the JSON of `add.stats` for many files with one reusable parser. Externally
// synchronized.
//
// Keep one for a whole column (FileTable::Stats, NumRecords): its buffers grow once and are then
// reused. The free functions of stats.h make one per call. Next: stats.h (what the answers mean).
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "delta/stats.h"
#include "delta/stats_column.h"

namespace lakehold::delta {

class StatsParser {
 public:
  StatsParser();
  ~StatsParser();
  StatsParser(StatsParser&&) noexcept;
  StatsParser& operator=(StatsParser&&) noexcept;

  // The text is copied, so it needs no padding and may go away. Empty or broken text: everything
  // unknown.
  FileStats ParseFile(std::string_view json);
  // As ParseColumnStats in stats.h.
  ColumnStats ParseColumn(std::string_view json, const StatsPath& path, const DataType& type,
                          StatsTrust trust);
  // The same for several leaves of one text, which is read once: `columns` by leaf.
  FileStats ParseLeaves(std::string_view json, std::span<const StatsLeaf> leaves, StatsTrust trust,
                        std::span<ColumnStats> columns);
  // The same, for who checks the text: what contradicts itself, a lower bound above the upper one
  // or more NULLs than records, is kept as it stands.
  FileStats ParseClaims(std::string_view json, std::span<const StatsLeaf> leaves, StatsTrust trust,
                        std::span<ColumnStats> columns);

 private:
  struct State;  // Hides simdjson.
  std::unique_ptr<State> state_;
};

}  // namespace lakehold::delta
