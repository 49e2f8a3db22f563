#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "delta/json_text.h"
#include "delta/stats_source.h"

namespace lakehold::delta {
namespace {

// How much is read at a time: a few dozen times the cost of a call, and small enough to stay in a
// cache.
constexpr uint64_t kWindowBytes = uint64_t{512} << 10;

class JsonStatsSource final : public StatsSource {
 public:
  explicit JsonStatsSource(std::shared_ptr<storage::ObjectReader> reader)
      : reader_(std::move(reader)) {}

  bool may_be_read_in_pieces() const override { return true; }
  Status Read(std::span<const StatsPlace> places, const StatsVisitor& visit) const override {
    StatsPlace last;
    for (const StatsPlace& place : places) {
      if (place.size != 0) last = place;
    }
    std::string window, text;
    uint64_t begin = 0;  // Of the window in the object.
    for (size_t i = 0; i < places.size(); ++i) {
      const StatsPlace place = places[i];
      if (place.size == 0) continue;
      if (place.at < begin || place.at + place.size > begin + window.size()) {
        begin = place.at;
        LAKEHOLD_TRY(Fill(place, last, window));
      }
      text.clear();
      if (!AppendUnescaped({window.data() + (place.at - begin), place.size}, text)) {
        return Corrupt("delta.lost_statistics",
                       fmt::format("{}: the statistics at byte {} are no JSON string",
                                   reader_->meta().key, place.at));
      }
      visit(i, text);
    }
    return {};
  }

 private:
  // Reads `place` and what comes behind it, up to the `last` that is wanted.
  Status Fill(StatsPlace place, StatsPlace last, std::string& window) const {
    const uint64_t wanted = std::max(place.at + place.size, last.at + last.size) - place.at;
    window.resize(std::max<uint64_t>(place.size, std::min(wanted, kWindowBytes)));
    auto read = reader_->ReadAt(place.at, std::as_writable_bytes(std::span(window)));
    if (read.ok()) return {};
    window.clear();
    Error error = std::move(read).error();
    error.message =
        fmt::format("the statistics of data files cannot be read again: {}", error.message);
    return error;
  }

  std::shared_ptr<storage::ObjectReader> reader_;
};

}  // namespace

std::shared_ptr<const StatsSource> MakeJsonStatsSource(
    std::shared_ptr<storage::ObjectReader> reader) {
  return std::make_shared<JsonStatsSource>(std::move(reader));
}

}  // namespace lakehold::delta
