// LogBench: a table's log in a MemoryStore, written by hand, for tests of this room. Externally
// synchronized.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/sim_runtime.h"
#include "delta/action_json.h"
#include "delta/checkpoint.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "delta/text_checkpoint_codec.h"
#include "storage/atomic_file.h"
#include "storage/memory_store.h"
#include "storage/metered_store.h"

namespace lakehold::delta {

inline AddFile MakeAdd(std::string path, int64_t size = 100,
                       std::optional<std::string> part = std::nullopt) {
  AddFile add;
  add.path = std::move(path);
  add.size_bytes = size;
  add.modified_ms = 1'000 + size;
  add.stats = fmt::format("{{\"numRecords\":{}}}", size);
  add.partition_values = {{"p", std::move(part)}};
  return add;
}

inline RemoveFile MakeRemove(const AddFile& add, int64_t deleted_ms = 1'700'000'000'000) {
  RemoveFile remove;
  remove.path = add.path;
  remove.deletion_timestamp_ms = deleted_ms;
  remove.deletion_vector = add.deletion_vector;
  return remove;
}

inline Metadata MakeMetadata(std::map<std::string, std::string> configuration = {}) {
  Metadata metadata;
  metadata.id = "5fba94ed-9794-4965-ba6e-6ee3c0d22af9";
  metadata.schema_string =
      R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)"
      R"({"name":"p","type":"integer","nullable":true,"metadata":{}}]})";
  metadata.partition_columns = {"p"};
  metadata.configuration = std::move(configuration);
  return metadata;
}

inline SetTransaction MakeTxn(std::string app_id, int64_t version) {
  return {std::move(app_id), version, std::nullopt};
}

struct LogBench {
  SimRuntime world;
  std::shared_ptr<storage::MemoryStore> memory = storage::NewMemoryStore(world.clock);
  std::shared_ptr<storage::MeteredStore> store = storage::NewMeteredStore(memory);
  TableRoot root{store, "t"};
  std::shared_ptr<TextCheckpointCodec> codec = std::make_shared<TextCheckpointCodec>();
  LogContext context{world.runtime(), codec};

  void Put(const std::string& name, std::string_view text) {
    (void)store->Delete(root.LogKeyOf(name));
    (void)storage::PutIfAbsent(*store, root.LogKeyOf(name), AsBytes(text));
  }
  void Drop(const std::string& name) { (void)store->Delete(root.LogKeyOf(name)); }
  // The next second, the next version.
  void Commit(Version version, const std::vector<Action>& actions) {
    world.clock.Advance(1'000);
    Put(CommitName(version), FormatCommit(actions));
  }
  void Create(std::map<std::string, std::string> configuration = {}) {
    Commit(0, {Protocol{}, MakeMetadata(std::move(configuration))});
  }
  // Version 0 and one file f1, f2, ... a version up to `last`.
  void Fill(Version last) {
    Create();
    for (Version v = 1; v <= last; ++v) Commit(v, {MakeAdd(fmt::format("f{}", v), 100 + v, "1")});
  }

  Result<std::shared_ptr<const Snapshot>> Load(const VersionSpec& spec = Latest{}) {
    return Snapshot::Load(root, spec, context);
  }
  Result<CheckpointReport> Checkpoint(Version version) {
    LAKEHOLD_ASSIGN(auto snapshot, Load(AtVersion{version}));
    return WriteCheckpoint(root, *snapshot, context);
  }
};

// The add action of a file, with its statistics.
inline AddFile WholeAction(const FileTable& files, FileOrdinal ordinal) {
  AddFile add = files.ToAction(ordinal);
  const auto stats = files.StatsJson(ordinal);
  if (!stats.ok()) add.stats = stats.error().ToString();
  if (stats.ok() && !stats->empty()) add.stats = *stats;
  return add;
}

// Everything an answer can depend on, as text.
inline std::string Describe(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  const FileTable& files = snapshot.files();
  for (FileOrdinal i : files.LiveOrdinals()) {
    std::string line;
    AppendActionJson(WholeAction(files, i), line);
    lines.push_back(line +
                    FormatScalar(files.PartitionValue(i, 0), snapshot.schema().fields[1].type));
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& [app, txn] : snapshot.transactions())
    AppendActionJson(txn, lines.emplace_back());
  for (const auto& [name, domain] : snapshot.domains())
    AppendActionJson(domain, lines.emplace_back());
  AppendActionJson(snapshot.metadata(), lines.emplace_back());
  AppendActionJson(snapshot.protocol(), lines.emplace_back());
  std::string text =
      fmt::format("{} {} {}\n", snapshot.version(), files.live_files(), files.live_bytes());
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

inline std::vector<std::string> LivePaths(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  for (FileOrdinal i : snapshot.files().LiveOrdinals())
    paths.emplace_back(snapshot.files().Get(i).path);
  return paths;
}

}  // namespace lakehold::delta
