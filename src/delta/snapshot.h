// Snapshot: the table as it is at one version. Immutable; share freely.
//
// Start reading here; then log_listing.h (which files make a version), replay.h (what they mean),
// file_table.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/file_table.h"
#include "delta/schema.h"
#include "delta/table_root.h"

namespace lakehold::delta {

class Snapshot {
 public:
  // Reads the log. kNotFound "delta.not_a_table" if there is no `_delta_log`; kNotFound
  // "delta.no_such_version" or "delta.no_such_time" with the readable range; kCorrupt "delta.gap",
  // "delta.bad_commit", "delta.incomplete_state". Opens tables whose features this build cannot
  // read: only the data read is refused, by CheckReadable.
  static Result<std::shared_ptr<const Snapshot>> Load(const TableRoot& root,
                                                      const VersionSpec& spec,
                                                      const LogContext& context);
  // The newest version, by applying only what is new: cost grows with new commits, not with the
  // table. Returns itself if nothing is new; loads anew if the table was dropped and made again.
  static Result<std::shared_ptr<const Snapshot>> Refresh(std::shared_ptr<const Snapshot> from,
                                                         const LogContext& context);
  // The state an uncommitted draft would make: this snapshot with `actions` applied, at the same
  // version.
  Result<std::shared_ptr<const Snapshot>> Overlay(std::span<const Action> actions) const;
  // The same for a draft that creates the table: version 0, from nothing.
  static Result<std::shared_ptr<const Snapshot>> FromActions(const TableRoot& root,
                                                             std::span<const Action> actions);

  virtual ~Snapshot() = default;

  const TableRoot& root() const { return root_; }
  Version version() const { return version_; }
  const Protocol& protocol() const { return protocol_; }
  const Metadata& metadata() const { return metadata_; }
  const Schema& schema() const { return schema_; }
  // Positions of the partition columns in the schema, in the order of metadata().partition_columns.
  const std::vector<size_t>& partition_fields() const { return partition_fields_; }
  const FileTable& files() const { return *files_; }
  std::shared_ptr<const FileTable> shared_files() const { return files_; }
  // Application id to its newest transaction; domain to its newest metadata (removed ones left
  // out).
  const std::map<std::string, SetTransaction>& transactions() const { return transactions_; }
  const std::map<std::string, DomainMetadata>& domains() const { return domains_; }
  // The version's time: in-commit timestamp where enabled, else its file's mtime made monotonic.
  int64_t timestamp_ms() const { return timestamp_ms_; }
  std::optional<Version> last_checkpoint() const { return last_checkpoint_; }
  uint64_t last_checkpoint_bytes() const { return last_checkpoint_bytes_; }
  uint64_t json_bytes_since_checkpoint() const { return json_bytes_since_checkpoint_; }
  // Identity of the commit file of version(), to notice a table dropped and made again; empty for
  // an Overlay, which is never checkpointed, cached or refreshed in place.
  const std::string& commit_identity() const { return commit_identity_; }
  // Whether that file is still the same: false if the table was dropped, or dropped and made again.
  // One Head. Uncommitted snapshots are always there.
  Result<bool> IsStillThere() const;
  // Tombstones still retained, read from the log when asked for (checkpoints, vacuum).
  Result<std::vector<RemoveFile>> LoadTombstones(const LogContext& context) const;

 protected:
  Snapshot() = default;

  TableRoot root_;
  Version version_ = -1;
  Protocol protocol_;
  Metadata metadata_;
  Schema schema_;
  std::vector<size_t> partition_fields_;
  std::shared_ptr<const FileTable> files_;
  std::map<std::string, SetTransaction> transactions_;
  std::map<std::string, DomainMetadata> domains_;
  int64_t timestamp_ms_ = 0;
  std::optional<Version> last_checkpoint_;
  uint64_t last_checkpoint_bytes_ = 0;
  uint64_t json_bytes_since_checkpoint_ = 0;
  std::string commit_identity_;
};

// Whether a Delta table is there: `<root>/_delta_log` holds a commit or checkpoint.
Result<bool> TableExists(const TableRoot& root);

}  // namespace lakehold::delta
