// Commit: turns a draft into the next version, or says which version won, or that the outcome is
// unknown.
//
// Start reading here. One attempt on disk is told in docs/commit.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/cancel_token.h"
#include "base/limits.h"
#include "base/result.h"
#include "delta/snapshot.h"
#include "delta/table_root.h"
#include "txn/committer.h"
#include "txn/draft.h"
#include "txn/rebase.h"

namespace lakehold::txn {

struct CommitOptions {
  int64_t deadline_ms = limits::kCommitDeadlineMs;
  std::string engine_info = "lakehold";
  const CancelToken* cancel = nullptr;  // Honoured until the first publishing attempt, never after.
  Committer* committer = nullptr;       // Null: the log folder's.
  // Hears how what was due behind the commit ended ("checkpoint", "log compaction"); thread-safe;
  // may be empty.
  std::function<void(std::string_view work, const Status& outcome)> behind;
};

struct Committed {
  delta::Version version = 0;
  int64_t timestamp_ms = 0;
  std::string txn_id;
  int attempts = 1;
  // The table as of `version`, if that followed the draft's base at once: what a refresh would
  // read.
  std::shared_ptr<const delta::Snapshot> snapshot;
};
using Outcome = std::variant<Committed, Conflicted>;  // Losing a race is an answer, not an error.

// Errors mean unchanged, and the draft's data files are removed; after kOutcomeUnknown
// ("storage.lost_answer", "storage.not_durable") nothing is removed and the error carries the
// transaction id. kUnavailable "txn.deadline" if the races were lost until the deadline. On
// Conflicted the data files are removed.
Result<Outcome> Commit(const delta::TableRoot& root, Draft draft, WrittenFiles files,
                       const CommitOptions& options, const delta::LogContext& context);

// Removes files that no version can name: only while the draft was never offered, or lost for
// certain.
void DiscardFiles(const delta::TableRoot& root, WrittenFiles files);

// Whether the transaction `txn_id` is in the log, looking at versions after `after`: settles an
// unknown outcome.
Result<std::optional<delta::Version>> FindTransaction(const delta::TableRoot& root,
                                                      std::string_view txn_id, delta::Version after,
                                                      const delta::LogContext& context);

}  // namespace lakehold::txn
