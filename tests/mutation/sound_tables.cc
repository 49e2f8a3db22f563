#include "mutation/sound_tables.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "delta/checksum.h"
#include "delta/log_bench.h"

namespace lakehold::mutation {
namespace {

using delta::Action;
using delta::AddFile;
using delta::LogBench;
using delta::Version;

constexpr Version kNewest = 9;
constexpr Version kCheckpoint = 6;
constexpr const char* kUuids[] = {"3a0d65cd-4056-49b8-937b-95f9e3ee90e5",
                                  "1f2d65cd-4056-49b8-937b-95f9e3ee90e6",
                                  "9b3d65cd-4056-49b8-937b-95f9e3ee90e7"};

std::string Slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

delta::Metadata MappedMetadata() {
  delta::Metadata metadata = delta::MakeMetadata(
      {{"delta.columnMapping.mode", "name"}, {"delta.columnMapping.maxColumnId", "4"}});
  const auto field = [](const char* name, const char* type, int id) {
    return fmt::format(
        R"({{"name":"{0}","type":"{1}","nullable":true,"metadata":{{"delta.columnMapping.id":{2},)"
        R"("delta.columnMapping.physicalName":"col-{2}"}}}})",
        name, type, id);
  };
  metadata.schema_string =
      fmt::format(R"({{"type":"struct","fields":[{},{},{},{}]}})", field("id", "long", 1),
                  field("p", "integer", 2), field("s", "string", 3), field("d", "double", 4));
  return metadata;
}

class History {
 public:
  History(uint64_t seed, bool mapped) : random_(seed), mapped_(mapped) {
    delta::Protocol protocol;
    if (mapped) {
      protocol = {3, 7,
                  std::vector<std::string>{"columnMapping", "deletionVectors", "v2Checkpoint"},
                  std::vector<std::string>{"columnMapping", "deletionVectors", "v2Checkpoint",
                                           "domainMetadata"}};
    }
    commits_.push_back({protocol, mapped ? MappedMetadata() : delta::MakeMetadata()});
    while (static_cast<Version>(commits_.size()) <= kNewest) commits_.push_back(Next());
  }
  const std::vector<std::vector<Action>>& commits() const { return commits_; }

 private:
  size_t Below(size_t n) { return random_() % n; }

  std::vector<Action> Next() {
    std::vector<Action> actions;
    delta::CommitInfo info;
    info.timestamp_ms = 1'700'000'000'000 + static_cast<int64_t>(commits_.size());
    info.operation = "WRITE";
    actions.emplace_back(info);
    if (Below(5) == 0) {
      delta::Metadata metadata = mapped_ ? MappedMetadata() : delta::MakeMetadata();
      metadata.configuration["x"] = std::to_string(Below(100));
      actions.emplace_back(metadata);
    }
    if (Below(3) == 0)
      actions.emplace_back(
          delta::MakeTxn("app" + std::to_string(Below(3)), static_cast<int64_t>(commits_.size())));
    if (Below(3) == 0) {
      actions.emplace_back(
          delta::DomainMetadata{"domain" + std::to_string(Below(2)), "{\"a\":1}", Below(3) == 0});
    }
    for (size_t count = 1 + Below(3); count > 0; --count) actions.emplace_back(NewFile());
    // Nothing of this commit itself goes.
    const size_t old = live_.size();
    if (old > 2 && Below(2) == 0) actions.emplace_back(TakeAway(Below(old)));
    if (mapped_ && live_.size() > 1 && Below(2) == 0) {
      const size_t at = Below(live_.size());
      AddFile again = live_[at];
      actions.emplace_back(TakeAway(at));
      again.deletion_vector = delta::DeletionVectorDescriptor{
          "u", "vBn[lx{q8@P<9BNH/isA", static_cast<int32_t>(Below(90)), 36, 2};
      actions.emplace_back(again);
      fresh_.push_back(std::move(again));
    }
    for (AddFile& add : fresh_) live_.push_back(std::move(add));
    fresh_.clear();
    return actions;
  }

