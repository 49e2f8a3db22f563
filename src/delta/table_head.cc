#include "delta/table_head.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/checksum.h"
#include "delta/features.h"
#include "delta/history.h"
#include "delta/in_commit_time.h"
#include "delta/log_listing.h"
#include "delta/replay.h"
#include "delta/schema_json.h"

namespace lakehold::delta {
namespace {

// A `.crc` may list every file of the table; beyond this reading it is no shortcut.
constexpr uint64_t kChecksumBytes = uint64_t{16} << 20;
// How much of its commit a `.crc` is checked against: what a commit says besides files comes first.
constexpr uint64_t kCheckedBytes = uint64_t{64} << 10;

struct Beginning {
  Bytes bytes;
  storage::ObjectMeta meta;
};
Result<Beginning> ReadBeginning(const TableRoot& root, std::string_view key, uint64_t most) {
  LAKEHOLD_ASSIGN(const auto reader, root.store->OpenReader(key));
  Bytes bytes = Bytes::OfSize(std::min(reader->meta().size_bytes, most));
  LAKEHOLD_TRY(
      reader->ReadAt(0, std::as_writable_bytes(std::span(bytes.mutable_data(), bytes.size()))));
  return Beginning{std::move(bytes), reader->meta()};
}

// What the beginning of a commit says besides files. Nothing if it is broken.
struct Said {
  std::optional<Metadata> metadata;
  std::optional<Protocol> protocol;
  std::optional<CommitInfo> info;
};
std::optional<Said> SaidBy(const Beginning& commit) {
  std::string_view text = commit.bytes.view();
  if (text.size() < commit.meta.size_bytes) text = text.substr(0, text.rfind('\n') + 1);
  Said said;
  const ActionFilter filter{.files = false, .state = true, .commit = true, .changes = false};
  const Status parsed =
      ParseCommit(Bytes::CopyOf(text), commit.meta.key, filter, [&](Action&& action) -> Status {
        if (auto* metadata = std::get_if<Metadata>(&action)) said.metadata = std::move(*metadata);
        if (auto* protocol = std::get_if<Protocol>(&action)) said.protocol = std::move(*protocol);
        if (auto* info = std::get_if<CommitInfo>(&action)) said.info = std::move(*info);
        return {};
      });
  return parsed.ok() ? std::optional(std::move(said)) : std::nullopt;
}

// Whether a checksum belongs to the commit of its version. Both carry the transaction's id where
// writers keep to the protocol; where one does not, the checksum must at least be no older.
bool BelongsTo(const VersionChecksum& checksum, const storage::ObjectMeta& checksum_meta,
               const Said& said, const storage::ObjectMeta& commit_meta) {
  const auto& info = said.info;
  if (HasInCommitTime(checksum.metadata) &&
      (!info || !info->in_commit_timestamp_ms ||
       info->in_commit_timestamp_ms != checksum.in_commit_timestamp_ms))
    return false;
  if (checksum.txn_id && info && info->txn_id) return checksum.txn_id == info->txn_id;
  return checksum_meta.modified_ns >= commit_meta.modified_ns;
}

// Nothing if there is none, or none to be believed: what it says of metadata and protocol must be
// said by the log too, by the version's own commit, else by the checkpoint or the first commit. So
// a damaged byte is no answer; a table whose metadata changed in between is replayed.
std::optional<VersionChecksum> SoundChecksum(const TableRoot& root, const LogListing& listing,
                                             const LogContext& context) {
  if (!listing.head) return std::nullopt;
  auto text = ReadBeginning(root, root.LogKeyOf(ChecksumName(listing.version)), kChecksumBytes + 1);
  if (!text.ok() || text->bytes.size() > kChecksumBytes) return std::nullopt;
  auto checksum = ParseChecksum(text->bytes.view());
  if (!checksum || checksum->num_files < 0 || checksum->table_size_bytes < 0) return std::nullopt;
  const auto commit = ReadBeginning(root, listing.head->meta.key, kCheckedBytes);
  if (!commit.ok()) return std::nullopt;
  auto said = SaidBy(*commit);
  if (!said || !BelongsTo(*checksum, text->meta, *said, commit->meta)) return std::nullopt;
  if (!said->metadata || !said->protocol) {
    Said before;
    if (listing.checkpoint_version) {
      Replay state(root.uri(), {.files = false});
      if (!ReplayCheckpoint(root, listing, context, state).ok()) return std::nullopt;
      before = {state.metadata(), state.protocol(), std::nullopt};
    } else if (const auto first = ReadBeginning(root, root.LogKeyOf(CommitName(0)), kCheckedBytes);
               first.ok()) {
      before = SaidBy(*first).value_or(Said());
    }
    if (!said->metadata) said->metadata = std::move(before.metadata);
    if (!said->protocol) said->protocol = std::move(before.protocol);
  }
  if (said->metadata != checksum->metadata || said->protocol != checksum->protocol)
    return std::nullopt;
  return checksum;
}

// Modification times made monotonic, as a snapshot's.
int64_t ModifiedTime(const LogListing& listing) {
  const auto of = [](const storage::ObjectMeta& meta) { return meta.modified_ns / 1'000'000; };
  if (listing.commits.empty())
    return of(listing.head ? listing.head->meta : listing.checkpoint_meta);
  int64_t time_ms = of(listing.commits.front().meta);
  for (size_t i = 1; i < listing.commits.size(); ++i)
    time_ms = std::max(of(listing.commits[i].meta), time_ms + 1);
  return time_ms;
}

Result<Schema> SchemaOf(const TableRoot& root, const Metadata& metadata) {
  LAKEHOLD_ASSIGN(Schema schema, ParseSchema(metadata.schema_string));
  LAKEHOLD_TRY(CheckFieldNames(schema));
  for (const std::string& column : metadata.partition_columns) {
    if (schema.FindField(column)) continue;
    return Corrupt(
        "delta.bad_metadata",
        fmt::format("{}: partition column '{}' is not in the schema", root.uri(), column));
  }
  return schema;
}

std::optional<TableHead> HeadOf(const TableRoot& root, const LogListing& listing,
                                VersionChecksum checksum) {
  auto schema = SchemaOf(root, checksum.metadata);
  if (!schema.ok()) return std::nullopt;
  TableHead head;
  head.version = listing.version;
  head.timestamp_ms =
      HasInCommitTime(checksum.metadata) ? *checksum.in_commit_timestamp_ms : ModifiedTime(listing);
  head.protocol = std::move(checksum.protocol);
  head.metadata = std::move(checksum.metadata);
  head.schema = std::move(schema).value();
  if (listing.head) head.commit = listing.head->meta;
  head.num_files = checksum.num_files;
  head.size_bytes = checksum.table_size_bytes;
  return head;
}

}  // namespace

Result<TableHead> LoadTableHead(const TableRoot& root, const VersionSpec& spec,
                                const LogContext& context) {
  std::optional<Version> at;
  if (const auto* version = std::get_if<AtVersion>(&spec)) at = version->version;
  if (const auto* time = std::get_if<AtTime>(&spec)) {
    LAKEHOLD_ASSIGN(at, FindVersionAt(root, time->time_ms, context));
  }
  if (const auto listing = ListLog(root, at, context); listing.ok()) {
    if (auto checksum = SoundChecksum(root, *listing, context)) {
      if (auto head = HeadOf(root, *listing, std::move(*checksum))) return std::move(*head);
    }
  }
  LAKEHOLD_ASSIGN(auto state, ReplayVersion(root, at, {.files = false}, context));
  const Replay& replay = state.replay;
  if (!replay.protocol() || !replay.metadata()) {
    return Corrupt("delta.incomplete_state",
                   fmt::format("{}: version {} has no {}", root.uri(), state.listing.version,
                               replay.protocol() ? "metaData" : "protocol"));
  }
  TableHead head;
  head.version = state.listing.version;
  head.protocol = *replay.protocol();
  head.metadata = *replay.metadata();
  LAKEHOLD_ASSIGN(head.schema, SchemaOf(root, head.metadata));
  if (state.listing.head) head.commit = state.listing.head->meta;
  head.timestamp_ms = ModifiedTime(state.listing);
  if (HasInCommitTime(head.metadata) && state.listing.head) {
    const CommitFile& commit = *state.listing.head;
    std::optional<CommitInfo> info = replay.info();
    if (state.listing.commits.empty()) {
      LAKEHOLD_ASSIGN(info, ReadCommitInfo(root, commit));
    }
    if (info && info->in_commit_timestamp_ms) {
      head.timestamp_ms = *info->in_commit_timestamp_ms;
    } else if (Supports(head.protocol, "inCommitTimestamp") &&
               head.version >= InCommitTimeSince(head.metadata).version) {
      return NoInCommitTime(commit.meta.key);
    }
  }
  return head;
}

TableHead HeadOf(const Snapshot& snapshot) {
  TableHead head;
  head.version = snapshot.version();
  head.timestamp_ms = snapshot.timestamp_ms();
  head.protocol = snapshot.protocol();
  head.metadata = snapshot.metadata();
  head.schema = snapshot.schema();
  head.num_files = snapshot.files().live_files();
  head.size_bytes = snapshot.files().live_bytes();
  return head;
}

}  // namespace lakehold::delta
