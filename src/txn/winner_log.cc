#include "txn/winner_log.h"

#include <string>
#include <utility>
#include <variant>

#include "delta/action_json.h"
#include "delta/log_path.h"

namespace lakehold::txn {

Result<std::optional<std::vector<delta::Action>>> ReadCommit(const delta::TableRoot& root,
                                                             delta::Version version) {
  const std::string key = root.LogKeyOf(delta::CommitName(version));
  auto json = root.store->Get(key, std::nullopt);
  if (!json.ok()) {
    if (json.error().kind == ErrorKind::kNotFound)
      return std::optional<std::vector<delta::Action>>();
    return std::move(json).error();
  }
  std::vector<delta::Action> actions;
  LAKEHOLD_TRY(delta::ParseCommit(*json, key, delta::ActionFilter{}, [&](delta::Action&& action) {
    actions.push_back(std::move(action));
    return Status();
  }));
  return std::optional<std::vector<delta::Action>>(std::move(actions));
}

bool IsCommitOf(const std::vector<delta::Action>& actions, std::string_view txn_id) {
  for (const auto& action : actions) {
    const auto* info = std::get_if<delta::CommitInfo>(&action);
    if (info != nullptr && info->txn_id && *info->txn_id == txn_id) return true;
  }
  return false;
}

}  // namespace lakehold::txn
