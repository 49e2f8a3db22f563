#include "txn/commit.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/uuid.h"
#include "delta/action_json.h"
#include "delta/log_path.h"
#include "delta/next_snapshot.h"
#include "txn/aftermath.h"
#include "txn/backoff.h"
#include "txn/winner_log.h"

namespace lakehold::txn {
namespace {

// What a look at the log says of an attempt whose answer was an error.
enum class Sighting : uint8_t { kOurs, kTheirs, kAbsent };

// One draft on its way to a version. Every path out of Run() has either won, or lost for certain
// and cleaned up, or says that it does not know and has left everything as it is.
class Race {
 public:
  Race(const delta::TableRoot& root, Draft draft, WrittenFiles files, const CommitOptions& options,
       const delta::LogContext& context)
      : root_(root),
        draft_(std::move(draft)),
        files_(std::move(files)),
        options_(options),
        context_(context),
        committer_(options.committer != nullptr ? *options.committer : LogFolderCommitter()),
        backoff_(context.runtime.random),
        started_ns_(context.runtime.clock.MonotonicNs()),
        next_(draft_.base ? draft_.base->version() + 1 : 0) {}

  Result<Outcome> Run() {
    auto prepared = Prepare();
    if (!prepared.ok()) return Abandon(std::move(prepared).error());
    for (;;) {
      if (attempts_ > 0 && WaitedMs() > options_.deadline_ms) return Abandon(DeadlineError());
      LAKEHOLD_ASSIGN(const auto offer, Offer());
      if (offer == Sighting::kOurs) return Acknowledge(next_);
      if (offer == Sighting::kTheirs) {
        auto lost = CatchUp();
        if (!lost.ok()) return Abandon(std::move(lost).error());
        if (ours_at_) return Acknowledge(*ours_at_);
        if (*lost) {
          DiscardFiles(root_, std::move(files_));
          return Outcome(std::move(**lost));
        }
      }
      // kAbsent: the same bytes are offered again. If the first offer lands after all, we will find
      // our own id.
      Pause();
    }
  }

 private:
  int64_t WaitedMs() const {
    return (context_.runtime.clock.MonotonicNs() - started_ns_) / 1'000'000;
  }

  // Everything before the first offer: the entry written and, with the data files, durable.
  Status Prepare() {
    if (draft_.empty())
      return Internal("txn.empty_draft", fmt::format("{}: nothing to commit", root_.uri()));
    LAKEHOLD_TRY(CheckTableIsThere());
    FillCommitInfo();
    LAKEHOLD_TRY(StageEntry());
    LAKEHOLD_TRY(SettleBytes());
    if (!root_.store->NamesSettleInOrder() && !files_.folders.empty()) {
      LAKEHOLD_TRY(root_.store->SettleNames(files_.folders));
    }
    if (options_.cancel != nullptr && options_.cancel->cancelled()) {
      return Cancelled("txn.cancelled",
                       fmt::format("{}: the commit was cancelled; nothing changed", root_.uri()));
    }
    return {};
  }

  // A table dropped, or dropped and made again, since the draft was begun is not the table the
  // draft is about: its log must not get an entry that follows nothing.
  Status CheckTableIsThere() const {
    if (!draft_.base) return {};
    LAKEHOLD_ASSIGN(const bool there, draft_.base->IsStillThere());
    if (there) return {};
    return NotFound(
        "txn.table_gone",
        fmt::format(
            "{}: version {}, which this transaction began with, is gone: the table was dropped or "
            "made again meanwhile; nothing changed",
            root_.uri(), draft_.base->version()),
        "open the table again");
  }

  void FillCommitInfo() {
    auto& info = draft_.info;
    const int64_t now_ms = context_.runtime.clock.NowMs();
    info.timestamp_ms = now_ms;
    info.engine_info = options_.engine_info;
    info.is_blind_append = draft_.reads.blind() && draft_.removes.empty();
    info.isolation_level = "Serializable";
    if (draft_.base) info.read_version = draft_.base->version();
    if (!info.txn_id) info.txn_id = NewUuid(context_.runtime.random);
    const auto& metadata = draft_.metadata ? *draft_.metadata : draft_.base->metadata();
    const auto ict = metadata.configuration.find("delta.enableInCommitTimestamps");
    if (ict != metadata.configuration.end() && ict->second == "true") {
      const int64_t after = draft_.base ? draft_.base->timestamp_ms() + 1 : now_ms;
      info.in_commit_timestamp_ms = std::max(now_ms, after);
    }
  }

