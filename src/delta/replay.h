// Replay: what a sequence of actions means: the newest protocol and metaData, the newest
// transaction of every application, the newest metadata of every domain, the live files. Sources
// are told newest first. Externally synchronized.
//
// Next: file_table_builder.h (files), snapshot.h (who asks), log_listing.h (which sources).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/checkpoint.h"
#include "delta/file_table_builder.h"
#include "delta/log_listing.h"

namespace lakehold::delta {

struct ReplayOptions {
  bool files = true;        // Collect live files.
  bool tombstones = false;  // Collect removed files that no newer add brings back; then live files
                            // lose their statistics.
  std::vector<Version> without = {};  // Checkpoints that are known to be broken.
  bool may_probe = true;              // Asking for names finds classic checkpoints only.
};

class Replay {
 public:
  Replay(std::string root_uri, ReplayOptions options)
      : options_(options), files_(std::move(root_uri)) {}

  // What follows is older than all before.
  void BeginSource(bool is_checkpoint) { files_.BeginSource(is_checkpoint); }
  void BeginCheckpoint() { files_.BeginCheckpoint(); }
  void Apply(Action&& action);

  const ReplayOptions& options() const { return options_; }
  const std::optional<Protocol>& protocol() const { return protocol_; }
  const std::optional<Metadata>& metadata() const { return metadata_; }
  const std::map<std::string, SetTransaction>& transactions() const { return transactions_; }
  // Removed domains included: they hide older ones.
  const std::map<std::string, DomainMetadata>& domains() const { return domains_; }
  // Of the newest commit that has one and was asked for it.
  const std::optional<CommitInfo>& info() const { return info_; }
  std::vector<RemoveFile>& tombstones() { return tombstones_; }
  FileTableBuilder& files() { return files_; }

 private:
  ReplayOptions options_;
  std::optional<Protocol> protocol_;
  std::optional<Metadata> metadata_;
  std::map<std::string, SetTransaction> transactions_;
  std::map<std::string, DomainMetadata> domains_;
  std::optional<CommitInfo> info_;
  std::vector<RemoveFile> tombstones_;
  FileTableBuilder files_;
};

// Commits from the last to the first; the last one's commitInfo is read too.
// Read in parallel by the context's executor, applied in order.
Status ReplayCommits(const TableRoot& root, const std::vector<CommitFile>& commits,
                     const LogContext& context, Replay& replay);
// Every row of a checkpoint, its parts and sidecars.
Status ReplayCheckpoint(const TableRoot& root, const LogListing& listing, const LogContext& context,
                        Replay& replay);

struct ReplayedVersion {
  LogListing listing;
  Replay replay;
};
// The newest version, or `at`: listed and replayed. A checkpoint that cannot be read gives way to
// an older one and more commits; if the log cannot be completed without it the error names it.
// Kinds of error as Snapshot::Load.
Result<ReplayedVersion> ReplayVersion(const TableRoot& root, std::optional<Version> at,
                                      const ReplayOptions& options, const LogContext& context);

}  // namespace lakehold::delta
