#include "upkeep/fsck.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/checkpoint.h"
#include "delta/checkpoint_reader.h"
#include "delta/checksum.h"
#include "delta/deletion_vector.h"
#include "delta/log_path.h"
#include "delta/partition_value.h"
#include "delta/snapshot.h"
#include "storage/leftover_lister.h"
#include "upkeep/log_state.h"
#include "upkeep/parquet_footer.h"

namespace lakehold::upkeep {
namespace {

using delta::LogFile;
using delta::LogFileKind;
using delta::Version;

constexpr uint64_t kReadBytes = uint64_t{4} << 20;  // At a time, of files read to their end.

// What the log's folder holds of one version.
struct VersionFiles {
  std::optional<LogFile> commit;
  std::optional<LogFile> checksum;
  // The parts of each checkpoint, by what tells them apart: "", a number of parts, a name.
  std::map<std::string, std::vector<LogFile>> checkpoints;
};

class Inspection {
 public:
  Inspection(const delta::TableRoot& root, bool deep, const delta::LogContext& context)
      : root_(root), deep_(deep), context_(context) {}

  Result<FsckReport> Run() {
    LAKEHOLD_TRY(ListLog());
    LAKEHOLD_TRY(CheckLog());
    CheckHint();
    LAKEHOLD_TRY(CheckState());
    LAKEHOLD_TRY(NameLeftovers());
    return std::move(report_);
  }

 private:
  void Damage(std::string object, std::string message) {
    report_.findings.push_back({true, std::move(object), std::move(message)});
  }
  void Remark(std::string object, std::string message) {
    report_.findings.push_back({false, std::move(object), std::move(message)});
  }

  Status ListLog() {
    // Names of the log start with a digit; the prefix keeps its slash.
    const std::string first = root_.LogKeyOf("0");
    const std::string prefix = first.substr(0, first.size() - 1);
    LAKEHOLD_ASSIGN(auto lister, root_.store->List(prefix, ""));
    for (;;) {
      LAKEHOLD_ASSIGN(auto object, lister->Next());
      if (!object) return {};
      const std::string name = object->key.substr(prefix.size());
      auto file = delta::ParseLogFileName(name);
      if (!file) continue;
      file->key = object->key;
      auto& version = versions_[file->version];
      if (file->kind == LogFileKind::kCommit) version.commit = *file;
      if (file->kind == LogFileKind::kChecksum) version.checksum = *file;
      if (file->kind == LogFileKind::kClassicCheckpoint) version.checkpoints[""] = {*file};
      if (file->kind == LogFileKind::kUuidCheckpoint) version.checkpoints[name] = {*file};
      if (file->kind == LogFileKind::kMultiPartCheckpoint) {
        version.checkpoints[std::to_string(file->parts)].push_back(*file);
      }
    }
  }

  // Replays the commits that are there, in order, and meets each checkpoint and checksum at its
  // version. The replay is complete if it starts at version 0, or at a checkpoint.
  Status CheckLog() {
    std::optional<Version> expected;
    for (const auto& [version, files] : versions_) {
      if (version == 0 && files.commit) {
        live_.emplace();
        from_commits_ = true;
      }
      if (files.commit) {
        if (expected && version != *expected) MissingCommits(*expected, version);
        expected = version + 1;
        CheckCommit(*files.commit);
      }
      for (const auto& [kind, parts] : files.checkpoints) CheckCheckpoint(parts);
      if (files.checksum) CheckChecksum(*files.checksum);
    }
    return {};
  }

  void LoseReplay() {
    live_.reset();
    from_commits_ = false;
  }

  // What damage at `version` leaves readable: everything before it, and from the next checkpoint.
  std::string StillReadable(Version version) const {
    const auto next =
        std::find_if(versions_.upper_bound(version - 1), versions_.end(),
                     [](const auto& entry) { return !entry.second.checkpoints.empty(); });
    const std::string before =
        version > 0 && versions_.contains(version - 1)
            ? fmt::format("; versions up to {} can be read (--at {})", version - 1, version - 1)
            : "";
    if (next == versions_.end()) return before;
    return before + fmt::format("; so can version {} and newer, by its checkpoint", next->first);
  }

  void MissingCommits(Version first, Version next) {
    broken_.insert(first);
    const std::string more = next - first == 1 ? "" : fmt::format(" to version {}", next - 1);
    Damage(root_.LogKeyOf(delta::CommitName(first)),
           fmt::format("missing{}, though version {} exists; restore it from a backup{}", more,
                       next, StillReadable(first)));
    LoseReplay();
  }

