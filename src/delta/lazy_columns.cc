#include "delta/lazy_columns.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "delta/chunked_file_table.h"
#include "delta/stats_parser.h"

namespace lakehold::delta {
namespace {

constexpr size_t kWindowRows = StatsColumn::kWindowRows;

struct OrdinalRange {
  FileOrdinal begin = 0;
  FileOrdinal end = 0;
};

// Tells the statistics of the files in these ranges, which ascend, as far as they have some:
// visit(chunk, row, ordinal, text). What cannot be read again is left out: pruning may keep too
// much. Each source is read once, however many chunks it made.
template <typename Visit>
void ForEachStats(const ChunkedFileTable& table, std::span<const OrdinalRange> ranges,
                  const Visit& visit) {
  if (ranges.empty()) return;
  size_t range = 0;
  const auto is_wanted = [&](FileOrdinal ordinal) {
    while (range < ranges.size() && ordinal >= ranges[range].end) ++range;
    return range < ranges.size() && ordinal >= ranges[range].begin;
  };
  const auto& parts = table.parts();
  const FileOrdinal last = ranges.back().end;
  const auto first = std::upper_bound(
      parts.begin(), parts.end(), ranges.front().begin,
      [](FileOrdinal ordinal, const ChunkedFileTable::Part& part) { return ordinal < part.first; });
  for (size_t p = static_cast<size_t>(first - parts.begin()) - 1;
       p < parts.size() && parts[p].first < last;) {
    const FileChunk& chunk = *parts[p].chunk;
    const FileOrdinal begin = parts[p].first;
    if (!chunk.source()) {
      for (uint32_t row = 0; row < chunk.rows(); ++row) {
        if (is_wanted(begin + row)) visit(chunk, row, begin + row, chunk.InlineStats(row));
      }
      ++p;
      continue;
    }
    std::vector<StatsPlace> places;
    size_t part = p;
    for (; p < parts.size() && parts[p].first < last && parts[p].chunk->source() == chunk.source();
         ++p)
      parts[p].chunk->AppendPlaces(places);
    for (size_t i = 0; i < places.size(); ++i) {
      if (!is_wanted(begin + static_cast<FileOrdinal>(i))) places[i] = {};
    }
    (void)chunk.source()->Read(places, [&](size_t index, std::string_view text) {
      const FileOrdinal ordinal = begin + static_cast<FileOrdinal>(index);
      while (ordinal >= parts[part].first + parts[part].chunk->rows()) ++part;
      visit(*parts[part].chunk, ordinal - parts[part].first, ordinal, text);
    });
  }
}

// A window of some leaves that is being read.
struct Load {
  size_t window = 0;
  OrdinalRange range;
  std::vector<size_t> positions;  // Of the leaves among those asked for.
  std::vector<StatsLeaf> leaves;
  std::vector<StatsWindow> columns;

  void Append(StatsParser& parser, std::vector<ColumnStats>& scratch, FileOrdinal ordinal,
              std::string_view text, StatsTrust trust) {
    const auto row = static_cast<uint32_t>(ordinal % kWindowRows);
    scratch.resize(leaves.size());
    const FileStats file = parser.ParseLeaves(text, leaves, trust, scratch);
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].rows() > row) continue;  // Known from before.
      columns[i].Fill(row);
      columns[i].Append(scratch[i], file.num_records.value_or(-1));
    }
  }
  void Finish() {
    for (StatsWindow& column : columns)
      column.Fill(static_cast<uint32_t>(range.end - window * kWindowRows));
  }
};

