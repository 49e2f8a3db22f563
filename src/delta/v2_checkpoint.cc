#include "delta/v2_checkpoint.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "delta/checkpoint_proof.h"
#include "delta/checkpoint_reader.h"
#include "delta/checkpoint_state.h"
#include "delta/features.h"
#include "delta/log_path.h"
#include "delta/log_segment.h"
#include "delta/md5.h"
#include "storage/atomic_file.h"

namespace lakehold::delta {
namespace {

constexpr int64_t kClassicEvery = 10;
constexpr std::string_view kSidecarFolder = "_sidecars/";

std::string KeyOf(const TableRoot& root, const Sidecar& sidecar) {
  return root.LogKeyOf(std::string(kSidecarFolder) + sidecar.path);
}

// What the sidecars of a new checkpoint are to be.
struct SidecarPlan {
  std::vector<TaggedSidecar> kept;
  FileOrdinals files;  // Of the snapshot: into new sidecars.
  std::vector<RemoveFile> tombstones;
};

// Everything into new sidecars.
Result<SidecarPlan> PlanAnew(const Snapshot& snapshot, const LogContext& context) {
  SidecarPlan plan;
  plan.files = snapshot.files().LiveOrdinals();
  LAKEHOLD_ASSIGN(plan.tombstones, snapshot.LoadTombstones(context));
  return plan;
}

// A checkpoint and the commits after it as the sidecars of the next one. Nothing where the two do
// not add up to the snapshot: then all is written anew.
class SidecarPlanner {
 public:
  SidecarPlanner(const TableRoot& root, const Snapshot& snapshot, const LogContext& context)
      : root_(root), uri_(root.uri()), snapshot_(snapshot), context_(context) {}

  Result<std::optional<SidecarPlan>> Plan(const V2Manifest& previous, LogSegment segment) {
    for (const AddFile& add : segment.adds) {
      if (!TakeFile(add)) return std::optional<SidecarPlan>();
      mentioned_.insert(FileKeyText(add.path, add.deletion_vector, uri_));
    }
    for (const RemoveFile& remove : segment.removes)
      mentioned_.insert(FileKeyText(remove.path, remove.deletion_vector, uri_));
    LAKEHOLD_ASSIGN(const bool adds_up, PlanFiles(previous));
    if (!adds_up) return std::optional<SidecarPlan>();
    LAKEHOLD_TRY(PlanTombstones(previous, std::move(segment.removes)));
    std::sort(plan_.files.begin(), plan_.files.end());
    return std::optional(std::move(plan_));
  }

 private:
  bool TakeFile(const AddFile& add) {
    const auto ordinal = snapshot_.files().Find(
        add.path, add.deletion_vector ? add.deletion_vector->UniqueId() : "");
    if (ordinal) plan_.files.push_back(*ordinal);
    return ordinal.has_value();
  }

  // The old files, less those the commits say something about, and the new ones are the snapshot's:
  // how many are superseded follows from the numbers, and which is looked up, newest sidecars
  // first, only until all are found.
  Result<bool> PlanFiles(const V2Manifest& previous) {
    int64_t superseded = static_cast<int64_t>(plan_.files.size()) - snapshot_.files().live_files();
    for (const TaggedSidecar& sidecar : previous.sidecars) superseded += sidecar.adds;
    if (superseded < 0) return false;
    std::vector<TaggedSidecar> kept;  // Newest first.
    for (auto sidecar = previous.sidecars.rbegin(); sidecar != previous.sidecars.rend();
         ++sidecar) {
      if (sidecar->adds == 0) continue;
      const bool is_small = kept.empty() && IsWorthMerging(*sidecar);
      if (superseded == 0 && !is_small) {
        kept.push_back(*sidecar);
        continue;
      }
      LAKEHOLD_ASSIGN(const auto read, ReadFiles(*sidecar));
      if (!read) return false;
      superseded -= read->superseded;
      if (read->superseded == 0 && !is_small) {
        kept.push_back(*sidecar);
      } else {
        plan_.files.insert(plan_.files.end(), read->alive.begin(), read->alive.end());
      }
    }
    std::reverse(kept.begin(), kept.end());
    plan_.kept = std::move(kept);
    return superseded == 0;
  }

