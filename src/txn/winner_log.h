// WinnerLog: the commits that others made while we raced, read once each, in order.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/table_root.h"

namespace lakehold::txn {

// The actions of one version, or nothing if there is no such version yet.
Result<std::optional<std::vector<delta::Action>>> ReadCommit(const delta::TableRoot& root,
                                                             delta::Version version);

// Whether one of these actions is the commitInfo of transaction `txn_id`.
bool IsCommitOf(const std::vector<delta::Action>& actions, std::string_view txn_id);

}  // namespace lakehold::txn