  void CheckCommit(const LogFile& file) {
    ++report_.commits_checked;
    auto bytes = root_.store->Get(file.key, std::nullopt);
    if (live_) live_->BeginCommit();
    auto parsed = bytes.ok() ? delta::ParseCommit(*bytes, file.key, delta::ActionFilter{},
                                                  [&](delta::Action&& action) {
                                                    if (live_) live_->Apply(action);
                                                    return Status();
                                                  })
                             : Status(bytes.error());
    if (parsed.ok()) return;
    broken_.insert(file.version);
    Damage(file.key, parsed.error().ToString() + StillReadable(file.version));
    LoseReplay();
  }

  // What helps where a checkpoint cannot be trusted.
  std::string CheckpointRepair(Version version) const {
    if (!from_commits_) return "restore it from a backup: the commits before it are gone";
    return fmt::format(
        "the commits tell version {} without it: remove it, then write one by lakehold checkpoint",
        version);
  }

  void CheckCheckpoint(const std::vector<LogFile>& parts) {
    const LogFile& first = parts.front();
    if (first.parts > 0 && parts.size() != first.parts) {
      return Remark(first.key, fmt::format("is one of {} parts, of which {} are there; readers "
                                           "leave such a checkpoint out",
                                           first.parts, parts.size()));
    }
    if (!context_.checkpoint_codec) return;
    ++report_.checkpoints_checked;
    LogState told;
    delta::CheckpointColumns columns;
    columns.stats = false;
    delta::CheckpointSink sink{[&](delta::Action&& action) {
      told.Apply(action);
      return Status();
    }};
    sink.sidecar = [&](const std::string& key, const delta::Sidecar& sidecar) {
      CheckSidecar(first, key, sidecar);
      return Status();
    };
    const auto read = delta::ReadCheckpoint(root_, parts, columns, context_, sink);
    if (!read.ok()) {
      return Damage(first.key, fmt::format("{}; {}", read.error().ToString(),
                                           CheckpointRepair(first.version)));
    }
    if (const auto difference = live_ ? told.DifferenceFrom(*live_) : ""; !difference.empty()) {
      return Damage(first.key, fmt::format("differs from the commits: {}; {}", difference,
                                           CheckpointRepair(first.version)));
    }
    if (!live_) live_ = std::move(told);
  }

  // A sidecar that is missing is told by the reading of its checkpoint.
  void CheckSidecar(const LogFile& checkpoint, const std::string& key,
                    const delta::Sidecar& sidecar) {
    const auto meta = root_.store->Head(key);
    if (!meta.ok() || sidecar.size_bytes == 0 || meta->size_bytes == sidecar.size_bytes) return;
    Damage(key,
           fmt::format("has {} bytes, its checkpoint {} says {}; {}", meta->size_bytes,
                       checkpoint.key, sidecar.size_bytes, CheckpointRepair(checkpoint.version)));
  }

  void CheckChecksum(const LogFile& file) {
    auto bytes = root_.store->Get(file.key, std::nullopt);
    const auto checksum = bytes.ok() ? delta::ParseChecksum(bytes->view()) : std::nullopt;
    if (!checksum) {
      Remark(file.key, "not a version checksum; it is ignored");
    } else if (live_) {
      const auto contradictions = live_->Contradictions(*checksum);
      if (contradictions.empty()) return;
      Damage(file.key, fmt::format("{}; no answer of ours depends on it, other readers may stop: "
                                   "remove it",
                                   fmt::join(contradictions, "; ")));
    }
  }

  void CheckHint() {
    const std::string key = root_.LogKeyOf(delta::kLastCheckpointName);
    const auto bytes = root_.store->Get(key, std::nullopt);
    if (!bytes.ok()) return;  // A hint may be absent.
    const auto hint = delta::ParseLastCheckpoint(bytes->view());
    if (!hint) return Remark(key, "cannot be read as a hint; it is ignored");
    const auto found = versions_.find(hint->version);
    if (found == versions_.end() || found->second.checkpoints.empty()) {
      Remark(key, fmt::format("names a checkpoint of version {}, which is not there; it is ignored",
                              hint->version));
    }
  }