  // No larger than what is to be written anyway: so each file is copied a number of times that
  // grows with the logarithm of the checkpoints.
  bool IsWorthMerging(const TaggedSidecar& sidecar) const {
    const auto pending = static_cast<int64_t>(plan_.files.size());
    return sidecar.adds <= pending && sidecar.adds + pending <= limits::kSidecarRows;
  }

  struct ReadSidecar {
    int64_t superseded = 0;
    FileOrdinals alive;
  };
  // Nothing if the sidecar does not hold what it should.
  Result<std::optional<ReadSidecar>> ReadFiles(const TaggedSidecar& sidecar) {
    ReadSidecar read;
    bool is_sound = true;
    const CheckpointColumns columns{
        .files = true, .tombstones = false, .state = false, .stats = false};
    LAKEHOLD_TRY(Read(sidecar, columns, [&](Action&& action) -> Status {
      const auto* add = std::get_if<AddFile>(&action);
      if (add == nullptr) return {};
      if (mentioned_.contains(FileKeyText(add->path, add->deletion_vector, uri_))) {
        ++read.superseded;
        return {};
      }
      const auto ordinal = snapshot_.files().Find(
          add->path, add->deletion_vector ? add->deletion_vector->UniqueId() : "");
      is_sound = is_sound && ordinal.has_value();
      if (ordinal) read.alive.push_back(*ordinal);
      return {};
    }));
    is_sound =
        is_sound && read.superseded + static_cast<int64_t>(read.alive.size()) == sidecar.adds;
    if (!is_sound) return std::optional<ReadSidecar>();
    return std::optional(std::move(read));
  }

  // Tombstones of old sidecars stay where they are as long as all of them are to be kept.
  Status PlanTombstones(const V2Manifest& previous, std::vector<RemoveFile> removes) {
    const int64_t expired_ms =
        ExpiredTombstonesMs(snapshot_.metadata(), context_.runtime.clock.NowMs());
    const auto is_kept = [&](const RemoveFile& remove) {
      return remove.deletion_timestamp_ms.value_or(0) > expired_ms;
    };
    plan_.tombstones = std::move(removes);
    std::erase_if(plan_.tombstones, [&](const RemoveFile& remove) { return !is_kept(remove); });
    const CheckpointColumns columns{
        .files = true, .tombstones = true, .state = false, .stats = false};
    for (auto sidecar = previous.sidecars.rbegin(); sidecar != previous.sidecars.rend();
         ++sidecar) {
      if (sidecar->removes == 0) continue;
      std::vector<RemoveFile> alive;
      LAKEHOLD_TRY(Read(*sidecar, columns, [&](Action&& action) -> Status {
        auto* remove = std::get_if<RemoveFile>(&action);
        if (remove == nullptr || !is_kept(*remove) ||
            mentioned_.contains(FileKeyText(remove->path, remove->deletion_vector, uri_)))
          return {};
        alive.push_back(std::move(*remove));
        return {};
      }));
      const bool is_whole = static_cast<int64_t>(alive.size()) == sidecar->removes;
      if (is_whole && alive.size() > plan_.tombstones.size()) {
        plan_.kept.push_back(*sidecar);
      } else {
        std::move(alive.begin(), alive.end(), std::back_inserter(plan_.tombstones));
      }
    }
    return {};
  }

  Status Read(const TaggedSidecar& sidecar, const CheckpointColumns& columns,
              const std::function<Status(Action&&)>& visit) {
    return context_.checkpoint_codec->Read(root_, KeyOf(root_, sidecar.file), columns,
                                           {visit, [](Sidecar&&) { return Status(); }});
  }

