#include "delta/snapshot_cache.h"

#include <algorithm>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "delta/history.h"
#include "delta/log_listing.h"
#include "delta/next_snapshot.h"
#include "delta/ratified_store.h"

namespace lakehold::delta {

namespace {

// The folder besides the URI: a table reached as a store of its own has other keys than the same
// table within a lake, and a snapshot's root says which. What a catalog ratified is another view.
std::string CacheKey(const TableRoot& root) {
  std::string key = root.uri() + '\n' + root.folder;
  if (const uint64_t number = RatifiedNumber(*root.store)) key += '\n' + std::to_string(number);
  return key;
}

}  // namespace

// Least recently used last. Store calls happen outside the lock: two callers may refresh one table
// at the same time, and the newer answer stays.
struct SnapshotCache::State {
  struct PastEntry {
    std::string root;
    std::shared_ptr<const Snapshot> snapshot;
    size_t bytes = 0;
  };
  using Entry = std::pair<std::string, std::shared_ptr<const Snapshot>>;
  std::mutex mutex;
  std::list<Entry> entries;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_root;
  std::list<PastEntry> past;  // Few: searched from one end to the other.
  size_t past_bytes = 0;
  std::unordered_map<std::string, TableHead> heads;  // Newest, of tables without a snapshot.

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

  // The newest one that is kept from `lowest` to `highest`.
  std::shared_ptr<const Snapshot> FindPast(std::string_view root, Version lowest, Version highest) {
    std::lock_guard lock(mutex);
    auto best = past.end();
    for (auto it = past.begin(); it != past.end(); ++it) {
      const Version version = it->snapshot->version();
      if (it->root != root || version < lowest || version > highest) continue;
      if (best == past.end() || best->snapshot->version() < version) best = it;
    }
    if (best == past.end()) return nullptr;
    past.splice(past.begin(), past, best);
    return best->snapshot;
  }

  void KeepPast(const std::shared_ptr<const Snapshot>& snapshot) {
    PastEntry entry{CacheKey(snapshot->root()), snapshot, snapshot->files().memory_bytes()};
    std::lock_guard lock(mutex);
    DropPastIf([&](const PastEntry& other) {
      return other.root == entry.root && other.snapshot->version() == snapshot->version();
    });
    past_bytes += entry.bytes;
    past.push_front(std::move(entry));
    while (past.size() > limits::kPastSnapshots || past_bytes > limits::kPastSnapshotBytes) {
      past_bytes -= past.back().bytes;
      past.pop_back();
    }
  }

  void DropPast(const std::shared_ptr<const Snapshot>& snapshot) {
    std::lock_guard lock(mutex);
    DropPastIf([&](const PastEntry& entry) { return entry.snapshot == snapshot; });
  }

  // Takes it out.
  std::optional<TableHead> TakeHead(const std::string& root) {
    std::lock_guard lock(mutex);
    auto node = heads.extract(root);
    return node.empty() ? std::nullopt : std::optional(std::move(node.mapped()));
  }

  void KeepHead(const std::string& root, const TableHead& head) {
    if (!head.commit) return;
    std::lock_guard lock(mutex);
    if (heads.size() >= limits::kCachedSnapshots) heads.erase(heads.begin());
    heads.insert_or_assign(root, head);
  }

