// LakeTransaction: one lake as one DuckDB transaction sees it: pinned snapshots, table entries kept
// alive, and the draft of the table it writes. Thread-safe: sinks call it from several threads.
//
// A table is pinned at its first touch. Several statements on one table become one version; own
// writes are visible at once, through Snapshot::Overlay. Start reading at Lookup (readers),
// BeginWrite and AddFiles (writers), Commit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/tableref/bound_at_clause.hpp"
#include "duckdb/transaction/transaction.hpp"
#include "duckdb/transaction/transaction_manager.hpp"

#include "delta/predicate.h"
#include "delta/snapshot.h"
#include "engine/engine.h"
#include "engine/lake_table.h"
#include "engine/publication.h"
#include "txn/draft.h"
#include "txn/plan.h"

namespace lakehold::engine {

class LakeCatalog;
class LakeSchema;

// What one finished statement adds to a table's draft.
struct WrittenBatch {
  std::vector<delta::AddFile> adds;
  txn::WrittenFiles files;
  int64_t rows = 0;
};

class LakeTransaction final : public duckdb::Transaction {
 public:
  LakeTransaction(LakeCatalog& lake, duckdb::TransactionManager& manager,
                  duckdb::ClientContext& context);
  ~LakeTransaction() override;
  static LakeTransaction& Get(duckdb::ClientContext& context, duckdb::Catalog& catalog);

  LakeCatalog& lake() const { return lake_; }

  // The table of this name (nothing if there is none) as the transaction sees it: pinned at its
  // first touch, with own writes, or at the version `at` names. The entry lives as long as the
  // transaction.
  Result<LakeTable*> Lookup(LakeSchema& schema, std::string_view name,
                            duckdb::optional_ptr<duckdb::BoundAtClause> at);

  // Every table of the schema as the transaction sees it; those that cannot be opened as broken
  // entries.
  Result<std::vector<LakeTable*>> AllTables(LakeSchema& schema);

  // Opens the table for appending: at the first call of the transaction by txn::PlanAppend, later
  // calls join the open draft. kUnsupported "txn.several_tables" if the transaction writes another
  // table already; kInvalid "txn.pinned_in_the_past" for a table named with AT.
  Status BeginWrite(const LakeTable& table);
  // The same, replacing what is there (decided by txn::PlanOverwrite). Appends of the same
  // transaction follow into it.
  Status BeginOverwrite(const LakeTable& table, std::optional<delta::Predicate> where);
  // A new table, or a new definition (`draft` from txn::PlanCreate or PlanReplace): visible to this
  // transaction at once. What the transaction wrote into the table before is given up.
  Status BeginCreate(LakeSchema& schema, const std::string& table, txn::Draft draft);
  // The table goes when the transaction commits: one rename into `_lakehold/dropped/<uuid>/`. Gone
  // to this transaction now.
  Status Drop(LakeSchema& schema, const std::string& table);

  // Adds the files of a finished statement to the open draft of `root`, which later statements then
  // see. On an error the files are discarded.
  Status AddFiles(const delta::TableRoot& root, WrittenBatch batch);
  // Gives the open draft of `root` to `edit`, under the lock: for operation, parameters, metadata.
  Status EditDraft(const delta::TableRoot& root, const std::function<void(txn::Draft&)>& edit);

  // A scan was bound: what it reads enters the read set if its statement also writes the table.
  // `read` is looked at when the transaction commits.
  void RecordRead(const LakeTable& table, std::shared_ptr<const delta::Predicate> read);

  // Publishes what the transaction wrote. After an error the transaction is over: its files are
  // discarded unless the outcome is unknown.
  Result<std::vector<CommitReport>> Commit(duckdb::ClientContext& context);
  // Discards the files of what was not committed.
  void Rollback();

 private:
  // A table at its first touch, and as the transaction sees it now.
  struct Pinned {
    std::shared_ptr<const delta::Snapshot> base;     // Null: made by this transaction.
    std::shared_ptr<const delta::Snapshot> current;  // Null: dropped by this transaction.
    LakeTable* entry = nullptr;
  };
  // The one table this transaction writes.
  struct Written : WrittenTable {
    std::set<uint64_t> statements;
  };
  struct Read {
    std::string folder;
    uint64_t statement = 0;
    std::shared_ptr<const delta::Predicate> predicate;
  };
  struct Dropped {
    delta::TableRoot root;
    std::string name;
    delta::Version version = 0;
  };

  LakeTable* MakeEntry(LakeSchema& schema, const std::string& table,
                       std::shared_ptr<const delta::Snapshot> snapshot, bool time_travel);
  Result<Pinned*> PinLocked(LakeSchema& schema, const std::string& table);
  Result<LakeTable*> LookupAt(LakeSchema& schema, const std::string& table,
                              const duckdb::BoundAtClause& at);
  Status CheckOnlyTable(const delta::TableRoot& root, std::string_view name) const;
  Status OpenDraftLocked(const LakeTable& table,
                         const std::function<Result<txn::Draft>(const Pinned&)>& plan);
  // Makes own writes visible: the snapshot of base and draft.
  Status RefreshLocked();
  void AddReadsLocked();
  Result<CommitReport> MoveDropped();
  Result<bool> LiesIn(const std::string& grave, const Error& cause);

  LakeCatalog& lake_;
  std::mutex mutex_;  // Guards what follows. Held while a table is pinned: the store is asked then.
  std::map<std::string, Pinned> pinned_;                            // By folder.
  std::map<std::pair<std::string, std::string>, LakeTable*> past_;  // By folder and AT clause.
  std::vector<duckdb::unique_ptr<LakeTable>> entries_;
  std::optional<Written> written_;
  std::optional<Dropped> dropped_;
  std::vector<Read> reads_;
};

// Starts, commits and rolls back. Thread-safe.
class LakeTransactions final : public duckdb::TransactionManager {
 public:
  LakeTransactions(duckdb::AttachedDatabase& db, LakeCatalog& lake);
  ~LakeTransactions() override;
  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  // The original Error stays in SessionState::error; after a failure everything is cleaned up, as
  // DuckDB never rolls back.
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context,
                                      duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext& context, bool force) override;

 private:
  LakeCatalog& lake_;
  std::mutex mutex_;
  std::map<duckdb::Transaction*, duckdb::unique_ptr<LakeTransaction>> open_;
};

}  // namespace lakehold::engine
