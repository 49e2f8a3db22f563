#include "delta/snapshot_cache.h"

#include <list>
#include <unordered_map>

#include "base/limits.h"

namespace lakehold::delta {

namespace {

// The folder besides the URI: a table reached as a store of its own has other keys than the same
// table within a lake, and a snapshot's root says which.
std::string CacheKey(const TableRoot& root) { return root.uri() + '\n' + root.folder; }

}  // namespace

// Least recently used last. Store calls happen outside the lock: two callers may refresh one table
// at the same time, and the newer answer stays.
struct SnapshotCache::State {
  using Entry = std::pair<std::string, std::shared_ptr<const Snapshot>>;
  std::mutex mutex;
  std::list<Entry> entries;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_root;

  std::shared_ptr<const Snapshot> Find(const std::string& root) {
    std::lock_guard lock(mutex);
    const auto found = by_root.find(root);
    if (found == by_root.end()) return nullptr;
    entries.splice(entries.begin(), entries, found->second);
    return found->second->second;
  }

  // `replaces` is what the caller built on: it goes even if its version was higher (a table made
  // again starts at 0).
  void Keep(std::shared_ptr<const Snapshot> snapshot,
            const std::shared_ptr<const Snapshot>& replaces) {
    std::string root = CacheKey(snapshot->root());
    std::lock_guard lock(mutex);
    if (const auto found = by_root.find(root); found != by_root.end()) {
      std::shared_ptr<const Snapshot>& held = found->second->second;
      if (held == replaces || held->version() < snapshot->version()) held = std::move(snapshot);
      entries.splice(entries.begin(), entries, found->second);
      return;
    }
    entries.emplace_front(root, std::move(snapshot));
    by_root.emplace(std::move(root), entries.begin());
    if (entries.size() > limits::kCachedSnapshots) {
      by_root.erase(entries.back().first);
      entries.pop_back();
    }
  }
};

SnapshotCache::SnapshotCache() : state_(std::make_unique<State>()) {}
SnapshotCache::~SnapshotCache() = default;

Result<std::shared_ptr<const Snapshot>> SnapshotCache::Latest(const TableRoot& root,
                                                              const LogContext& context) {
  const auto held = state_->Find(CacheKey(root));
  auto newest =
      held ? Snapshot::Refresh(held, context) : Snapshot::Load(root, delta::Latest{}, context);
  if (!newest.ok()) {
    if (held && newest.error().kind == ErrorKind::kNotFound) Forget(root);
    return newest;
  }
  if (*newest != held) state_->Keep(*newest, held);
  return newest;
}

Result<std::shared_ptr<const Snapshot>> SnapshotCache::At(const TableRoot& root,
                                                          const VersionSpec& spec,
                                                          const LogContext& context) {
  if (std::holds_alternative<delta::Latest>(spec)) return Latest(root, context);
  const auto* at = std::get_if<AtVersion>(&spec);
  if (at && state_->Find(CacheKey(root))) {
    // Latest checks that the table is still the same one.
    LAKEHOLD_ASSIGN(auto newest, Latest(root, context));
    if (newest->version() == at->version) return newest;
  }
  return Snapshot::Load(root, spec, context);
}

void SnapshotCache::Offer(std::shared_ptr<const Snapshot> snapshot) {
  if (snapshot && !snapshot->commit_identity().empty()) state_->Keep(std::move(snapshot), nullptr);
}

void SnapshotCache::Forget(const TableRoot& root) {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->by_root.find(CacheKey(root));
  if (found == state_->by_root.end()) return;
  state_->entries.erase(found->second);
  state_->by_root.erase(found);
}

}  // namespace lakehold::delta
