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

  Result<StatsText> Read(std::span<const StatsPlace> places) const override {
    StatsText told;
    told.end.reserve(places.size());
    std::string window;
    uint64_t begin = 0;  // Of the window in the object.
    for (const StatsPlace& place : places) {
      if (place.size != 0) {
        if (place.at < begin || place.at + place.size > begin + window.size()) {
          begin = place.at;
          LAKEHOLD_TRY(Fill(place, window));
        }
        const std::string_view raw(window.data() + (place.at - begin), place.size);
        if (!AppendUnescaped(raw, told.text)) {
          return Corrupt("delta.lost_statistics",
                         fmt::format("{}: the statistics at byte {} are no JSON string",
                                     reader_->meta().key, place.at));
        }
      }
      told.end.push_back(told.text.size());
    }
    return told;
  }

 private:
  Status Fill(const StatsPlace& place, std::string& window) const {
    const uint64_t object = reader_->meta().size_bytes;
    const uint64_t left = object - std::min(object, place.at);
    window.resize(std::max<uint64_t>(place.size, std::min(left, kWindowBytes)));
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