  const TableRoot& root_;
  const std::string uri_;
  const Snapshot& snapshot_;
  const LogContext& context_;
  std::unordered_set<std::string> mentioned_;  // By the commits since.
  SidecarPlan plan_;
};

// The newest manifest of ours at or before the snapshot's version, as far as the hint or the
// snapshot itself tells.
std::optional<V2Manifest> FindPrevious(const TableRoot& root, const Snapshot& snapshot) {
  auto version = snapshot.last_checkpoint();
  const auto text = root.store->Get(root.LogKeyOf(kLastCheckpointName), std::nullopt);
  const auto hint = text.ok() ? ParseLastCheckpoint(text->view()) : std::nullopt;
  if (hint && hint->version <= snapshot.version() && hint->version > version.value_or(-1))
    version = hint->version;
  if (!version) return std::nullopt;
  auto lister = root.store->List(root.LogKeyOf(fmt::format("{:020}.checkpoint.", *version)), "");
  if (!lister.ok()) return std::nullopt;
  while (true) {
    auto meta = (*lister)->Next();
    if (!meta.ok() || !*meta) return std::nullopt;
    if (!(*meta)->key.ends_with(".json")) continue;
    auto json = root.store->Get((*meta)->key, std::nullopt);
    auto manifest = json.ok() ? ParseManifest(json->view()) : std::nullopt;
    if (manifest && manifest->version == *version) return manifest;
  }
}

// Writes one checkpoint: its sidecars, then what names them.
class V2Writer {
 public:
  V2Writer(const TableRoot& root, const Snapshot& snapshot, const LogContext& context)
      : root_(root),
        snapshot_(snapshot),
        context_(context),
        expired_ms_(ExpiredTransactionsMs(snapshot.metadata(), context.runtime.clock.NowMs())) {
    shape_ = ShapeOf(snapshot);
    shape_.is_sidecar = true;
    manifest_.version = snapshot.version();
    manifest_.stats = shape_.stats_as_json ? "json" : "none";
    // Sidecars of another schema are not taken over.
    if (shape_.stats_as_struct != nullptr)
      manifest_.stats += "+" + Md5Hex(snapshot.metadata().schema_string);
  }

  Result<CheckpointReport> Run() {
    const auto previous = FindPrevious(root_, snapshot_);
    if (previous && previous->version == snapshot_.version()) return Report(*previous, false);
    manifest_.since_classic = previous ? (previous->since_classic + 1) % kClassicEvery : 0;
    if (auto plan = PlanUpon(previous)) {
      const Status written = WriteOrClear(*std::move(plan));
      if (written.ok()) return Report(manifest_, true);
      // The one before was not what it said: then nothing is taken over.
      if (written.error().kind != ErrorKind::kCorrupt) return written.error();
    }
    LAKEHOLD_ASSIGN(SidecarPlan plan, PlanAnew(snapshot_, context_));
    LAKEHOLD_TRY(WriteOrClear(std::move(plan)));
    return Report(manifest_, true);
  }

 private:
  std::optional<SidecarPlan> PlanUpon(const std::optional<V2Manifest>& previous) {
    if (!previous || previous->stats != manifest_.stats) return std::nullopt;
    auto segment = ReadLogSegment(root_, previous->version + 1, snapshot_.version());
    if (!segment.ok()) return std::nullopt;
    auto plan = SidecarPlanner(root_, snapshot_, context_).Plan(*previous, *std::move(segment));
    return plan.ok() ? *std::move(plan) : std::nullopt;
  }

  Status WriteOrClear(SidecarPlan plan) {
    proof_.emplace(snapshot_, fmt::format("the checkpoint of version {}", snapshot_.version()),
                   expired_ms_);
    Status written = Write(std::move(plan));
    // What nothing names is of no use to anybody.
    if (!written.ok()) {
      for (const std::string& key : nameless_) (void)root_.store->Delete(key);
    }
    nameless_.clear();
    return written;
  }

  Status Write(SidecarPlan plan) {
    int64_t kept_files = 0, kept_bytes = 0;
    for (const TaggedSidecar& sidecar : plan.kept) {
      LAKEHOLD_ASSIGN(const auto meta, root_.store->Head(KeyOf(root_, sidecar.file)));
      if (meta.size_bytes != sidecar.file.size_bytes) {
        return Corrupt("delta.bad_checkpoint",
                       fmt::format("{} has {} bytes, its checkpoint says {}", meta.key,
                                   meta.size_bytes, sidecar.file.size_bytes));
      }
      kept_files += sidecar.adds;
      kept_bytes += sidecar.add_bytes;
    }
    manifest_.sidecars = std::move(plan.kept);
    LAKEHOLD_TRY(WriteFiles(plan.files));
    LAKEHOLD_TRY(WriteTombstones(std::move(plan.tombstones)));
    LAKEHOLD_TRY(proof_->FinishFiles(kept_files, kept_bytes));
    const std::vector<Action> state = StateActions(snapshot_, expired_ms_);
    for (const Action& action : state) LAKEHOLD_TRY(proof_->Admit(action));
    LAKEHOLD_TRY(proof_->FinishState());
    if (manifest_.since_classic == 0) LAKEHOLD_TRY(WriteClassic(state));
    return WriteManifest(state);
  }

