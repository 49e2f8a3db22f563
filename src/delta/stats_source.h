// StatsSource: where the statistics of many files can be read again, for file tables that do not
// hold their text. Immutable; thread-safe.
//
// Whoever only prunes takes an error for "unknown".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace lakehold::delta {

// The JSON text of statistics by row of a chunk, empty where a file has none.
struct StatsText {
  std::string text;
  std::vector<uint64_t> end;  // Of each row's text.
  std::string_view of(size_t row) const {
    const uint64_t begin = row == 0 ? 0 : end[row - 1];
    return std::string_view(text).substr(begin, end[row] - begin);
  }
};

// Where one file's statistics are: what that means is the source's own.
struct StatsPlace {
  uint64_t at = 0;
  uint32_t size = 0;  // 0: the file has none.
};

// Hears the text of places[index]; the text lives until it returns.
using StatsVisitor = std::function<void(size_t index, std::string_view text)>;

class StatsSource {
 public:
  virtual ~StatsSource() = default;
  // Tells every place that has statistics, in order; places
  // ascend, those of size 0 aside. kIo or kCorrupt
  // "delta.lost_statistics" if they cannot be read any more: then some may have been told.
  virtual Status Read(std::span<const StatsPlace> places, const StatsVisitor& visit) const = 0;
  // Whether many reads of a few places each cost no more than one of all.
  virtual bool may_be_read_in_pieces() const { return false; }
  // Held for the places, not for texts.
  virtual size_t memory_bytes() const { return 0; }
};

// The strings of a JSON commit, by the place of their text between the quotes. Keeps the object
// open, so that it can be read even after it was deleted.
std::shared_ptr<const StatsSource> MakeJsonStatsSource(
    std::shared_ptr<storage::ObjectReader> reader);

}  // namespace lakehold::delta
