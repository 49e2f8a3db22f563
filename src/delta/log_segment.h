// LogSegment: what the commits of a range say together, reconciled as the protocol says: the newest
// word about every file, application, domain, protocol and metaData. commitInfo and change files
// are left out; removes stay, as tombstones. A value.
//
// Next: log_compaction.h (a segment as a file), v2_checkpoint.h (a checkpoint and a segment).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/table_root.h"

namespace lakehold::delta {

// The identity of a data file as one text: equal for equal files however their paths are spelled.
std::string FileKeyText(std::string_view path,
                        const std::optional<DeletionVectorDescriptor>& vector,
                        std::string_view root_uri);

struct LogSegment {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::map<std::string, SetTransaction> transactions;
  std::map<std::string, DomainMetadata> domains;  // Removed ones too: they hide older ones.
  std::vector<AddFile> adds;                      // Newest commit first.
  std::vector<RemoveFile> removes;
  uint64_t json_bytes = 0;  // Of the commits read.

  // One action a line, as in a commit.
  std::string ToJson() const;
  int64_t actions() const;
};

// The commits from `first` to `last`, each read once. kNotFound "delta.commit_gone" if one is not
// there; kUnsupported "delta.log_range_too_large" if together they have more than
// limits::kLogSegmentBytes.
Result<LogSegment> ReadLogSegment(const TableRoot& root, Version first, Version last);
// The same for one object that holds a segment already (a compaction file).
Result<LogSegment> ParseLogSegment(const TableRoot& root, const Bytes& json, std::string_view key);

}  // namespace lakehold::delta