  // The lock is held.
  template <typename Match>
  void DropPastIf(const Match& match) {
    for (auto it = past.begin(); it != past.end();) {
      const auto entry = it++;
      if (!match(*entry)) continue;
      past_bytes -= entry->bytes;
      past.erase(entry);
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
  Version version = 0;
  if (const auto* time = std::get_if<AtTime>(&spec)) {
    LAKEHOLD_ASSIGN(version, FindVersionAt(root, time->time_ms, context));
  } else {
    version = std::get<AtVersion>(spec).version;
  }
  if (const auto held = state_->Find(CacheKey(root)); held && held->version() <= version) {
    // Latest checks that the table is still the same one.
    LAKEHOLD_ASSIGN(auto newest, Latest(root, context));
    if (newest->version() == version) return newest;
  }
  return Past(root, version, context);
}

namespace {

// No commit has followed, and its own is still the same file.
Result<bool> IsNewest(const TableRoot& root, const TableHead& head) {
  const auto later = ProbeCommits(root, head.version, std::nullopt);
  if (!later.ok() || !later->empty()) return false;
  const auto now = root.store->Head(head.commit->key);
  if (!now.ok() && now.error().kind != ErrorKind::kNotFound) return now.error();
  return now.ok() && now->identity == head.commit->identity &&
         now->size_bytes == head.commit->size_bytes && now->modified_ns == head.commit->modified_ns;
}

bool AreWorthRedoing(const std::vector<CommitFile>& commits) {
  uint64_t bytes = 0;
  for (const CommitFile& commit : commits) bytes += commit.meta.size_bytes;
  return bytes <= limits::kRedoneBytes;
}

// Nothing if that does not lead to the version, or costs more than a load, which then tells why.
std::shared_ptr<const Snapshot> RedoUntil(const std::shared_ptr<const Snapshot>& from,
                                          Version version, const std::vector<CommitFile>& commits,
                                          const LogContext& context) {
  if (static_cast<Version>(commits.size()) != version - from->version() ||
      !AreWorthRedoing(commits))
    return nullptr;
  auto made = Redo(*from, commits, context);
  if (!made.ok()) return nullptr;
  // Asked last, as Refresh does.
  const auto same = from->IsStillThere();
  return same.ok() && *same ? std::move(made).value() : nullptr;
}

// Where a version that is loaded whole is put together in two steps, so that its neighbours can use
// the first: at its checkpoint, or at a round number above.
Version AnchorOf(const LogListing& listing, Version version) {
  return std::max(listing.checkpoint_version.value_or(0),
                  version - version % limits::kRedoneCommits);
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> SnapshotCache::Past(const TableRoot& root, Version version,
                                                            const LogContext& context) {
  const std::string key = CacheKey(root);
  auto base = state_->FindPast(key, version - limits::kRedoneCommits, version);
  if (base && base->version() == version) {
    LAKEHOLD_ASSIGN(const bool same, base->IsStillThere());
    if (same) return base;
    state_->DropPast(base);
    base = nullptr;
  }
  std::shared_ptr<const Snapshot> made;
  if (base) {
    const auto commits = ProbeCommits(root, base->version(), version);
    if (commits.ok()) made = RedoUntil(base, version, *commits, context);
  } else if (root.store->IsLocal()) {
    auto listing = ListLog(root, version, context);
    if (listing.ok()) {
      const Version anchored = AnchorOf(*listing, version);
      std::erase_if(listing->commits, [&](const auto& one) { return one.version <= anchored; });
      if (anchored < version && AreWorthRedoing(listing->commits)) {
        const auto anchor = Snapshot::Load(root, AtVersion{anchored}, context);
        if (anchor.ok()) {
          state_->KeepPast(*anchor);
          made = RedoUntil(*anchor, version, listing->commits, context);
        }
      }
    }
  }
  if (!made) {
    LAKEHOLD_ASSIGN(made, Snapshot::Load(root, AtVersion{version}, context));
  }
  state_->KeepPast(made);
  return made;
}

Result<TableHead> SnapshotCache::Head(const TableRoot& root, const VersionSpec& spec,
                                      const LogContext& context) {
  const std::string key = CacheKey(root);
  const auto* at = std::get_if<AtVersion>(&spec);
  bool is_known = at != nullptr && state_->FindPast(key, at->version, at->version) != nullptr;
  if (std::holds_alternative<delta::Latest>(spec)) {
    is_known = state_->Find(key) != nullptr;
    if (auto kept = is_known ? std::nullopt : state_->TakeHead(key)) {
      LAKEHOLD_ASSIGN(const bool is_newest, IsNewest(root, *kept));
      if (is_newest) return state_->KeepHead(key, *kept), std::move(*kept);
      // Asked again and again while others write: from now on what is new is added to a snapshot.
      is_known = true;
    }
  }
  if (!is_known) {
    LAKEHOLD_ASSIGN(auto head, LoadTableHead(root, spec, context));
    if (std::holds_alternative<delta::Latest>(spec)) state_->KeepHead(key, head);
    return head;
  }
  LAKEHOLD_ASSIGN(const auto snapshot, At(root, spec, context));
  return HeadOf(*snapshot);
}

void SnapshotCache::Offer(std::shared_ptr<const Snapshot> snapshot) {
  if (snapshot && !snapshot->commit_identity().empty()) state_->Keep(std::move(snapshot), nullptr);
}

void SnapshotCache::Forget(const TableRoot& root) {
  const std::string key = CacheKey(root);
  std::lock_guard lock(state_->mutex);
  state_->DropPastIf([&](const State::PastEntry& entry) { return entry.root == key; });
  state_->heads.erase(key);
  const auto found = state_->by_root.find(key);
  if (found == state_->by_root.end()) return;
  state_->entries.erase(found->second);
  state_->by_root.erase(found);
}

}  // namespace lakehold::delta