  // The newest version, or the newest one that can be put together.
  Status CheckState() {
    auto snapshot = delta::Snapshot::Load(root_, Latest{}, context_);
    if (!snapshot.ok()) {
      report_.version = -1;
      if (snapshot.error().kind == ErrorKind::kUnsupported) {
        Remark(std::string(delta::kLogFolder), snapshot.error().ToString());
        return {};
      }
      // What stands in its way has been told by name already, if it is a commit.
      if (broken_.empty()) Damage(std::string(delta::kLogFolder), snapshot.error().ToString());
      for (auto broken = broken_.rbegin(); broken != broken_.rend() && !snapshot.ok(); ++broken) {
        snapshot = delta::Snapshot::Load(root_, AtVersion{*broken - 1}, context_);
      }
      if (!snapshot.ok()) return {};
    }
    report_.version = (*snapshot)->version();
    return CheckFiles(**snapshot);
  }

  Status CheckFiles(const delta::Snapshot& snapshot) {
    const auto& files = snapshot.files();
    const auto rows = files.NumRecords();
    for (const auto ordinal : files.LiveOrdinals()) {
      ++report_.files_checked;
      const auto view = files.Get(ordinal);
      auto key = delta::DecodeLogPath(view.path, root_.uri());
      if (!key.ok()) {
        Damage(std::string(view.path), key.error().ToString());
        continue;
      }
      CheckDataFile(*key, view, rows[ordinal]);
      if (view.deletion_vector == nullptr) continue;
      const auto& told = *view.deletion_vector;
      auto vector = delta::DeletionVector::Load(root_, told);
      if (vector.ok()) continue;
      Damage(std::string(view.path),
             fmt::format("its deletion vector {}: {}; which of its rows are deleted is not known, "
                         "so it cannot be read; restore the vector's file from a backup",
                         told.storage_type == "i" ? "(in the log)" : told.UniqueId(),
                         vector.error().ToString()));
    }
    return {};
  }

  void DataDamage(const std::string& key, const std::string& what) {
    Damage(key, what +
                    "; restore the file from a backup; until then the rows of the other files "
                    "can be read where a condition skips this one");
  }

  void CheckDataFile(const std::string& key, const delta::FileView& view, int64_t rows) {
    const std::string object = root_.KeyOf(key);
    auto meta = root_.store->Head(object);
    if (!meta.ok()) {
      const bool missing = meta.error().kind == ErrorKind::kNotFound;
      return DataDamage(key, missing ? "is missing" : meta.error().ToString());
    }
    if (static_cast<int64_t>(meta->size_bytes) != view.size_bytes) {
      return DataDamage(
          key, fmt::format("has {} bytes, the log says {}", meta->size_bytes, view.size_bytes));
    }
    if (deep_) CheckContent(key, object, meta->size_bytes, rows);
  }

  void CheckContent(const std::string& key, const std::string& object, uint64_t size,
                    int64_t rows) {
    for (uint64_t at = 0; at < size; at += kReadBytes) {
      const storage::ByteRange range{at, std::min(kReadBytes, size - at)};
      if (const auto bytes = root_.store->Get(object, range); !bytes.ok()) {
        return DataDamage(key, bytes.error().ToString());
      }
    }
    const auto counted = ReadRowCount(*root_.store, object);
    if (!counted.ok() && counted.error().kind == ErrorKind::kUnsupported) {
      return Remark(key, counted.error().message);
    }
    if (!counted.ok()) return DataDamage(key, counted.error().message);
    if (rows >= 0 && *counted != rows) {
      DataDamage(key, fmt::format("has {} rows, the log says {}", *counted, rows));
    }
  }

  Status NameLeftovers() {
    auto* lister = dynamic_cast<storage::LeftoverLister*>(root_.store.get());
    if (lister == nullptr) return {};
    LAKEHOLD_ASSIGN(const auto leftovers, lister->ListLeftovers(root_.folder));
    for (const auto& left : leftovers) {
      Remark(left.key, fmt::format("{} bytes left by a writer that died; no version names it, and "
                                   "a later writer in this folder removes it once it is a day old",
                                   left.size_bytes));
    }
    return {};
  }

  const delta::TableRoot& root_;
  const bool deep_;
  const delta::LogContext& context_;
  FsckReport report_;
  std::map<Version, VersionFiles> versions_;
  std::set<Version> broken_;      // Commits that are missing or cannot be read.
  std::optional<LogState> live_;  // As far as the replay came; nothing where it has a hole.
  bool from_commits_ = false;     // Whether it came there without a checkpoint.
};

}  // namespace

Result<FsckReport> Fsck(const delta::TableRoot& root, bool deep, const delta::LogContext& context) {
  return Inspection(root, deep, context).Run();
}

}  // namespace lakehold::upkeep
