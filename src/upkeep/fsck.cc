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
#include "delta/checksum.h"
#include "delta/deletion_vector.h"
#include "delta/log_path.h"
#include "delta/partition_value.h"
#include "delta/snapshot.h"

namespace lakehold::upkeep {
namespace {

using delta::LogFile;
using delta::LogFileKind;

// The live files at some version, by identity, with their sizes: what checkpoints and checksums are
// compared with.
class LiveFiles {
 public:
  void Apply(const delta::Action& action) {
    if (const auto* add = std::get_if<delta::AddFile>(&action))
      sizes_[KeyOf(*add)] = add->size_bytes;
    if (const auto* remove = std::get_if<delta::RemoveFile>(&action)) sizes_.erase(KeyOf(*remove));
  }
  template <typename FileAction>
  static std::string KeyOf(const FileAction& file) {
    return file.path + "\n" +
           (file.deletion_vector ? file.deletion_vector->UniqueId() : std::string());
  }
  bool operator==(const LiveFiles&) const = default;
  int64_t count() const { return static_cast<int64_t>(sizes_.size()); }
  int64_t bytes() const {
    int64_t bytes = 0;
    for (const auto& [key, size] : sizes_) bytes += size;
    return bytes;
  }

 private:
  std::map<std::string, int64_t> sizes_;
};

class Inspection {
 public:
  Inspection(const delta::TableRoot& root, bool deep, const delta::LogContext& context)
      : root_(root), deep_(deep), context_(context) {}

  Result<FsckReport> Run() {
    LAKEHOLD_TRY(ListLog());
    LAKEHOLD_TRY(CheckCommits());
    auto snapshot = delta::Snapshot::Load(root_, Latest{}, context_);
    if (!snapshot.ok()) {
      Damage(std::string(delta::kLogFolder), snapshot.error().ToString());
      return std::move(report_);
    }
    report_.version = (*snapshot)->version();
    LAKEHOLD_TRY(CheckFiles(**snapshot));
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
      if (file->kind == LogFileKind::kCommit) commits_[file->version] = *file;
      if (file->kind == LogFileKind::kClassicCheckpoint) checkpoints_[file->version] = *file;
      if (file->kind == LogFileKind::kChecksum) checksums_[file->version] = *file;
    }
  }

  // Replays the commits that are there, in order, and meets each checkpoint and checksum at its
  // version. The replay is complete if it starts at version 0, or at a checkpoint.
  Status CheckCommits() {
    std::optional<LiveFiles> live;
    if (!commits_.empty() && commits_.begin()->first == 0) live.emplace();
    delta::Version expected = commits_.empty() ? 0 : commits_.begin()->first;
    for (const auto& [version, file] : commits_) {
      if (version != expected) {
        Damage(delta::CommitName(expected),
               fmt::format("missing, though version {} exists", version));
        live.reset();
      }
      expected = version + 1;
      LAKEHOLD_TRY(CheckCommit(file, live));
      LAKEHOLD_TRY(CheckCheckpoint(version, live));
      CheckChecksum(version, live);
    }
    return {};
  }

  Status CheckCommit(const LogFile& file, std::optional<LiveFiles>& live) {
    ++report_.commits_checked;
    auto bytes = root_.store->Get(file.key, std::nullopt);
    auto parsed = bytes.ok() ? delta::ParseCommit(*bytes, file.key, delta::ActionFilter{},
                                                  [&](delta::Action&& action) {
                                                    if (live) live->Apply(action);
                                                    return Status();
                                                  })
                             : Status(bytes.error());
    if (parsed.ok()) return {};
    Damage(file.key, parsed.error().ToString());
    live.reset();
    return {};
  }

  Status CheckCheckpoint(delta::Version version, std::optional<LiveFiles>& live) {
    const auto found = checkpoints_.find(version);
    if (found == checkpoints_.end() || !context_.checkpoint_codec) return {};
    ++report_.checkpoints_checked;
    LiveFiles told;
    delta::CheckpointColumns columns;
    columns.stats = false;
    const delta::CheckpointVisitor visitor{[&](delta::Action&& action) {
                                             told.Apply(action);
                                             return Status();
                                           },
                                           [](delta::Sidecar&&) { return Status(); }};
    auto read = context_.checkpoint_codec->Read(root_, found->second.key, columns, visitor);
    if (!read.ok()) {
      Damage(found->second.key, read.error().ToString());
      return {};
    }
    if (live && !(told == *live)) {
      Damage(found->second.key,
             fmt::format("holds {} files of {} bytes, the log of that version {} files of {} bytes",
                         told.count(), told.bytes(), live->count(), live->bytes()));
    }
    if (!live) live = std::move(told);
    return {};
  }

  void CheckChecksum(delta::Version version, const std::optional<LiveFiles>& live) {
    const auto found = checksums_.find(version);
    if (found == checksums_.end()) return;
    auto bytes = root_.store->Get(found->second.key, std::nullopt);
    const auto checksum = bytes.ok() ? delta::ParseChecksum(bytes->view()) : std::nullopt;
    if (!checksum) {
      Remark(found->second.key, "not a version checksum; it is ignored");
    } else if (live && (checksum->num_files != live->count() ||
                        checksum->table_size_bytes != live->bytes())) {
      Damage(found->second.key,
             fmt::format("says {} files of {} bytes, the log {} files of {} bytes",
                         checksum->num_files, checksum->table_size_bytes, live->count(),
                         live->bytes()));
    }
  }

  Status CheckFiles(const delta::Snapshot& snapshot) {
    const auto& files = snapshot.files();
    for (const auto ordinal : files.LiveOrdinals()) {
      ++report_.files_checked;
      const auto view = files.Get(ordinal);
      auto key = delta::DecodeLogPath(view.path, root_.uri());
      if (!key.ok()) {
        Damage(std::string(view.path), key.error().ToString());
        continue;
      }
      CheckDataFile(*key, view);
      if (view.deletion_vector == nullptr) continue;
      auto vector = delta::DeletionVector::Load(root_, *view.deletion_vector);
      if (!vector.ok()) Damage(std::string(view.path), vector.error().ToString());
    }
    return {};
  }

  void CheckDataFile(const std::string& key, const delta::FileView& view) {
    auto meta = root_.store->Head(root_.KeyOf(key));
    if (!meta.ok()) {
      Damage(key, meta.error().ToString());
      return;
    }
    if (static_cast<int64_t>(meta->size_bytes) != view.size_bytes) {
      Damage(key, fmt::format("has {} bytes, the log says {}", meta->size_bytes, view.size_bytes));
      return;
    }
    if (!deep_) return;
    auto bytes = root_.store->Get(root_.KeyOf(key), std::nullopt);
    if (!bytes.ok()) {
      Damage(key, bytes.error().ToString());
    } else if (bytes->size() < 12 || bytes->view().substr(0, 4) != "PAR1" ||
               bytes->view().substr(bytes->size() - 4) != "PAR1") {
      Damage(key, "does not begin and end as a Parquet file");
    }
  }

  const delta::TableRoot& root_;
  const bool deep_;
  const delta::LogContext& context_;
  FsckReport report_;
  std::map<delta::Version, LogFile> commits_;
  std::map<delta::Version, LogFile> checkpoints_;
  std::map<delta::Version, LogFile> checksums_;
};

}  // namespace

Result<FsckReport> Fsck(const delta::TableRoot& root, bool deep, const delta::LogContext& context) {
  return Inspection(root, deep, context).Run();
}

}  // namespace lakehold::upkeep
