#include "txn/draft.h"

#include <iterator>
#include <utility>

namespace lakehold::txn {
namespace {

delta::RemoveFile RemoveOf(delta::AddFile file, bool data_change, int64_t now_ms) {
  delta::RemoveFile remove;
  remove.path = std::move(file.path);
  remove.deletion_timestamp_ms = now_ms;
  remove.data_change = data_change;
  remove.extended_file_metadata = true;
  remove.partition_values = std::move(file.partition_values);
  remove.size_bytes = file.size_bytes;
  remove.tags = std::move(file.tags);
  // Half of the file's identity: without it the remove would name another logical file.
  remove.deletion_vector = std::move(file.deletion_vector);
  remove.base_row_id = file.base_row_id;
  remove.default_row_commit_version = file.default_row_commit_version;
  return remove;
}

}  // namespace

bool Draft::empty() const {
  return !protocol && !metadata && adds.empty() && removes.empty() && transactions.empty() &&
         domains.empty();
}

void WrittenFiles::Absorb(WrittenFiles&& other) {
  unsettled.insert(unsettled.end(), std::make_move_iterator(other.unsettled.begin()),
                   std::make_move_iterator(other.unsettled.end()));
  keys.insert(keys.end(), std::make_move_iterator(other.keys.begin()),
              std::make_move_iterator(other.keys.end()));
  folders.insert(folders.end(), std::make_move_iterator(other.folders.begin()),
                 std::make_move_iterator(other.folders.end()));
  other = {};
}

std::vector<delta::Action> ToActions(const Draft& draft, int64_t now_ms) {
  std::vector<delta::Action> actions;
  actions.reserve(4 + draft.transactions.size() + draft.domains.size() + draft.removes.size() +
                  draft.adds.size());
  actions.emplace_back(draft.info);
  if (draft.protocol) actions.emplace_back(*draft.protocol);
  if (draft.metadata) actions.emplace_back(*draft.metadata);
  for (const auto& transaction : draft.transactions) actions.emplace_back(transaction);
  for (const auto& domain : draft.domains) actions.emplace_back(domain);
  for (const auto ordinal : draft.removes) {
    actions.emplace_back(
        RemoveOf(draft.base->files().ToAction(ordinal), draft.data_change, now_ms));
  }
  for (const auto& add : draft.adds) actions.emplace_back(add);
  return actions;
}

}  // namespace lakehold::txn