  Status StageEntry() {
    json_ = Bytes::CopyOf(delta::FormatCommit(ToActions(draft_, *draft_.info.timestamp_ms)));
    if (entry_ && !offer_unknown_) return entry_->Rewrite(json_.span());
    LAKEHOLD_ASSIGN(auto sink, root_.store->OpenSink(root_.KeyOf(delta::kLogFolder)));
    LAKEHOLD_TRY(sink->Write(json_.span()));
    LAKEHOLD_ASSIGN(entry_, sink->Finish());
    offer_unknown_ = false;
    return {};
  }

  // Data and log bytes in one wait for the disk.
  Status SettleBytes() {
    std::vector<storage::Staged*> all;
    all.reserve(files_.unsettled.size() + 1);
    for (const auto& file : files_.unsettled) all.push_back(file.get());
    all.push_back(entry_.get());
    LAKEHOLD_TRY(root_.store->SettleBytes(all));
    files_.unsettled.clear();
    return {};
  }

  // One attempt, settled by a look at the log where the answer was an error. An error here is
  // final.
  Result<Sighting> Offer() {
    ++attempts_;
    auto attempt = committer_.TryCommit(root_, next_, *entry_);
    if (attempt.ok()) {
      auto* won = std::get_if<Won>(&*attempt);
      if (won == nullptr) return Sighting::kTheirs;
      won_ = std::move(won->meta);
      return Sighting::kOurs;
    }
    LAKEHOLD_ASSIGN(const auto sighting, LookForOurs(attempt.error()));
    const bool settled = attempt.error().kind != ErrorKind::kOutcomeUnknown;
    if (sighting == Sighting::kAbsent && settled) {
      offer_unknown_ = false;  // The store says that nothing happened, and the log agrees.
      return Abandon(std::move(attempt).error());
    }
    return sighting;
  }

  // The offer failed: the log itself says what happened. An error here is final: the outcome is
  // unknown.
  Result<Sighting> LookForOurs(const Error& cause) {
    offer_unknown_ = true;
    for (;;) {
      auto actions = ReadCommit(root_, next_);
      if (actions.ok()) {
        if (!*actions) return Sighting::kAbsent;
        return IsCommitOf(**actions, *draft_.info.txn_id) ? Sighting::kOurs : Sighting::kTheirs;
      }
      const bool hopeless =
          actions.error().kind == ErrorKind::kIo || actions.error().kind == ErrorKind::kCorrupt;
      if (hopeless || WaitedMs() > options_.deadline_ms) {
        return Unknown(fmt::format("{}; reading the log back failed too: {}", cause.message,
                                   actions.error().message));
      }
      Pause();
    }
  }

  // Reads every version since ours was last right, checks it, and moves past it. A conflict, or
  // nothing.
  Result<std::optional<Conflicted>> CatchUp() {
    bool bytes_unchanged = true;
    for (;; ++next_) {
      LAKEHOLD_ASSIGN(auto theirs, ReadCommit(root_, next_));
      if (!theirs) break;
      if (IsCommitOf(*theirs, *draft_.info.txn_id)) {
        ours_at_ = next_;
        return std::optional<Conflicted>();
      }
      LAKEHOLD_ASSIGN(auto verdict, Rebase(draft_, next_, *theirs));
      if (auto* conflict = std::get_if<Conflicted>(&verdict))
        return std::optional(std::move(*conflict));
      auto& rebased = std::get<Rebased>(verdict);
      draft_ = std::move(rebased.draft);
      bytes_unchanged = bytes_unchanged && rebased.bytes_unchanged;
    }
    if (!bytes_unchanged || offer_unknown_) {
      LAKEHOLD_TRY(StageEntry());
      LAKEHOLD_TRY(SettleBytes());
    }
    return std::optional<Conflicted>();
  }