// Reads these windows, which ascend.
void ReadLoads(const ChunkedFileTable& table, std::span<Load> loads) {
  std::vector<OrdinalRange> ranges;
  for (const Load& load : loads) ranges.push_back(load.range);
  StatsParser parser;
  std::vector<ColumnStats> scratch;
  // Tags are kept once a chunk: equal ones have one address.
  const std::string* last_tags = nullptr;
  StatsTrust trust = StatsTrust::kForeign;
  size_t at = 0;
  ForEachStats(
      table, ranges,
      [&](const FileChunk& chunk, uint32_t row, FileOrdinal ordinal, std::string_view text) {
        const std::string* tags = chunk.tags(row);
        if (tags != last_tags) trust = tags ? TrustOf(*tags) : StatsTrust::kForeign;
        last_tags = tags;
        while (ordinal >= loads[at].range.end) ++at;
        loads[at].Append(parser, scratch, ordinal, text, trust);
      });
  for (Load& load : loads) load.Finish();
}

bool IsReadInOnePiece(const ChunkedFileTable& table) {
  const auto& parts = table.parts();
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) {
    return part.chunk->source() && !part.chunk->source()->may_be_read_in_pieces();
  });
}

std::vector<Load> PlanLoads(const ChunkedFileTable& table, std::span<const StatsLeaf> leaves,
                            std::span<const std::shared_ptr<const StatsColumn>> known,
                            const StatsDemand& demand) {
  std::vector<Load> loads;
  for (size_t begin = 0; begin < table.slots(); begin += kWindowRows) {
    const size_t window = begin / kWindowRows;
    if (demand.windows != nullptr && !(*demand.windows)[window]) continue;
    const size_t rows = std::min<size_t>(kWindowRows, table.slots() - begin);
    Load load{window, {}, {}, {}, {}};
    size_t from = rows;
    for (size_t i = 0; i < leaves.size(); ++i) {
      const StatsWindow* before =
          known[i] && window < known[i]->windows.size() ? known[i]->windows[window].get() : nullptr;
      if (before != nullptr && before->rows() >= rows) continue;
      load.positions.push_back(i);
      load.leaves.push_back(leaves[i]);
      load.columns.push_back(before != nullptr ? *before : StatsWindow(leaves[i].type));
      load.columns.back().Reserve(rows);
      from = std::min<size_t>(from, load.columns.back().rows());
    }
    load.range = {static_cast<FileOrdinal>(begin + from), static_cast<FileOrdinal>(begin + rows)};
    if (!load.leaves.empty()) loads.push_back(std::move(load));
  }
  return loads;
}

std::string KeyOf(const StatsLeaf& leaf) {
  std::string key = FormatType(leaf.type);
  for (const std::string& part : leaf.path) key.append(1, '\0').append(part);
  return key;
}

}  // namespace

LazyColumns::LazyColumns(const LazyColumns& prior) {
  std::lock_guard lock(prior.mutex_);
  stats_ = prior.stats_;
  uses_ = prior.uses_;
  num_records_ = prior.num_records_;
}

std::vector<std::shared_ptr<const StatsColumn>> LazyColumns::Stats(
    const ChunkedFileTable& table, std::span<const StatsLeaf> leaves, const StatsDemand& demand) {
  std::vector<std::shared_ptr<const StatsColumn>> columns;
  {
    std::lock_guard lock(mutex_);
    ++uses_;
    for (const StatsLeaf& leaf : leaves) {
      const auto found = stats_.find(KeyOf(leaf));
      if (found != stats_.end()) found->second.used = uses_;
      columns.push_back(found != stats_.end() ? found->second.column : nullptr);
    }
  }
  std::vector<Load> loads = PlanLoads(table, leaves, columns, demand);
  const size_t windows = (table.slots() + kWindowRows - 1) / kWindowRows;
  const bool all_known = std::all_of(columns.begin(), columns.end(), [&](const auto& column) {
    return column && column->windows.size() >= windows;
  });
  if (loads.empty() && all_known) return columns;
  if (!loads.empty()) {
    if (demand.executor == nullptr || loads.size() == 1 || IsReadInOnePiece(table)) {
      ReadLoads(table, loads);
    } else {
      demand.executor->ParallelFor(loads.size(),
                                   [&](size_t i) { ReadLoads(table, {&loads[i], 1}); });
    }
  }
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < leaves.size(); ++i) {
    Kept& kept = stats_[KeyOf(leaves[i])];
    kept.used = uses_;
    auto made =
        kept.column ? std::make_shared<StatsColumn>(*kept.column) : std::make_shared<StatsColumn>();
    made->windows.resize(std::max(made->windows.size(), windows));
    bool is_new = !kept.column || made->windows.size() != kept.column->windows.size();
    for (Load& load : loads) {
      const auto position = std::find(load.positions.begin(), load.positions.end(), i);
      if (position == load.positions.end()) continue;
      auto& window = made->windows[load.window];
      window = std::make_shared<const StatsWindow>(
          std::move(load.columns[static_cast<size_t>(position - load.positions.begin())]));
      is_new = true;
    }
    if (is_new) kept.column = std::move(made);
    columns[i] = kept.column;
  }
  if (!loads.empty()) Evict();
  return columns;
}

