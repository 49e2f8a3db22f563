#include "delta/commit_stats_source.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "delta/json_text.h"
#include "delta/log_path.h"

namespace lakehold::delta {
namespace {

uint32_t IdentityOf(const storage::ObjectMeta& meta) {
  const size_t hash = std::hash<std::string>()(
      fmt::format("{}|{}|{}", meta.identity, meta.size_bytes, meta.modified_ns));
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

}  // namespace

CommitStatsSource::CommitStatsSource(TableRoot root, std::span<const CommitFile> commits)
    : root_(std::move(root)), first_version_(commits.empty() ? 0 : commits.front().version) {
  commits_.reserve(commits.size());
  uint64_t begin = 0;
  for (const CommitFile& commit : commits) {
    commits_.push_back(
        {begin, static_cast<uint32_t>(commit.version - first_version_), IdentityOf(commit.meta)});
    begin += commit.meta.size_bytes;
  }
}

Status CommitStatsSource::Read(std::span<const StatsPlace> places,
                               const StatsVisitor& visit) const {
  Status lost;
  const Commit* open = nullptr;
  std::optional<std::string> json;
  std::string text;
  const auto lose = [&](Error error) {
    if (lost.ok()) lost = std::move(error);
  };
  for (size_t i = 0; i < places.size(); ++i) {
    const StatsPlace place = places[i];
    if (place.size == 0) continue;
    const auto after =
        std::upper_bound(commits_.begin(), commits_.end(), place.at,
                         [](uint64_t at, const Commit& commit) { return at < commit.begin; });
    const Commit& commit = *std::prev(after);
    if (&commit != open) {
      open = &commit;
      auto read = ReadCommit(commit);
      json.reset();
      if (read.ok()) json = std::move(read).value();
      if (!read.ok()) lose(std::move(read).error());
    }
    if (!json) continue;
    const uint64_t at = place.at - commit.begin;
    text.clear();
    if (at + place.size <= json->size() &&
        AppendUnescaped(std::string_view(*json).substr(at, place.size), text)) {
      visit(i, text);
      continue;
    }
    lose(Corrupt("delta.lost_statistics",
                 fmt::format("{}: the statistics at byte {} are no JSON string",
                             CommitName(first_version_ + commit.behind_first), at)));
  }
  return lost;
}

Result<std::string> CommitStatsSource::ReadCommit(const Commit& commit) const {
  const std::string key = root_.LogKeyOf(CommitName(first_version_ + commit.behind_first));
  auto reader = root_.store->OpenReader(key);
  if (!reader.ok() && reader.error().kind != ErrorKind::kNotFound) return std::move(reader).error();
  if (!reader.ok() || IdentityOf((*reader)->meta()) != commit.identity) {
    return NotFound("delta.lost_statistics",
                    fmt::format("{} holds statistics of data files and is {}", key,
                                reader.ok() ? "another file by now" : "gone"),
                    "open the table again: a checkpoint has them");
  }
  std::string json((*reader)->meta().size_bytes, '\0');
  LAKEHOLD_TRY((*reader)->ReadAt(0, std::as_writable_bytes(std::span(json))));
  return json;
}

}  // namespace lakehold::delta
