// Commits as JSON, through parsing, replay, refresh and a checkpoint. Byte 0x1E, which no JSON
// holds, parts one commit from the next.
#include <map>
#include <set>

#include "delta/action_json.h"
#include "delta/log_bench.h"
#include "delta/partition_value.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/table_text.h"

namespace lakehold::fuzz {
namespace {

using delta::Action;

struct ParsedCommit {
  Status status;
  std::vector<Action> actions;
};

ParsedCommit Parse(std::string_view json, const delta::ActionFilter& filter = {}) {
  ParsedCommit parsed;
  parsed.status =
      delta::ParseCommit(Bytes::CopyOf(json), "1.json", filter, [&](Action&& action) -> Status {
        parsed.actions.push_back(std::move(action));
        return {};
      });
  return parsed;
}

bool IsFile(const Action& action) {
  return std::holds_alternative<delta::AddFile>(action) ||
         std::holds_alternative<delta::RemoveFile>(action);
}

void CheckText(std::string_view json) {
  const ParsedCommit parsed = Parse(json);
  if (!parsed.status.ok()) {
    const Error& error = parsed.status.error();
    Require(!error.reason.empty() && error.message.find("1.json") != std::string::npos,
            "a refusal names the commit: " + error.ToString());
    return;
  }
  const ParsedCommit files =
      Parse(json, {.files = true, .state = false, .commit = false, .changes = false});
  std::vector<Action> wanted;
  for (const Action& action : parsed.actions) {
    if (IsFile(action)) wanted.push_back(action);
  }
  Require(files.status.ok() && files.actions == wanted, "a filter leaves the rest as it is");
  // Written are a removed file's partition values only where it says that it has them.
  wanted = parsed.actions;
  for (Action& action : wanted) {
    auto* remove = std::get_if<delta::RemoveFile>(&action);
    if (remove != nullptr && !remove->extended_file_metadata) remove->partition_values.clear();
  }
  const std::string text = delta::FormatCommit(wanted);
  const ParsedCommit again = Parse(text);
  if (wanted.empty()) return;  // No commit may be empty.
  Require(again.status.ok(), "what is written is read: " + text);
  Require(again.actions == wanted, "what is written is read as the same: " + text);
}

std::vector<std::string_view> Split(std::string_view input) {
  constexpr size_t kMostCommits = 6;
  std::vector<std::string_view> commits;
  for (;;) {
    const size_t end = input.find('\x1e');
    commits.push_back(input.substr(0, end));
    if (end == std::string_view::npos || commits.size() == kMostCommits) return commits;
    input.remove_prefix(end + 1);
  }
}

// The live files by the definition of replay, oldest commit first.
std::multiset<std::pair<std::string, std::string>> LiveFiles(
    const std::vector<std::string_view>& commits) {
  const auto canonical = [](const std::string& path) {
    const auto key = delta::DecodeLogPath(path, "");
    return key.ok() ? *key : path;
  };
  std::map<std::pair<std::string, std::string>, bool> live;
  for (const std::string_view commit : commits) {
    const ParsedCommit parsed = Parse(commit);
    for (const Action& action : parsed.actions) {
      if (const auto* remove = std::get_if<delta::RemoveFile>(&action)) {
        const auto& vector = remove->deletion_vector;
        live.erase({canonical(remove->path), vector ? vector->UniqueId() : ""});
      }
    }
    for (const Action& action : parsed.actions) {
      if (const auto* add = std::get_if<delta::AddFile>(&action)) {
        const auto& vector = add->deletion_vector;
        live[{canonical(add->path), vector ? vector->UniqueId() : ""}] = true;
      }
    }
  }
  std::multiset<std::pair<std::string, std::string>> keys;
  for (const auto& [key, is_live] : live) keys.insert(key);
  return keys;
}

std::multiset<std::pair<std::string, std::string>> LiveFiles(const delta::Snapshot& snapshot) {
  std::multiset<std::pair<std::string, std::string>> keys;
  for (const auto ordinal : snapshot.files().LiveOrdinals()) {
    const auto file = snapshot.files().Get(ordinal);
    const auto key = delta::DecodeLogPath(file.path, "");
    keys.insert({key.ok() ? *key : std::string(file.path),
                 file.deletion_vector != nullptr ? file.deletion_vector->UniqueId() : ""});
  }
  return keys;
}

bool MakesATable(std::string_view commit) {
  const ParsedCommit parsed = Parse(commit);
  bool protocol = false, metadata = false;
  for (const Action& action : parsed.actions) {
    protocol = protocol || std::holds_alternative<delta::Protocol>(action);
    metadata = metadata || std::holds_alternative<delta::Metadata>(action);
  }
  return parsed.status.ok() && protocol && metadata;
}

void CheckReplay(const std::vector<std::string_view>& commits) {
  delta::LogBench bench;
  std::vector<std::string_view> log = commits;
  const std::string first = delta::FormatCommit({delta::Protocol{}, delta::MakeMetadata()});
  if (!MakesATable(commits.front())) log.insert(log.begin(), first);
  std::shared_ptr<const delta::Snapshot> refreshed;
  for (size_t version = 0; version < log.size(); ++version) {
    bench.world.clock.Advance(1'000);
    bench.Put(delta::CommitName(static_cast<delta::Version>(version)), log[version]);
    if (version == 0) {
      auto loaded = bench.Load();
      if (!loaded.ok()) return;
      refreshed = *loaded;
      continue;
    }
    auto next = delta::Snapshot::Refresh(refreshed, bench.context);
    if (!next.ok()) {
      Require(!bench.Load().ok(),
              "what a refresh refuses a load refuses: " + next.error().ToString());
      return;
    }
    refreshed = *next;
  }
  auto loaded = bench.Load();
  Require(loaded.ok(), "what refreshes step by step loads");
  const std::string text = TableText(**loaded);
  Require(TableText(*refreshed) == text,
          "refreshing equals loading:\n" + TableText(*refreshed) + "\n" + text);
  Require(LiveFiles(**loaded) == LiveFiles(log), "the live files are those of the log:\n" + text);
  const auto report = delta::WriteCheckpoint(bench.root, **loaded, bench.context);
  if (!report.ok()) {
    // A protocol that cannot be still shows its history and files.
    Require(report.error().kind == ErrorKind::kUnsupported ||
                report.error().reason == "delta.bad_protocol",
            "a state that was read can be written: " + report.error().ToString());
    return;
  }
  for (size_t version = 0; version < log.size(); ++version)
    bench.Drop(delta::CommitName(static_cast<delta::Version>(version)));
  auto restored = bench.Load();
  Require(restored.ok(), "a checkpoint alone loads");
  Require(TableText(**restored) == text,
          "a checkpoint holds the whole state:\n" + TableText(**restored) + "\n" + text);
}

}  // namespace

void FuzzLogJson(std::string_view input) {
  const auto commits = Split(input);
  for (const std::string_view commit : commits) CheckText(commit);
  CheckReplay(commits);
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzLogJson)