  AddFile NewFile() {
    const auto part = std::to_string(Below(4));
    AddFile add = delta::MakeAdd(fmt::format("p={}/part-{}.parquet", part, next_++),
                                 100 + static_cast<int64_t>(Below(900)), part);
    if (mapped_) add.partition_values = {{"col-2", part}};
    if (Below(3) == 0) add.tags = R"({"lakehold.noNaN":"true"})";
    if (Below(8) == 0) add.partition_values.front().second.reset();
    fresh_.push_back(add);
    return add;
  }

  delta::RemoveFile TakeAway(size_t at) {
    delta::RemoveFile remove = delta::MakeRemove(live_[at], 9'000'000'000'000);
    live_.erase(live_.begin() + static_cast<long>(at));
    return remove;
  }

  std::mt19937_64 random_;
  bool mapped_;
  int next_ = 0;
  std::vector<std::vector<Action>> commits_;
  std::vector<AddFile> live_, fresh_;
};

// The commits `first` to `last` as one: what is newest of each name.
std::string Compact(const std::vector<std::vector<Action>>& commits, Version first, Version last) {
  std::map<std::string, Action> newest;
  for (Version version = first; version <= last; ++version) {
    for (const Action& action : commits[static_cast<size_t>(version)]) {
      const auto file = [](const std::string& path, const auto& dv) {
        return "file " + path + (dv ? dv->UniqueId() : "");
      };
      std::string key;
      if (const auto* add = std::get_if<AddFile>(&action))
        key = file(add->path, add->deletion_vector);
      if (const auto* remove = std::get_if<delta::RemoveFile>(&action))
        key = file(remove->path, remove->deletion_vector);
      if (std::holds_alternative<delta::Metadata>(action)) key = "metadata";
      if (std::holds_alternative<delta::Protocol>(action)) key = "protocol";
      if (const auto* txn = std::get_if<delta::SetTransaction>(&action)) key = "txn " + txn->app_id;
      if (const auto* domain = std::get_if<delta::DomainMetadata>(&action))
        key = "domain " + domain->domain;
      if (!key.empty()) newest.insert_or_assign(key, action);
    }
  }
  std::string text;
  for (const auto& [key, action] : newest) delta::AppendActionJson(action, text);
  return text;
}

// The lines of the classic checkpoint that WriteCheckpoint makes of these commits.
std::vector<std::string> CheckpointLines(const LogFiles& files, Version version) {
  LogBench bench;
  for (const auto& [name, text] : files) bench.Put(name, text);
  if (!bench.Checkpoint(version).ok()) return {};
  const std::string text(
      (*bench.store->Get(bench.root.LogKeyOf(delta::ClassicCheckpointName(version)), std::nullopt))
          .view());
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
    lines.push_back(text.substr(begin, text.find('\n', begin) + 1 - begin));
  return lines;
}

LogFiles Commits(const History& history) {
  LogFiles files;
  for (size_t version = 0; version < history.commits().size(); ++version)
    files[delta::CommitName(static_cast<Version>(version))] =
        delta::FormatCommit(history.commits()[version]);
  return files;
}

void AddChecksums(LogFiles& files) {
  LogBench bench;
  for (const auto& [name, text] : files) bench.Put(name, text);
  for (Version version = 0; version <= kNewest; ++version) {
    const auto snapshot = bench.Load(delta::AtVersion{version});
    if (snapshot.ok()) files[delta::ChecksumName(version)] = delta::FormatChecksum(**snapshot, "");
  }
}

std::string Hint(Version version, const std::string& more = "") {
  return fmt::format("{{\"version\":{},\"size\":9{}}}", version, more);
}

void AddClassic(LogFiles& files, Version version) {
  for (const auto& line : CheckpointLines(files, version))
    files[delta::ClassicCheckpointName(version)] += line;
  files[std::string(delta::kLastCheckpointName)] = Hint(version);
}

void AddParts(LogFiles& files, Version version) {
  const auto lines = CheckpointLines(files, version);
  for (size_t i = 0; i < lines.size(); ++i)
    files[fmt::format("{:020}.checkpoint.{:010}.0000000003.parquet", version, 1 + i % 3)] +=
        lines[i];
  files[std::string(delta::kLastCheckpointName)] = Hint(version, ",\"parts\":3");
}

void AddManifest(LogFiles& files, Version version) {
  std::string manifest = fmt::format("{{\"checkpointMetadata\":{{\"version\":{}}}}}\n", version);
  size_t at = 0;
  for (const auto& line : CheckpointLines(files, version)) {
    if (line.starts_with("{\"add\"") || line.starts_with("{\"remove\"")) {
      files[fmt::format("_sidecars/{}.parquet", kUuids[at++ % 2])] += line;
    } else {
      manifest += line;
    }
  }
  for (int i = 0; i < 2; ++i)
    manifest += fmt::format(
        "{{\"sidecar\":{{\"path\":\"{}.parquet\",\"sizeInBytes\":9,\"modificationTime\":1}}}}\n",
        kUuids[i]);
  files[fmt::format("{:020}.checkpoint.{}.json", version, kUuids[2])] = manifest;
  files[std::string(delta::kLastCheckpointName)] = Hint(version);
}

LogFiles WithoutCommitsBefore(LogFiles files, Version version) {
  for (Version gone = 0; gone < version; ++gone) files.erase(delta::CommitName(gone));
  return files;
}

}  // namespace

std::vector<SoundTable> MakeTables(uint64_t seed) {
  std::vector<SoundTable> tables;
  for (const bool mapped : {false, true}) {
    const History history(seed, mapped);
    const std::string kind = mapped ? "mapped " : "plain ";
    const LogFiles commits = Commits(history);
    tables.push_back({kind + "commits", commits});
    LogFiles files = commits;
    AddChecksums(files);
    tables.push_back({kind + "checksums", files});
    files = commits;
    AddClassic(files, 3);
    AddClassic(files, kCheckpoint);
    tables.push_back({kind + "classic", files});
    tables.push_back({kind + "classic, cleaned up", WithoutCommitsBefore(files, kCheckpoint)});
    files = commits;
    AddParts(files, kCheckpoint);
    tables.push_back({kind + "parts", files});
    tables.push_back({kind + "parts, cleaned up", WithoutCommitsBefore(files, kCheckpoint + 1)});
    files = commits;
    AddManifest(files, kCheckpoint);
    tables.push_back({kind + "manifest", files});
    tables.push_back({kind + "manifest, cleaned up", WithoutCommitsBefore(files, 4)});
    files = commits;
    files["00000000000000000002.00000000000000000005.compacted.json"] =
        Compact(history.commits(), 2, 5);
    files["00000000000000000007.00000000000000000009.compacted.json"] =
        Compact(history.commits(), 7, 9);
    tables.push_back({kind + "compacted", files});
  }
  return tables;
}

std::vector<SoundTable> CorpusTables(const std::string& folder) {
  std::vector<SoundTable> tables;
  for (const auto& table :
       std::filesystem::directory_iterator(std::filesystem::path(folder) / "tables")) {
    SoundTable sound{table.path().filename().string(), {}};
    const auto log = table.path() / delta::kLogFolder;
    if (!std::filesystem::exists(log / delta::CommitName(0))) continue;
    Version newest = 0;
    for (const auto& file : std::filesystem::directory_iterator(log)) {
      const std::string name = file.path().filename().string();
      const auto parsed = delta::ParseLogFileName(name);
      const bool taken = name == delta::kLastCheckpointName ||
                         (parsed && (parsed->kind == delta::LogFileKind::kCommit ||
                                     parsed->kind == delta::LogFileKind::kChecksum ||
                                     parsed->kind == delta::LogFileKind::kCompacted));
      if (!taken) continue;
      sound.files[name] = Slurp(file.path());
      if (parsed && parsed->kind == delta::LogFileKind::kCommit)
        newest = std::max(newest, parsed->version);
    }
    if (newest > 0) AddClassic(sound.files, newest / 2 + 1);
    tables.push_back(sound);
  }
  std::sort(tables.begin(), tables.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return tables;
}

}  // namespace lakehold::mutation
