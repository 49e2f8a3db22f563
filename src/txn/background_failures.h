// BackgroundFailures: what could not be done behind a commit, such as its checkpoint, by table:
// nobody waits for it, so it is told when somebody asks about the table. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/table_root.h"

namespace lakehold::txn {

class BackgroundFailures {
 public:
  // A success forgets the failure of the same work before. At most limits::kCachedSnapshots tables
  // are kept.
  void Tell(const delta::TableRoot& root, std::string_view work, const Status& outcome);
  // "checkpoint: ..."; "" if nothing has failed.
  std::string Of(const delta::TableRoot& root) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, std::string, std::less<>>> by_table_;
};

}  // namespace lakehold::txn