  Status WriteFiles(const FileOrdinals& files) {
    const FileTable& table = snapshot_.files();
    for (size_t at = 0; at < files.size();) {
      const size_t end = std::min(files.size(), at + static_cast<size_t>(limits::kSidecarRows));
      TaggedSidecar sidecar;
      sidecar.adds = static_cast<int64_t>(end - at);
      const size_t first = at;
      for (size_t i = at; i < end; ++i) sidecar.add_bytes += table.Get(files[i]).size_bytes;
      LAKEHOLD_TRY(WriteSidecar(sidecar, [&]() -> Result<std::optional<Action>> {
        if (at == end) return std::optional<Action>();
        AddFile add = CheckpointAdd(table.ToAction(files[at]));
        LAKEHOLD_ASSIGN(std::string stats, table.StatsJson(files[at++]));
        if (!stats.empty()) add.stats = std::move(stats);
        return std::optional<Action>(std::move(add));
      }));
      for (size_t i = first; i < end; ++i) {
        if (!proof_->HasSeen(files[i])) {
          return Corrupt(
              "delta.checkpoint_incomplete",
              fmt::format("{} does not hold file {}", KeyOf(root_, manifest_.sidecars.back().file),
                          table.Get(files[i]).path));
        }
      }
    }
    return {};
  }

  Status WriteTombstones(std::vector<RemoveFile> tombstones) {
    for (size_t at = 0; at < tombstones.size();) {
      const size_t end =
          std::min(tombstones.size(), at + static_cast<size_t>(limits::kSidecarRows));
      TaggedSidecar sidecar;
      sidecar.removes = static_cast<int64_t>(end - at);
      LAKEHOLD_TRY(WriteSidecar(sidecar, [&]() -> Result<std::optional<Action>> {
        if (at == end) return std::optional<Action>();
        return std::optional<Action>(CheckpointRemove(std::move(tombstones[at++])));
      }));
    }
    return {};
  }

  // Writes one sidecar, reads it back and puts it into the manifest.
  Status WriteSidecar(TaggedSidecar sidecar, const ActionSource& next) {
    sidecar.file.path = NewUuid(context_.runtime.random) + ".parquet";
    const std::string key = KeyOf(root_, sidecar.file);
    LAKEHOLD_TRY(context_.checkpoint_codec->Write(root_, key, next, shape_));
    nameless_.push_back(key);
    const int64_t adds_before = proof_->live_files(), removes_before = proof_->removes();
    const CheckpointColumns columns{
        .files = true, .tombstones = true, .state = false, .stats = false};
    LAKEHOLD_TRY(
        context_.checkpoint_codec->Read(root_, key, columns,
                                        {[&](Action&& action) { return proof_->Admit(action); },
                                         [](Sidecar&&) { return Status(); }}));
    const int64_t adds = proof_->live_files() - adds_before;
    const int64_t removes = proof_->removes() - removes_before;
    if (adds != sidecar.adds || removes != sidecar.removes) {
      return Corrupt("delta.checkpoint_incomplete",
                     fmt::format("{} holds {} adds and {} removes where {} and {} were written",
                                 key, adds, removes, sidecar.adds, sidecar.removes));
    }
    LAKEHOLD_ASSIGN(const auto meta, root_.store->Head(key));
    sidecar.file.size_bytes = meta.size_bytes;
    sidecar.file.modified_ms = meta.modified_ns / 1'000'000;
    manifest_.sidecars.push_back(std::move(sidecar));
    return {};
  }

