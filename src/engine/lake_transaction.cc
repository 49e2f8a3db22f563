#include "engine/lake_transaction.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/string_util.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include <fmt/format.h>

#include "base/uuid.h"
#include "delta/log_path.h"
#include "delta/snapshot_cache.h"
#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/lake_schema.h"
#include "engine/session_state.h"
#include "storage/atomic_file.h"
#include "txn/commit.h"

namespace lakehold::engine {
namespace {

using SnapshotPtr = std::shared_ptr<const delta::Snapshot>;

Result<delta::VersionSpec> SpecOf(const duckdb::BoundAtClause& at) {
  const std::string unit = duckdb::StringUtil::Lower(at.Unit());
  duckdb::Value value = at.GetValue();
  auto bad = [&](std::string_view what) {
    return Invalid("sql.bad_at_clause",
                   fmt::format("AT ({} => {}): {}", at.Unit(), value.ToString(), what),
                   "AT (VERSION => 3), or AT (TIMESTAMP => '2026-11-01T00:00Z')");
  };
  if (value.IsNull()) return bad("NULL names no version");
  duckdb::Value number;
  std::string why;  // Without a place for its reason a failing cast throws.
  if (unit == "version") {
    if (!value.DefaultTryCastAs(duckdb::LogicalType::BIGINT, number, &why, true))
      return bad("that is no version number");
    return delta::VersionSpec(delta::AtVersion{number.GetValue<int64_t>()});
  }
  if (unit == "timestamp") {
    // A time without a zone counts as UTC.
    if (!value.DefaultTryCastAs(duckdb::LogicalType::TIMESTAMP_TZ, number, &why, true))
      return bad("that is no time");
    const auto micros = number.GetValueUnsafe<duckdb::timestamp_t>().value;
    return delta::VersionSpec(delta::AtTime{micros >= 0 ? micros / 1000 : (micros - 999) / 1000});
  }
  return bad("only VERSION and TIMESTAMP can be named");
}

}  // namespace

LakeTransaction::LakeTransaction(LakeCatalog& lake, duckdb::TransactionManager& manager,
                                 duckdb::ClientContext& context)
    : Transaction(manager, context), lake_(lake) {}

LakeTransaction::~LakeTransaction() = default;

LakeTransaction& LakeTransaction::Get(duckdb::ClientContext& context, duckdb::Catalog& catalog) {
  return Transaction::Get(context, catalog).Cast<LakeTransaction>();
}

LakeTable* LakeTransaction::MakeEntry(LakeSchema& schema, const std::string& table,
                                      SnapshotPtr snapshot, bool time_travel) {
  entries_.push_back(LakeTable::Make(schema, table, std::move(snapshot), time_travel));
  return entries_.back().get();
}

Result<LakeTransaction::Pinned*> LakeTransaction::PinLocked(LakeSchema& schema,
                                                            const std::string& table) {
  const auto root = schema.RootOf(table);
  if (auto known = pinned_.find(root.folder); known != pinned_.end()) return &known->second;
  LAKEHOLD_ASSIGN(auto snapshot,
                  lake_.world().environment.snapshots->Latest(root, lake_.world().log_context()));
  Pinned pinned;
  pinned.base = pinned.current = std::move(snapshot);
  return &pinned_.emplace(root.folder, std::move(pinned)).first->second;
}

Result<LakeTable*> LakeTransaction::Lookup(LakeSchema& schema, std::string_view name,
                                           duckdb::optional_ptr<duckdb::BoundAtClause> at) {
  std::lock_guard lock(mutex_);
  std::string table(name);
  // What this transaction has touched keeps its meaning, whatever happens to the folders meanwhile.
  auto known = pinned_.find(schema.RootOf(table).folder);
  if (known == pinned_.end()) {
    LAKEHOLD_ASSIGN(auto found, schema.FindTable(name));
    if (!found) return nullptr;
    table = *found;
  }
  if (at) return LookupAt(schema, table, *at);
  LAKEHOLD_ASSIGN(auto* pinned, PinLocked(schema, table));
  if (!pinned->current) return nullptr;
  if (pinned->entry == nullptr) pinned->entry = MakeEntry(schema, table, pinned->current, false);
  return pinned->entry;
}

Result<LakeTable*> LakeTransaction::LookupAt(LakeSchema& schema, const std::string& table,
                                             const duckdb::BoundAtClause& at) {
  LAKEHOLD_ASSIGN(const auto spec, SpecOf(at));
  const auto root = schema.RootOf(table);
  std::pair<std::string, std::string> key(root.folder, at.Unit() + "=" + at.GetValue().ToString());
  if (auto known = past_.find(key); known != past_.end()) return known->second;
  LAKEHOLD_ASSIGN(auto snapshot,
                  lake_.world().environment.snapshots->At(root, spec, lake_.world().log_context()));
  auto* entry = MakeEntry(schema, table, std::move(snapshot), true);
  past_.emplace(std::move(key), entry);
  return entry;
}

Result<std::vector<LakeTable*>> LakeTransaction::AllTables(LakeSchema& schema) {
  LAKEHOLD_ASSIGN(auto names, schema.ListTables());
  // Tables this transaction made are not in a folder yet.
  {
    std::lock_guard lock(mutex_);
    for (const auto& [folder, pinned] : pinned_) {
      if (pinned.base || !pinned.current || !pinned.entry ||
          &pinned.entry->lake_schema() != &schema)
        continue;
      names.push_back(pinned.entry->name);
    }
  }
  std::vector<LakeTable*> tables;
  for (const auto& name : names) {
    auto table = Lookup(schema, name, nullptr);
    if (!table.ok()) {
      std::lock_guard lock(mutex_);
      entries_.push_back(LakeTable::MakeBroken(schema, name, table.error()));
      tables.push_back(entries_.back().get());
    } else if (*table != nullptr) {
      tables.push_back(*table);
    }
  }
  return tables;
}

Status LakeTransaction::CheckOnlyTable(const delta::TableRoot& root, std::string_view name) const {
  const delta::TableRoot* other = written_ ? &written_->root : dropped_ ? &dropped_->root : nullptr;
  if (other == nullptr || other->folder == root.folder) return {};
  return Unsupported("txn.several_tables",
                     fmt::format("this transaction writes {} already and cannot write {} too",
                                 written_ ? written_->name : dropped_->name, name),
                     "COMMIT first: one transaction writes one table");
}

Status LakeTransaction::OpenDraftLocked(
    const LakeTable& table, const std::function<Result<txn::Draft>(const Pinned&)>& plan) {
  auto& schema = table.lake_schema();
  if (table.time_travel()) {
    return Invalid("txn.pinned_in_the_past",
                   fmt::format("{} AT version {} is read-only", table.DisplayName(),
                               table.snapshot() ? table.snapshot()->version() : -1),
                   "Write to the table itself");
  }
  const auto root = schema.RootOf(table.name);
  LAKEHOLD_TRY(CheckOnlyTable(root, table.DisplayName()));
  LAKEHOLD_ASSIGN(auto* pinned, PinLocked(schema, table.name));
  LAKEHOLD_ASSIGN(auto draft, plan(*pinned));
  if (!written_) written_.emplace();
  written_->root = root;
  written_->name = table.DisplayName();
  written_->draft = std::move(draft);
  return {};
}

Status LakeTransaction::BeginWrite(const LakeTable& table) {
  std::lock_guard lock(mutex_);
  const auto root = table.lake_schema().RootOf(table.name);
  if (!written_ || written_->root.folder != root.folder || table.time_travel()) {
    LAKEHOLD_TRY(
        OpenDraftLocked(table, [](const Pinned& pinned) { return txn::PlanAppend(pinned.base); }));
  }
  written_->statements.insert(active_query.load());
  return {};
}

Status LakeTransaction::BeginOverwrite(const LakeTable& table,
                                       std::optional<delta::Predicate> where) {
  std::lock_guard lock(mutex_);
  const auto root = table.lake_schema().RootOf(table.name);
  const bool joins = written_ && written_->root.folder == root.folder;
  if (joins && where && !written_->draft.adds.empty()) {
    return Unsupported(
        "txn.overwrite_after_write",
        fmt::format("this transaction has written {} already and cannot overwrite a part of it",
                    table.DisplayName()),
        "COMMIT first");
  }
  if (joins) {
    txn::DiscardFiles(written_->root, std::exchange(written_->files, {}));
    written_->draft.adds.clear();
    written_->rows_added = 0;
  }
  if (!joins || written_->draft.base) {
    LAKEHOLD_TRY(OpenDraftLocked(
        table, [&](const Pinned& pinned) { return txn::PlanOverwrite(pinned.base, where); }));
  }
  written_->statements.insert(active_query.load());
  return {};
}

Status LakeTransaction::BeginCreate(LakeSchema& schema, const std::string& table,
                                    txn::Draft draft) {
  std::lock_guard lock(mutex_);
  const auto root = schema.RootOf(table);
  LAKEHOLD_TRY(CheckOnlyTable(root, schema.DisplayName(table)));
  auto& pinned = pinned_[root.folder];
  if (draft.base != pinned.base) {
    // Planned over the transaction's own view, which nobody else has seen: it is the base that gets
    // replaced.
    if (!pinned.base && written_ && !draft.protocol) draft.protocol = written_->draft.protocol;
    draft.base = pinned.base;
    draft.removes = pinned.base ? pinned.base->files().LiveOrdinals() : delta::FileOrdinals{};
  }
  if (written_) txn::DiscardFiles(written_->root, std::exchange(written_->files, {}));
  written_.emplace();
  written_->root = root;
  written_->name = schema.DisplayName(table);
  written_->draft = std::move(draft);
  written_->statements.insert(active_query.load());
  dropped_.reset();
  LAKEHOLD_TRY(RefreshLocked());
  pinned.entry = MakeEntry(schema, table, pinned.current, false);
  return {};
}

Status LakeTransaction::Drop(LakeSchema& schema, const std::string& table) {
  std::lock_guard lock(mutex_);
  const auto root = schema.RootOf(table);
  const std::string name = schema.DisplayName(table);
  if (root.folder.empty()) {
    return Invalid("catalog.table_is_the_lake",
                   fmt::format("{} is the attached folder itself", name),
                   "Attach the folder above it to drop the table");
  }
  LAKEHOLD_TRY(CheckOnlyTable(root, name));
  LAKEHOLD_ASSIGN(auto* pinned, PinLocked(schema, table));
  if (written_) txn::DiscardFiles(written_->root, std::exchange(written_->files, {}));
  written_.reset();
  if (pinned->base) dropped_ = Dropped{root, name, pinned->base->version()};
  pinned->current = nullptr;
  pinned->entry = nullptr;
  return {};
}

Status LakeTransaction::AddFiles(const delta::TableRoot& root, WrittenBatch batch) {
  std::lock_guard lock(mutex_);
  if (!written_ || written_->root.folder != root.folder) {
    txn::DiscardFiles(root, std::move(batch.files));
    return Internal("txn.no_draft", fmt::format("{} has no open draft", root.uri()));
  }
  auto& adds = written_->draft.adds;
  adds.insert(adds.end(), std::make_move_iterator(batch.adds.begin()),
              std::make_move_iterator(batch.adds.end()));
  written_->files.Absorb(std::move(batch.files));
  written_->rows_added += batch.rows;
  return RefreshLocked();
}

Status LakeTransaction::EditDraft(const delta::TableRoot& root,
                                  const std::function<void(txn::Draft&)>& edit) {
  std::lock_guard lock(mutex_);
  if (!written_ || written_->root.folder != root.folder) {
    return Internal("txn.no_draft", fmt::format("{} has no open draft", root.uri()));
  }
  edit(written_->draft);
  return RefreshLocked();
}

Status LakeTransaction::RefreshLocked() {
  auto& pinned = pinned_[written_->root.folder];
  const auto actions =
      txn::ToActions(written_->draft, lake_.world().environment.runtime.clock.NowMs());
  if (pinned.base) {
    LAKEHOLD_ASSIGN(pinned.current, pinned.base->Overlay(actions));
  } else {
    LAKEHOLD_ASSIGN(pinned.current, delta::Snapshot::FromActions(written_->root, actions));
  }
  if (pinned.entry != nullptr) {
    auto& schema = pinned.entry->lake_schema();
    pinned.entry = MakeEntry(schema, pinned.entry->name, pinned.current, false);
  }
  return {};
}

void LakeTransaction::RecordRead(const LakeTable& table,
                                 std::shared_ptr<const delta::Predicate> read) {
  if (table.time_travel()) return;  // The past cannot change.
  std::lock_guard lock(mutex_);
  reads_.push_back(
      {table.lake_schema().RootOf(table.name).folder, active_query.load(), std::move(read)});
}

void LakeTransaction::AddReadsLocked() {
  auto& reads = written_->draft.reads;
  for (const auto& read : reads_) {
    if (read.folder != written_->root.folder || written_->statements.count(read.statement) == 0)
      continue;
    if (read.predicate->kind == delta::PredicateKind::kUnknown) {
      reads.whole_table = true;
    } else {
      reads.predicates.push_back(*read.predicate);
    }
  }
}

// Whether the folder has arrived although the store said that moving it failed.
Result<bool> LakeTransaction::LiesIn(const std::string& grave, const Error& cause) {
  const auto found = lake_.store()->ListFolders(grave);
  if (!found.ok()) {
    return OutcomeUnknown(
        "storage.lost_answer",
        fmt::format("the table may have been moved to '{}' ({}; looking there failed too: {})",
                    grave, cause.message, found.error().message),
        {}, "look whether the table is still there");
  }
  return std::find(found->begin(), found->end(), delta::kLogFolder) != found->end();
}

Result<CommitReport> LakeTransaction::MoveDropped() {
  auto& environment = lake_.world().environment;
  const auto dropped = *std::exchange(dropped_, std::nullopt);
  const std::string grave =
      fmt::format("_lakehold/dropped/{}", NewUuid(environment.runtime.random));
  environment.snapshots->Forget(dropped.root);
  const Status moved = lake_.store()->MoveFolder(dropped.root.folder, grave);
  if (!moved.ok()) {
    LAKEHOLD_ASSIGN(const bool buried, LiesIn(grave, moved.error()));
    if (!buried) return moved.error();
  }
  const std::vector<std::string> parents{std::string(storage::FolderOf(dropped.root.folder)),
                                         std::string(storage::FolderOf(grave))};
  if (auto settled = lake_.store()->SettleNames(parents); !settled.ok()) {
    return OutcomeUnknown("storage.not_durable",
                          fmt::format("{} is dropped, but that could not be made durable ({})",
                                      dropped.name, settled.error().message),
                          "", "after a power cut the table may be there again");
  }
  CommitReport report;
  report.table = dropped.name;
  report.operation = "DROP TABLE";
  report.version = dropped.version;
  return report;
}

Result<std::vector<CommitReport>> LakeTransaction::Commit(duckdb::ClientContext& context) {
  std::lock_guard lock(mutex_);
  std::vector<CommitReport> reports;
  if (written_ && !written_->draft.empty()) {
    AddReadsLocked();
    auto written = std::exchange(written_, std::nullopt);
    LAKEHOLD_ASSIGN(auto published,
                    Publish(std::move(*written), SessionState::Of(context), lake_.world()));
    reports.push_back(std::move(published.report));
  }
  if (dropped_) {
    LAKEHOLD_ASSIGN(auto report, MoveDropped());
    reports.push_back(std::move(report));
  }
  return reports;
}

void LakeTransaction::Rollback() {
  std::lock_guard lock(mutex_);
  if (written_) txn::DiscardFiles(written_->root, std::move(written_->files));
  written_.reset();
  dropped_.reset();
}

LakeTransactions::LakeTransactions(duckdb::AttachedDatabase& db, LakeCatalog& lake)
    : TransactionManager(db), lake_(lake) {}

LakeTransactions::~LakeTransactions() = default;

duckdb::Transaction& LakeTransactions::StartTransaction(duckdb::ClientContext& context) {
  auto transaction = duckdb::make_uniq<LakeTransaction>(lake_, *this, context);
  auto& started = *transaction;
  std::lock_guard lock(mutex_);
  open_.emplace(&started, std::move(transaction));
  return started;
}

duckdb::ErrorData LakeTransactions::CommitTransaction(duckdb::ClientContext& context,
                                                      duckdb::Transaction& transaction) {
  duckdb::unique_ptr<LakeTransaction> ours;
  {
    std::lock_guard lock(mutex_);
    auto found = open_.find(&transaction);
    ours = std::move(found->second);
    open_.erase(found);
  }
  auto& state = SessionState::Of(context);
  auto reports = CatchDuckDb([&] { return ours->Commit(context); });
  if (!reports.ok()) {
    state.error = reports.error();
    ours->Rollback();
    return ErrorDataOf(reports.error());
  }
  for (auto& report : *reports) state.commits.push_back(std::move(report));
  return {};
}

void LakeTransactions::RollbackTransaction(duckdb::Transaction& transaction) {
  duckdb::unique_ptr<LakeTransaction> ours;
  {
    std::lock_guard lock(mutex_);
    auto found = open_.find(&transaction);
    if (found == open_.end()) return;
    ours = std::move(found->second);
    open_.erase(found);
  }
  ours->Rollback();
}

// CHECKPOINT is about DuckDB's own files; a table's checkpoint is written after its commits.
void LakeTransactions::Checkpoint(duckdb::ClientContext&, bool) {}

}  // namespace lakehold::engine
