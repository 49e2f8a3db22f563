// SnapshotCache: the newest snapshot of each table this process has seen. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "delta/snapshot.h"

namespace lakehold::delta {

class SnapshotCache {
 public:
  // The newest version: from the cache after a probe for newer commits, or loaded. At most
  // limits::kCachedSnapshots stay.
  Result<std::shared_ptr<const Snapshot>> Latest(const TableRoot& root, const LogContext& context);
  // A version or time; served from the cached one if it is that version.
  Result<std::shared_ptr<const Snapshot>> At(const TableRoot& root, const VersionSpec& spec,
                                             const LogContext& context);
  // Offers a snapshot made elsewhere, such as the one a commit produced; kept if it is newer.
  void Offer(std::shared_ptr<const Snapshot> snapshot);
  void Forget(const TableRoot& root);

  SnapshotCache();
  ~SnapshotCache();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehold::delta