  // The same manifest under the name that old readers look for. One that is there already is as
  // good.
  Status WriteClassic(const std::vector<Action>& state) {
    CheckpointShape shape;
    shape.v2_version = snapshot_.version();
    for (const TaggedSidecar& sidecar : manifest_.sidecars) shape.sidecars.push_back(sidecar.file);
    const std::string key = root_.LogKeyOf(ClassicCheckpointName(snapshot_.version()));
    size_t next = 0;
    const auto written = context_.checkpoint_codec->Write(
        root_, key,
        [&]() -> Result<std::optional<Action>> {
          if (next == state.size()) return std::optional<Action>();
          return std::optional(state[next++]);
        },
        shape);
    if (!written.ok() && written.error().kind == ErrorKind::kAlreadyExists) return {};
    if (!written.ok()) return written.error();
    const Status proven = ProveClassic(key, shape.sidecars.size());
    if (!proven.ok()) (void)root_.store->Delete(key);
    // It names the sidecars: from here on they stay.
    if (proven.ok()) nameless_.clear();
    return proven;
  }

  Status ProveClassic(const std::string& key, size_t sidecars) {
    CheckpointProof proof(snapshot_, key, expired_ms_);
    size_t named = 0;
    const CheckpointColumns columns{
        .files = false, .tombstones = false, .state = true, .stats = false};
    LAKEHOLD_TRY(context_.checkpoint_codec->Read(
        root_, key, columns,
        {[&](Action&& action) { return proof.Admit(action); },
         [&](Sidecar&& sidecar) -> Status {
           named += std::ranges::count_if(manifest_.sidecars, [&](const TaggedSidecar& ours) {
             return ours.file.path == sidecar.path;
           });
           return {};
         }}));
    LAKEHOLD_TRY(proof.FinishState());
    if (named == sidecars) return {};
    return Corrupt("delta.checkpoint_incomplete",
                   fmt::format("{} names {} sidecars of {}", key, named, sidecars));
  }

  Status WriteManifest(const std::vector<Action>& state) {
    const std::string text = FormatManifest(manifest_, state);
    const std::string key = root_.LogKeyOf(fmt::format(
        "{:020}.checkpoint.{}.json", snapshot_.version(), NewUuid(context_.runtime.random)));
    const auto put = storage::PutIfAbsent(*root_.store, key, AsBytes(text));
    // Without a settled name it may yet be there: its sidecars must be too.
    if (put.ok() || put.error().kind == ErrorKind::kOutcomeUnknown) nameless_.clear();
    if (!put.ok()) return put.error();
    manifest_bytes_ = text.size();
    return {};
  }

  Result<CheckpointReport> Report(const V2Manifest& manifest, bool written) {
    CheckpointReport report{.version = manifest.version, .written = written};
    report.actions = static_cast<int64_t>(StateActions(snapshot_, expired_ms_).size() +
                                          manifest.sidecars.size()) +
                     1;
    report.size_bytes = manifest_bytes_;
    for (const TaggedSidecar& sidecar : manifest.sidecars) {
      report.actions += sidecar.adds + sidecar.removes;
      report.live_files += sidecar.adds;
      report.size_bytes += sidecar.file.size_bytes;
    }
    LAKEHOLD_TRY(MoveHint(root_, report));
    return report;
  }

  const TableRoot& root_;
  const Snapshot& snapshot_;
  const LogContext& context_;
  const std::optional<int64_t> expired_ms_;
  std::optional<CheckpointProof> proof_;  // Of the new sidecars and the state.
  CheckpointShape shape_;
  V2Manifest manifest_;
  uint64_t manifest_bytes_ = 0;
  std::vector<std::string> nameless_;  // New sidecars, until something names them.
};

}  // namespace

bool WantsV2Checkpoint(const Snapshot& snapshot) {
  const auto policy = snapshot.metadata().configuration.find("delta.checkpointPolicy");
  return policy != snapshot.metadata().configuration.end() && AsciiLower(policy->second) == "v2" &&
         Supports(snapshot.protocol(), "v2Checkpoint");
}

Result<CheckpointReport> WriteV2Checkpoint(const TableRoot& root, const Snapshot& snapshot,
                                           const LogContext& context) {
  return V2Writer(root, snapshot, context).Run();
}

}  // namespace lakehold::delta
