#include "delta/log_place.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/log_listing.h"
#include "delta/log_path.h"
#include "delta/partition_value.h"

namespace lakehold::delta {
namespace {

struct Place {
  std::string file;
  size_t line = 0;  // From 1; 0 where lines mean nothing.
};

std::string_view WordOf(Said what) {
  switch (what) {
    case Said::kProtocol:
      return "\"protocol\"";
    case Said::kMetadata:
      return "\"metaData\"";
    case Said::kFile:
      return "\"add\"";
  }
  return {};
}

bool IsIt(const Action& action, Said what, std::string_view path) {
  if (what == Said::kProtocol) return std::holds_alternative<Protocol>(action);
  if (what == Said::kMetadata) return std::holds_alternative<Metadata>(action);
  const auto* add = std::get_if<AddFile>(&action);
  return add && add->path == path;
}

bool Tells(std::string_view text, Said what, std::string_view path) {
  const ActionFilter filter{.files = what == Said::kFile,
                            .state = what != Said::kFile,
                            .commit = false,
                            .changes = false};
  bool found = false;
  // What is no document of its own tells nothing.
  (void)ParseCommit(Bytes::CopyOf(text), "", filter, [&](Action&& action) -> Status {
    found = found || IsIt(action, what, path);
    return {};
  });
  return found;
}

// The line that tells it; the commit's first where a document goes over several.
std::optional<size_t> LineIn(std::string_view text, Said what, std::string_view path) {
  size_t line = 1;
  for (std::string_view rest = text; !rest.empty(); ++line) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view one = rest.substr(0, end);
    if (one.find(WordOf(what)) != one.npos && Tells(one, what, path)) return line;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (text.find(WordOf(what)) != text.npos && Tells(text, what, path)) return 1;
  return std::nullopt;
}

std::optional<std::string> NewestCheckpointKey(const TableRoot& root, Version version) {
  const std::string folder = root.LogKeyOf("0");
  auto lister = root.store->List(folder, "");
  std::optional<std::string> newest;
  while (lister.ok()) {
    auto meta = (*lister)->Next();
    if (!meta.ok() || !*meta) break;
    const auto file = ParseLogFileName(std::string_view((*meta)->key).substr(folder.size() - 1));
    if (!file || file->version > version) continue;
    const bool is_checkpoint = file->kind == LogFileKind::kClassicCheckpoint ||
                               file->kind == LogFileKind::kMultiPartCheckpoint ||
                               file->kind == LogFileKind::kUuidCheckpoint;
    if (is_checkpoint) newest = (*meta)->key;
  }
  return newest;
}

std::optional<Place> FindPlace(const TableRoot& root, Version version, Said what,
                               std::string_view path) {
  const auto range = ListAllCommits(root);
  if (!range.ok()) return std::nullopt;
  const std::vector<CommitFile>& commits = range->commits;
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    if (commit->version > version) continue;
    const auto text = root.store->Get(commit->meta.key, std::nullopt);
    if (!text.ok()) return std::nullopt;
    if (const auto line = LineIn(text->view(), what, path)) return Place{commit->meta.key, *line};
  }
  if (!commits.empty() && commits.front().version == 0) return std::nullopt;
  if (auto checkpoint = NewestCheckpointKey(root, version)) return Place{*std::move(checkpoint), 0};
  return std::nullopt;
}

}  // namespace

Error WithPlace(Error error, const TableRoot& root, Version version, Said what,
                std::string_view path) {
  const auto place = FindPlace(root, version, what, path);
  if (!place) return error;
  std::string line;
  if (place->line > 0) line = fmt::format(", line {}", place->line);
  error.message = fmt::format("{}{}: {}", place->file, line, error.message);
  error = std::move(error).With("file", place->file);
  return place->line > 0 ? std::move(error).With("line", std::to_string(place->line)) : error;
}

Result<std::string> DataKey(const Snapshot& snapshot, FileOrdinal file) {
  const TableRoot& root = snapshot.root();
  const std::string_view path = snapshot.files().Get(file).path;
  auto key = DecodeLogPath(path, root.uri());
  if (!key.ok())
    return WithPlace(std::move(key).error(), root, snapshot.version(), Said::kFile, path);
  return root.KeyOf(*key);
}

}  // namespace lakehold::delta
