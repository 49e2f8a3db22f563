#include "txn/rebase.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "delta/features.h"
#include "delta/protocol_upgrade.h"
#include "txn/file_truth.h"
#include "txn/isolation.h"

namespace lakehold::txn {
namespace {

using delta::Action;

// One winner's actions by kind, so that each check reads as a sentence.
struct Winner {
  delta::Version version = 0;
  const delta::Protocol* protocol = nullptr;
  const delta::Metadata* metadata = nullptr;
  const delta::CommitInfo* info = nullptr;
  std::vector<const delta::AddFile*> adds;
  std::vector<const delta::RemoveFile*> removes;
  std::vector<const delta::SetTransaction*> transactions;
  std::vector<const delta::DomainMetadata*> domains;

  std::string_view operation() const {
    return info != nullptr && info->operation ? std::string_view(*info->operation)
                                              : "an unnamed operation";
  }
  bool blind_append() const { return info != nullptr && info->is_blind_append.value_or(false); }
};

struct Sorter {
  Winner& winner;
  void operator()(const delta::Protocol& action) { winner.protocol = &action; }
  void operator()(const delta::Metadata& action) { winner.metadata = &action; }
  void operator()(const delta::CommitInfo& action) { winner.info = &action; }
  void operator()(const delta::AddFile& action) { winner.adds.push_back(&action); }
  void operator()(const delta::RemoveFile& action) { winner.removes.push_back(&action); }
  void operator()(const delta::SetTransaction& action) { winner.transactions.push_back(&action); }
  void operator()(const delta::DomainMetadata& action) { winner.domains.push_back(&action); }
  void operator()(const delta::AddChangeFile&) {}
};

using Verdict = std::optional<Conflicted>;

Conflicted Lose(const Winner& winner, std::string_view reason, std::string what) {
  return {winner.version, reason,
          fmt::format("version {} ({}) was committed first and {}", winner.version,
                      winner.operation(), what)};
}

// 0. A table is born once.
Verdict CheckCreate(const Draft& mine, const Winner& winner) {
  if (mine.base) return std::nullopt;
  return Lose(winner, "txn.concurrent_create", "created the table");
}

// 1. A winner may only add what this build can write and what does not change our rows' meaning.
Verdict CheckProtocol(const Draft& mine, const Winner& winner) {
  if (winner.protocol == nullptr) return std::nullopt;
  if (mine.protocol)
    return Lose(winner, "txn.concurrent_protocol",
                "changed the protocol, as this transaction does");
  const auto& metadata = winner.metadata != nullptr ? *winner.metadata : mine.base->metadata();
  if (!delta::CheckReadable(*winner.protocol).ok() ||
      !delta::CheckWritable(*winner.protocol, metadata, mine.base->schema()).ok()) {
    return Lose(winner, "txn.concurrent_protocol",
                "asks for table features this build cannot write");
  }
  const auto before = delta::ImpliedWriterFeatures(mine.base->protocol());
  const auto after = delta::ImpliedWriterFeatures(*winner.protocol);
  for (const auto& name : before) {
    if (std::find(after.begin(), after.end(), name) == after.end()) {
      return Lose(winner, "txn.concurrent_protocol",
                  fmt::format("dropped the table feature {}", name));
    }
  }
  return std::nullopt;
}

// Properties whose change leaves the rows and files of a concurrent write valid.
bool HarmlessProperty(std::string_view key) {
  static constexpr std::array<std::string_view, 5> kHarmless = {
      "delta.enableDeletionVectors", "delta.checkpointPolicy", "delta.enableInCommitTimestamps",
      "delta.inCommitTimestampEnablementVersion", "delta.inCommitTimestampEnablementTimestamp"};
  return std::find(kHarmless.begin(), kHarmless.end(), key) != kHarmless.end();
}

// 2. Two metadata changes never pass; one passes only if it changes allow-listed properties and
// nothing else.
Verdict CheckMetadata(const Draft& mine, const Winner& winner) {
  if (winner.metadata == nullptr) return std::nullopt;
  if (mine.metadata)
    return Lose(winner, "txn.concurrent_metadata",
                "changed the metadata, as this transaction does");
  const auto& before = mine.base->metadata();
  const auto& after = *winner.metadata;
  if (before.id != after.id || before.schema_string != after.schema_string ||
      before.partition_columns != after.partition_columns) {
    return Lose(winner, "txn.concurrent_metadata", "changed the schema or the partition columns");
  }
  for (const auto& [key, value] : before.configuration) {
    if (after.configuration.count(key) == 0) {
      return Lose(winner, "txn.concurrent_metadata", fmt::format("removed the property {}", key));
    }
  }
  for (const auto& [key, value] : after.configuration) {
    const auto old = before.configuration.find(key);
    if (old != before.configuration.end() && old->second == value) continue;
    if (!HarmlessProperty(key)) {
      return Lose(winner, "txn.concurrent_metadata", fmt::format("set the property {}", key));
    }
  }
  return std::nullopt;
}

// 3. One domain, one writer.
Verdict CheckDomains(const Draft& mine, const Winner& winner) {
  for (const auto* theirs : winner.domains) {
    for (const auto& ours : mine.domains) {
      if (ours.domain == theirs->domain) {
        return Lose(winner, "txn.concurrent_domain",
                    fmt::format("changed the domain {}", ours.domain));
      }
    }
  }
  return std::nullopt;
}

// 4. An application's transaction version that we read or set must not move under us.
Verdict CheckTransactions(const Draft& mine, const Winner& winner) {
  for (const auto* theirs : winner.transactions) {
    const bool read = std::find(mine.reads.app_ids.begin(), mine.reads.app_ids.end(),
                                theirs->app_id) != mine.reads.app_ids.end();
    const bool set = std::any_of(mine.transactions.begin(), mine.transactions.end(),
                                 [&](const auto& ours) { return ours.app_id == theirs->app_id; });
    if (read || set) {
      return Lose(winner, "txn.concurrent_transaction",
                  fmt::format("set transaction version {} of application {}", theirs->version,
                              theirs->app_id));
    }
  }
  return std::nullopt;
}

// 6. Rows that our reads would have seen.
Verdict CheckAddedAgainstRead(const Draft& mine, const Winner& winner) {
  if (mine.reads.blind()) return std::nullopt;
  const auto level = EffectiveIsolation(mine);
  if (level == Isolation::kSnapshot) return std::nullopt;
  const bool changes_metadata = mine.metadata.has_value();
  if (level == Isolation::kWriteSerializable && winner.blind_append() && !changes_metadata)
    return std::nullopt;
  for (const auto* add : winner.adds) {
    if (!add->data_change) continue;
    if (mine.reads.whole_table) {
      return Lose(winner, "txn.concurrent_append",
                  "added rows to the table, all of which this transaction read");
    }
    for (const auto& predicate : mine.reads.predicates) {
      if (!EvaluateAdd(predicate, *add).can_be_true) continue;
      return Lose(winner, "txn.concurrent_append",
                  fmt::format("added file {}, which can hold rows where {}", add->path,
                              delta::FormatPredicate(predicate)));
    }
  }
  return std::nullopt;
}

// The ordinal in our base of a file a winner removed, if it was live there.
std::optional<delta::FileOrdinal> OrdinalOf(const Draft& mine, const delta::RemoveFile& remove) {
  return mine.base->files().Find(
      remove.path, remove.deletion_vector ? remove.deletion_vector->UniqueId() : std::string());
}

bool Holds(const delta::FileOrdinals& ordinals, delta::FileOrdinal ordinal) {
  return std::binary_search(ordinals.begin(), ordinals.end(), ordinal);
}

// 7. Rows that our reads saw and that are gone. A rewrite that changes no data leaves our answer as
// it is.
Verdict CheckRemovedAgainstRead(const Draft& mine, const Winner& winner) {
  if (mine.reads.blind() || EffectiveIsolation(mine) == Isolation::kSnapshot) return std::nullopt;
  for (const auto* remove : winner.removes) {
    if (!remove->data_change) continue;
    const auto ordinal = OrdinalOf(mine, *remove);
    const bool read = mine.reads.whole_table || (ordinal && Holds(mine.reads.files, *ordinal));
    if (read) {
      return Lose(winner, "txn.concurrent_delete_read",
                  fmt::format("removed file {}, which this transaction read", remove->path));
    }
  }
  return std::nullopt;
}

// 8. One file is removed once.
Verdict CheckRemovedAgainstRemoved(const Draft& mine, const Winner& winner) {
  if (mine.removes.empty()) return std::nullopt;
  for (const auto* remove : winner.removes) {
    const auto ordinal = OrdinalOf(mine, *remove);
    if (ordinal && Holds(mine.removes, *ordinal)) {
      return Lose(winner, "txn.concurrent_delete_delete",
                  fmt::format("removed file {}, as this transaction does", remove->path));
    }
  }
  return std::nullopt;
}

// 9. In-commit timestamps grow strictly. True if ours had to change.
bool AdvanceTimestamp(Draft& mine, const Winner& winner) {
  const auto theirs = winner.info != nullptr ? winner.info->in_commit_timestamp_ms : std::nullopt;
  if (!theirs) return false;
  const bool behind =
      !mine.info.in_commit_timestamp_ms || *mine.info.in_commit_timestamp_ms <= *theirs;
  if (behind) mine.info.in_commit_timestamp_ms = *theirs + 1;
  return behind;
}

}  // namespace

Result<std::variant<Rebased, Conflicted>> Rebase(const Draft& mine, delta::Version version,
                                                 std::span<const Action> theirs) {
  Winner winner;
  winner.version = version;
  for (const auto& action : theirs) std::visit(Sorter{winner}, action);

  using Check = Verdict (*)(const Draft&, const Winner&);
  static constexpr std::array<Check, 8> kChecks = {CheckCreate,
                                                   CheckProtocol,
                                                   CheckMetadata,
                                                   CheckDomains,
                                                   CheckTransactions,
                                                   CheckAddedAgainstRead,
                                                   CheckRemovedAgainstRead,
                                                   CheckRemovedAgainstRemoved};
  for (const auto check : kChecks) {
    if (auto verdict = check(mine, winner))
      return std::variant<Rebased, Conflicted>(std::move(*verdict));
  }
  Rebased rebased{mine, true};
  rebased.bytes_unchanged = !AdvanceTimestamp(rebased.draft, winner);
  return std::variant<Rebased, Conflicted>(std::move(rebased));
}

}  // namespace lakehold::txn
