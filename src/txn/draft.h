// Draft: what a transaction wants to be the next version, as plain values. Externally synchronized.
//
// Made by the planners (plan.h), checked against winners by Rebase (rebase.h), published by Commit
// (commit.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/action.h"
#include "delta/predicate.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace lakehold::txn {

// What the transaction's answer depends on. Empty: a blind write.
struct ReadSet {
  bool whole_table = false;
  std::vector<delta::Predicate>
      predicates;                    // The static conditions of the statements that read the table.
  delta::FileOrdinals files;         // Files whose rows were read, ascending, of the base snapshot.
  std::vector<std::string> app_ids;  // Applications whose transaction version was read.

  bool blind() const { return !whole_table && predicates.empty() && files.empty(); }
};

struct Draft {
  std::shared_ptr<const delta::Snapshot> base;  // Null: the draft creates the table, as version 0.
  std::optional<delta::Protocol> protocol;
  std::optional<delta::Metadata> metadata;
  std::vector<delta::AddFile> adds;
  delta::FileOrdinals removes;  // Of the base snapshot, ascending.
  std::vector<delta::SetTransaction> transactions;
  std::vector<delta::DomainMetadata> domains;
  delta::CommitInfo info;   // Operation, parameters and metrics; Commit fills in the rest.
  bool data_change = true;  // False for rewrites that leave the rows as they are.
  ReadSet reads;

  bool empty() const;
};

// The data files of a draft: published under their own random names, not yet durable. Movable.
struct WrittenFiles {
  std::vector<std::unique_ptr<storage::Staged>> unsettled;
  std::vector<std::string> keys;  // All of them, settled or not, so that a failure can remove them.
  std::vector<std::string> folders;  // Folders whose names need settling.
  void Absorb(WrittenFiles&& other);
};

// The actions of a draft, in the order of the log: commitInfo first, then protocol, metaData, the
// rest.
std::vector<delta::Action> ToActions(const Draft& draft, int64_t now_ms);

}  // namespace lakehold::txn