  void Pause() {
    const int64_t pause_ms = backoff_.NextMs(WaitedMs());
    if (pause_ms > 0) context_.runtime.clock.SleepMs(pause_ms);
  }

  // The version is born. Nothing from here on can turn success into "unchanged".
  Result<Outcome> Acknowledge(delta::Version version) {
    auto folders = std::move(files_.folders);
    folders.push_back(root_.KeyOf(delta::kLogFolder));
    auto settled = root_.store->SettleNames(folders);
    if (!settled.ok()) {
      return OutcomeUnknown(
          "storage.not_durable",
          fmt::format("{}: version {} is committed and visible, but its name could not be made "
                      "durable ({})",
                      root_.uri(), version, settled.error().message),
          *draft_.info.txn_id, "after a power cut, look for this transaction id before redoing");
    }
    Committed committed;
    committed.version = version;
    committed.timestamp_ms = draft_.info.in_commit_timestamp_ms.value_or(*draft_.info.timestamp_ms);
    committed.txn_id = *draft_.info.txn_id;
    committed.attempts = attempts_;
    ScheduleAftermath(root_, draft_.base, committed, json_.size(), options_, context_);
    committed.snapshot = SnapshotOf(version);
    return Outcome(std::move(committed));
  }

  // A gift, made of what is in memory: without it the next reader reads the entry.
  std::shared_ptr<const delta::Snapshot> SnapshotOf(delta::Version version) const {
    if (!won_ || !draft_.base || version != draft_.base->version() + 1) return nullptr;
    auto next = delta::NextSnapshot(*draft_.base, {version, *won_}, json_);
    return next.ok() ? std::move(next).value() : nullptr;
  }

  Error Unknown(const std::string& cause) const {
    return OutcomeUnknown("storage.lost_answer",
                          fmt::format("{}: version {} was offered and the answer was lost ({})",
                                      root_.uri(), next_, cause),
                          *draft_.info.txn_id,
                          "look for this transaction id in the log before redoing the work");
  }

  // Gives up: cleaned up where no version can name our files, left as it is where one might.
  Error Abandon(Error error) {
    if (offer_unknown_) return Unknown(error.message);
    entry_.reset();
    DiscardFiles(root_, std::move(files_));
    return error;
  }

  Error DeadlineError() const {
    return Unavailable("txn.deadline",
                       fmt::format("{}: lost {} races within {} ms; nothing changed", root_.uri(),
                                   attempts_, options_.deadline_ms),
                       "try again, or allow a longer deadline");
  }

  const delta::TableRoot& root_;
  Draft draft_;
  WrittenFiles files_;
  const CommitOptions& options_;
  const delta::LogContext& context_;
  Committer& committer_;
  Backoff backoff_;
  const int64_t started_ns_;
  delta::Version next_;  // The version offered next.
  std::unique_ptr<storage::Staged> entry_;
  Bytes json_;  // What the entry holds.
  std::optional<storage::ObjectMeta> won_;
  int attempts_ = 0;
  bool offer_unknown_ = false;  // The staged entry may have a name: it must not be rewritten.
  std::optional<delta::Version> ours_at_;
};

}  // namespace

Result<Outcome> Commit(const delta::TableRoot& root, Draft draft, WrittenFiles files,
                       const CommitOptions& options, const delta::LogContext& context) {
  return Race(root, std::move(draft), std::move(files), options, context).Run();
}

void DiscardFiles(const delta::TableRoot& root, WrittenFiles files) {
  files.unsettled.clear();
  for (const auto& key : files.keys) {
    // Best effort: a file no version names is harmless, and vacuum removes what stays.
    [[maybe_unused]] const auto ignored = root.store->Delete(key);
  }
}

Result<std::optional<delta::Version>> FindTransaction(const delta::TableRoot& root,
                                                      std::string_view txn_id, delta::Version after,
                                                      const delta::LogContext&) {
  for (delta::Version version = after + 1;; ++version) {
    LAKEHOLD_ASSIGN(auto actions, ReadCommit(root, version));
    if (!actions) return std::optional<delta::Version>();
    if (IsCommitOf(*actions, txn_id)) return std::optional(version);
  }
}

}  // namespace lakehold::txn
