#include "engine/publication.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/snapshot_cache.h"
#include "engine/lake_catalog.h"
#include "txn/commit.h"

namespace lakehold::engine {
namespace {

// Rows that go with the removed files; files that do not say how many they hold count nothing.
int64_t RowsOf(const delta::FileTable& files, const delta::FileOrdinals& ordinals) {
  if (ordinals.empty()) return 0;
  const auto records = files.NumRecords();
  int64_t rows = 0;
  for (const auto ordinal : ordinals) {
    const auto* vector = files.Get(ordinal).deletion_vector;
    if (records[ordinal] >= 0)
      rows += records[ordinal] - (vector != nullptr ? vector->cardinality : 0);
  }
  return rows;
}

// Delta's words for what a write did, as the text of numbers.
void FillMetrics(const CommitReport& report, txn::Draft& draft) {
  if (draft.adds.empty() && draft.removes.empty()) return;
  const auto tell = [&](const char* name, int64_t value) {
    draft.info.operation_metrics.emplace_back(name, fmt::format("\"{}\"", value));
  };
  tell("numFiles", report.files_added);
  tell("numOutputRows", report.rows_added);
  tell("numOutputBytes", report.bytes_added);
  if (draft.removes.empty()) return;
  int64_t removed_bytes = 0;
  for (const auto ordinal : draft.removes)
    removed_bytes += draft.base->files().Get(ordinal).size_bytes;
  tell("numRemovedFiles", report.files_removed);
  tell("numRemovedBytes", removed_bytes);
}

CommitReport ReportOf(const WrittenTable& written) {
  const auto& draft = written.draft;
  CommitReport report;
  report.table = written.name;
  report.operation = draft.info.operation.value_or("WRITE");
  report.rows_added = written.rows_added;
  report.files_added = static_cast<int64_t>(draft.adds.size());
  report.files_removed = static_cast<int64_t>(draft.removes.size());
  for (const auto& add : draft.adds) report.bytes_added += add.size_bytes;
  if (draft.base) report.rows_removed = RowsOf(draft.base->files(), draft.removes);
  if (draft.protocol && draft.protocol->reader_features) {
    for (const auto& feature : *draft.protocol->reader_features) {
      const auto* before = draft.base ? &draft.base->protocol().reader_features : nullptr;
      const bool had =
          before && *before && std::count((*before)->begin(), (*before)->end(), feature) > 0;
      if (!had) report.reader_features.push_back(feature);
    }
  }
  return report;
}

}  // namespace

Result<Publication> Publish(WrittenTable written, const SessionState& state,
                            const LakeWorld& world) {
  Publication done;
  done.report = ReportOf(written);
  for (const auto& [key, value] : state.operation_parameters) {
    std::string json;
    delta::AppendJsonString(value, json);
    written.draft.info.operation_parameters.emplace_back(key, std::move(json));
  }
  FillMetrics(done.report, written.draft);
  txn::CommitOptions options;
  options.engine_info = "lakehold/" LAKEHOLD_VERSION;
  options.cancel = state.cancel.get();
  if (auto* failures = world.environment.background_failures) {
    options.behind = [failures, root = written.root](std::string_view work, const Status& outcome) {
      failures->Tell(root, work, outcome);
    };
  }
  LAKEHOLD_ASSIGN(auto outcome,
                  txn::Commit(written.root, std::move(written.draft), std::move(written.files),
                              options, world.log_context()));
  if (const auto* lost = std::get_if<txn::Conflicted>(&outcome)) {
    return Conflict(lost->reason, fmt::format("{}: {}", written.name, lost->message),
                    "Read the table again and redo the statement");
  }
  auto& committed = std::get<txn::Committed>(outcome);
  done.report.version = committed.version;
  done.report.txn_id = std::move(committed.txn_id);
  done.report.attempts = committed.attempts;
  done.snapshot = std::move(committed.snapshot);
  world.environment.snapshots->Offer(done.snapshot);
  return done;
}

}  // namespace lakehold::engine
