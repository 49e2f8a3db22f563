// CommitStatsSource: the statistics of data files that came in many small commits, left in these
// until somebody asks. Immutable; thread-safe.
//
// A place is that of a byte in all the commits laid end to end, oldest first. Commits are not kept
// open, there are too many: one that was cleaned up meanwhile, or is another table's by now, has
// lost its statistics.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "delta/log_listing.h"
#include "delta/stats_source.h"
#include "delta/table_root.h"

namespace lakehold::delta {

class CommitStatsSource final : public StatsSource {
 public:
  // `commits` ascend.
  CommitStatsSource(TableRoot root, std::span<const CommitFile> commits);

  // Where the first byte of commits[index] is.
  uint64_t begin_of(size_t index) const { return commits_[index].begin; }
  // Goes on behind a commit that is lost; then the error tells of the first one.
  Status Read(std::span<const StatsPlace> places, const StatsVisitor& visit) const override;
  bool may_be_read_in_pieces() const override { return true; }
  size_t memory_bytes() const override {
    return sizeof(*this) + commits_.capacity() * sizeof(Commit);
  }

 private:
  struct Commit {
    uint64_t begin = 0;
    uint32_t behind_first = 0;  // Versions after first_version_.
    uint32_t identity = 0;      // Hash of the file's identity.
  };

  Result<std::string> ReadCommit(const Commit& commit) const;

  TableRoot root_;
  Version first_version_ = 0;
  std::vector<Commit> commits_;
};

}  // namespace lakehold::delta
