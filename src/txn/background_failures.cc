#include "txn/background_failures.h"

#include "base/limits.h"

namespace lakehold::txn {

void BackgroundFailures::Tell(const delta::TableRoot& root, std::string_view work,
                              const Status& outcome) {
  const std::string table = root.uri();
  const std::lock_guard lock(mutex_);
  if (outcome.ok()) {
    const auto found = by_table_.find(table);
    if (found == by_table_.end()) return;
    found->second.erase(std::string(work));
    if (found->second.empty()) by_table_.erase(found);
    return;
  }
  if (by_table_.size() >= limits::kCachedSnapshots && !by_table_.contains(table))
    by_table_.erase(by_table_.begin());
  by_table_[table][std::string(work)] = outcome.error().ToString();
}

std::string BackgroundFailures::Of(const delta::TableRoot& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_table_.find(root.uri());
  std::string told;
  if (found == by_table_.end()) return told;
  for (const auto& [work, failure] : found->second)
    told += (told.empty() ? "" : "; ") + work + ": " + failure;
  return told;
}

}  // namespace lakehold::txn
