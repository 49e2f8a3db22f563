#include "txn/committer.h"

#include <utility>

#include "delta/log_path.h"

namespace lakehold::txn {
namespace {

class LogFolder final : public Committer {
 public:
  Result<Attempt> TryCommit(const delta::TableRoot& root, delta::Version version,
                            storage::Staged& entry) override {
    auto published = root.store->Publish(entry, root.LogKeyOf(delta::CommitName(version)));
    if (published.ok()) return Attempt(Won{std::move(published).value()});
    if (published.error().kind == ErrorKind::kAlreadyExists) return Attempt(Lost{});
    return std::move(published).error();
  }
};

}  // namespace

Committer& LogFolderCommitter() {
  static LogFolder committer;  // No state: it only turns a version into a key.
  return committer;
}

}  // namespace lakehold::txn