void LazyColumns::Evict() {
  size_t total = 0;
  for (const auto& [key, kept] : stats_) total += kept.column ? kept.column->memory_bytes() : 0;
  while (total > limits::kStatsCacheBytes) {
    const auto oldest = std::min_element(
        stats_.begin(), stats_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    if (oldest->second.used == uses_) return;
    total -= oldest->second.column->memory_bytes();
    stats_.erase(oldest);
  }
}

std::span<const int64_t> LazyColumns::NumRecords(const ChunkedFileTable& table) {
  std::lock_guard lock(mutex_);
  if (!num_records_ || num_records_->size() < table.slots()) {
    auto complete = std::make_shared<std::vector<int64_t>>();
    complete->reserve(table.slots());
    if (num_records_) *complete = *num_records_;
    const auto known = static_cast<FileOrdinal>(complete->size());
    complete->resize(table.slots(), -1);
    // Most files' numRecords were read with the file itself.
    bool ask = false;
    for (const ChunkedFileTable::Part& part : table.parts()) {
      const FileChunk& chunk = *part.chunk;
      for (uint32_t row = known > part.first ? known - part.first : 0; row < chunk.rows(); ++row) {
        (*complete)[part.first + row] = chunk.num_records(row);
        ask |= chunk.num_records(row) < 0 && chunk.has_stats(row);
      }
    }
    if (ask) {
      StatsParser parser;
      const OrdinalRange all{known, table.slots()};
      ForEachStats(table, {&all, 1},
                   [&](const FileChunk&, uint32_t, FileOrdinal ordinal, std::string_view text) {
                     int64_t& number = (*complete)[ordinal];
                     if (number < 0) number = LeadingNumRecords(text, false);
                     if (number < 0) number = parser.ParseFile(text).num_records.value_or(-1);
                   });
    }
    num_records_ = std::move(complete);
  }
  return *num_records_;
}

Result<std::string> LazyColumns::StatsJson(const std::shared_ptr<const FileChunk>& chunk,
                                           uint32_t row) {
  if (!chunk->source()) return chunk->StatsJson(row);
  std::shared_ptr<const StatsText> text;
  bool again = false;
  {
    std::lock_guard lock(mutex_);
    again = std::exchange(last_chunk_, chunk.get()) == chunk.get();
    if (again) text = last_text_;
    if (!again) last_text_ = nullptr;
  }
  if (!again) return chunk->StatsJson(row);
  if (!text) {
    LAKEHOLD_ASSIGN(StatsText told, chunk->LoadStats());
    text = std::make_shared<const StatsText>(std::move(told));
    std::lock_guard lock(mutex_);
    if (last_chunk_ == chunk.get()) last_text_ = text;
  }
  return std::string(text->of(row));
}

size_t LazyColumns::memory_bytes() const {
  std::lock_guard lock(mutex_);
  size_t total = num_records_ ? num_records_->capacity() * sizeof(int64_t) : 0;
  if (last_text_) total += last_text_->text.capacity() + last_text_->end.capacity() * 8;
  for (const auto& [key, kept] : stats_) total += kept.column ? kept.column->memory_bytes() : 0;
  return total;
}

}  // namespace lakehold::delta
