#include "delta/log_compaction.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/features.h"
#include "delta/log_path.h"
#include "delta/log_segment.h"
#include "delta/snapshot.h"
#include "storage/atomic_file.h"

namespace lakehold::delta {
namespace {

// All lines in an order of their own, so that two segments can be compared whatever theirs was.
std::vector<std::string> SortedLines(const LogSegment& segment) {
  std::vector<std::string> lines;
  const auto append = [&](const Action& action) { AppendActionJson(action, lines.emplace_back()); };
  if (segment.protocol) append(*segment.protocol);
  if (segment.metadata) append(*segment.metadata);
  for (const auto& [app_id, txn] : segment.transactions) append(txn);
  for (const auto& [name, domain] : segment.domains) append(domain);
  for (const RemoveFile& remove : segment.removes) append(remove);
  for (const AddFile& add : segment.adds) append(add);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

Result<CompactionReport> WriteLogCompaction(const TableRoot& root, const Snapshot& snapshot,
                                            Version first, Version last) {
  if (first < 0 || last <= first) {
    return Invalid(
        "delta.bad_log_range",
        fmt::format("{}: the versions {} to {} cannot be compacted: it takes two or more",
                    root.uri(), first, last));
  }
  CompactionReport report{.first = first, .last = last};
  const std::string key = root.LogKeyOf(CompactedName(first, last));
  if (const auto present = root.store->Head(key); present.ok()) {
    report.size_bytes = present->size_bytes;
    return report;
  }
  LAKEHOLD_ASSIGN(const LogSegment segment, ReadLogSegment(root, first, last));
  // Only who knows all that an action can say may say it again.
  LAKEHOLD_TRY(CheckWritable(segment.protocol.value_or(snapshot.protocol()), snapshot.metadata(),
                             snapshot.schema()));
  report.actions = segment.actions();
  // A file of the log is never empty.
  if (report.actions == 0) return report;
  const Bytes text = Bytes::CopyOf(segment.ToJson());
  report.size_bytes = text.size();
  // Once it has a name others read it: what it says is looked at before.
  LAKEHOLD_ASSIGN(const LogSegment read, ParseLogSegment(root, text, key));
  if (SortedLines(read) != SortedLines(segment)) {
    return Internal("delta.bad_compaction",
                    fmt::format("{} would not say what its commits say", key));
  }
  const auto put = storage::PutIfAbsent(*root.store, key, text.span());
  if (!put.ok() && put.error().kind != ErrorKind::kAlreadyExists) return put.error();
  report.written = put.ok();
  return report;
}

std::optional<Version> CompactionDue(const std::map<std::string, std::string>& configuration,
                                     Version version, std::optional<Version> last_checkpoint) {
  const auto found = configuration.find(std::string(kCompactionIntervalProperty));
  if (found == configuration.end()) return std::nullopt;
  const std::string& text = found->second;
  Version interval = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), interval);
  if (error != std::errc() || end != text.data() + text.size() || interval < 2) return std::nullopt;
  // Versions begin at 0: the tenth of ten is 9.
  if (version % interval != interval - 1) return std::nullopt;
  const Version first = std::max(version - interval + 1, last_checkpoint.value_or(-1) + 1);
  return first < version ? std::optional(first) : std::nullopt;
}

}  // namespace lakehold::delta
