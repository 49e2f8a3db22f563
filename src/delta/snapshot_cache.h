// SnapshotCache: the newest snapshot of each table this process has seen, and past versions used of
// late. Thread-safe.
//
// A past version is made of the nearest one below it that is kept, by replaying the commits
// between; where there is none, of its checkpoint, which is then kept too: versions asked for in
// any order read each checkpoint once.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "delta/snapshot.h"
#include "delta/table_head.h"

namespace lakehold::delta {

class SnapshotCache {
 public:
  // The newest version: from the cache after a probe for newer commits, or loaded. At most
  // limits::kCachedSnapshots stay.
  Result<std::shared_ptr<const Snapshot>> Latest(const TableRoot& root, const LogContext& context);
  // A version or time, from the nearest one that is kept. limits::kPastSnapshots and
  // kPastSnapshotBytes bound what stays.
  Result<std::shared_ptr<const Snapshot>> At(const TableRoot& root, const VersionSpec& spec,
                                             const LogContext& context);
  // The same versions as a whole, without their files where these are not known already.
  Result<TableHead> Head(const TableRoot& root, const VersionSpec& spec, const LogContext& context);
  // Offers a snapshot made elsewhere, such as the one a commit produced; kept if it is newer.
  void Offer(std::shared_ptr<const Snapshot> snapshot);
  void Forget(const TableRoot& root);

  SnapshotCache();
  ~SnapshotCache();

 private:
  struct State;
  Result<std::shared_ptr<const Snapshot>> Past(const TableRoot& root, Version version,
                                               const LogContext& context);
  std::unique_ptr<State> state_;
};

}  // namespace lakehold::delta
