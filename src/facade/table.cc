#include "lakehold/table.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_quote.h"
#include "delta/checkpoint.h"
#include "delta/features.h"
#include "delta/history.h"
#include "delta/log_compaction.h"
#include "delta/log_path.h"
#include "delta/ratified_store.h"
#include "delta/readable.h"
#include "facade/lake_state.h"
#include "facade/registry.h"
#include "facade/table_files.h"
#include "facade/table_status.h"
#include "table/append.h"
#include "upkeep/fsck.h"
#include "upkeep/statistics_check.h"

namespace lakehold {
namespace {

Error PinnedError(const std::string& name, Version version) {
  return Invalid("table.pinned",
                 fmt::format("{} is pinned to version {} and read-only", name, version),
                 "open the table without a version to write to it");
}

// The folder as the table's catalog sees it.
Result<std::shared_ptr<storage::ObjectStore>> AsRatified(
    std::shared_ptr<storage::ObjectStore> store, const RatifiedCommits& commits) {
  auto& registry = Registry::Get();
  LAKEHOLD_ASSIGN(auto view, delta::OpenRatified(std::move(store), commits, registry.NextNumber()));
  LAKEHOLD_ASSIGN(const auto snapshot,
                  registry.snapshots().Latest({view, ""}, registry.log_context()));
  if (delta::IsCatalogManaged(snapshot->protocol())) return view;
  return Invalid("delta.not_catalog_managed",
                 fmt::format("{} is not managed by a catalog: its folder says which commits count",
                             view->uri()),
                 "open it without ratified commits");
}

}  // namespace

Status Table::State::CheckWritable() const {
  if (delta::RatifiedNumber(*root.store) == 0) return {};
  return About(Unsupported("delta.catalog_managed",
                           fmt::format("{} is managed by its catalog: commits go through the "
                                       "catalog, and this handle only reads",
                                       name),
                           "write with the catalog's own tools"));
}

Result<std::shared_ptr<const delta::Snapshot>> Table::State::Snapshot() const {
  auto& registry = Registry::Get();
  const auto context = registry.log_context();
  auto snapshot = Told(pinned ? registry.snapshots().At(root, AtVersion{*pinned}, context)
                              : registry.snapshots().Latest(root, context));
  if (snapshot.ok()) seen.Set(*snapshot);
  return snapshot;
}

Error Table::State::About(Error error) const {
  error = std::move(error).With("table", name).With("path", location);
  return pinned ? std::move(error).With("version", std::to_string(*pinned)) : error;
}

std::string Table::State::FromClause() const {
  const std::string name = QualifiedName(sql->catalog(), qualified);
  return pinned ? fmt::format("{} AT (VERSION => {})", name, *pinned) : name;
}

Result<Table> Table::Open(std::string_view location, const VersionSpec& spec,
                          const OpenOptions& options) {
  LAKEHOLD_ASSIGN(auto store, OpenAt(location, options, false));
  LAKEHOLD_TRY(CheckIsTable(store, location));
  if (options.ratified) {
    LAKEHOLD_ASSIGN(store, AsRatified(std::move(store), *options.ratified));
  }
  auto state = std::make_shared<State>();
  state->name = NameOf(store->uri());
  state->location = std::string(store->uri());
  state->qualified = {"", state->name};
  state->root = {store, ""};
  state->sql = std::make_shared<SqlSession>(store);
  Table table(std::move(state));
  if (std::holds_alternative<Latest>(spec)) return table;
  return table.At(spec);
}

Table::Table(std::shared_ptr<State> state) : state_(std::move(state)) {}
Table::~Table() = default;
Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;

const std::string& Table::name() const { return state_->name; }
const std::string& Table::location() const { return state_->location; }
std::optional<Version> Table::pinned() const { return state_->pinned; }

Result<Table> Table::At(const VersionSpec& spec) const {
  auto& registry = Registry::Get();
  LAKEHOLD_ASSIGN(auto snapshot, state_->Told(registry.snapshots().At(state_->root, spec,
                                                                      registry.log_context())));
  auto state = std::make_shared<State>(*state_);
  state->pinned = snapshot->version();
  return Table(std::move(state));
}

Result<TableOutline> Table::Outline() const {
  auto& registry = Registry::Get();
  const VersionSpec spec = state_->pinned ? VersionSpec(AtVersion{*state_->pinned}) : Latest{};
  LAKEHOLD_ASSIGN(const auto head, state_->Told(registry.snapshots().Head(state_->root, spec,
                                                                          registry.log_context())));
  // What was seen before is not what this call has seen.
  if (const auto last = state_->seen.Get(); last && last->version() != head.version)
    state_->seen.Set(nullptr);
  return OutlineOf(head);
}

Result<TableStatus> Table::Describe() const {
  LAKEHOLD_ASSIGN(const auto snapshot, state_->Snapshot());
  auto status = StatusOf(*snapshot, state_->location);
  status.last_checkpoint = NewestCheckpoint(*snapshot);
  status.background_failure = Registry::Get().background_failures().Of(state_->root);
  return status;
}

std::optional<TableStatus> Table::LastStatus() const {
  const auto snapshot = state_->seen.Get();
  if (!snapshot) return std::nullopt;
  return StatusOf(*snapshot, state_->location);
}

Result<std::vector<HistoryEntry>> Table::History(size_t limit) const {
  LAKEHOLD_ASSIGN(auto entries, state_->Told(delta::ReadHistory(state_->root, limit,
                                                                Registry::Get().log_context())));
  std::vector<HistoryEntry> history;
  for (auto& entry : entries) {
    if (state_->pinned && entry.version > *state_->pinned) continue;
    HistoryEntry told;
    told.version = entry.version;
    told.timestamp_ms = entry.timestamp_ms;
    told.operation = entry.info.operation.value_or("");
    told.parameters = std::move(entry.info.operation_parameters);
    told.metrics = std::move(entry.info.operation_metrics);
    told.engine = entry.info.engine_info.value_or("");
    told.txn_id = entry.info.txn_id.value_or("");
    history.push_back(std::move(told));
  }
  return history;
}

Result<std::vector<DataFile>> Table::Files() const {
  LAKEHOLD_ASSIGN(const auto snapshot, state_->Snapshot());
  return state_->Told(FilesOf(*snapshot));
}

Result<int64_t> Table::Count() {
  LAKEHOLD_ASSIGN(const auto snapshot, state_->Snapshot());
  if (auto readable = delta::CheckReadableInLog(*snapshot); !readable.ok())
    return state_->About(std::move(readable).error());
  if (const auto rows = ExactRows(*snapshot)) return *rows;
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  const auto count = fmt::format("SELECT count(*) FROM {}", state_->FromClause());
  LAKEHOLD_ASSIGN(auto query, state_->Told(session->Run(count, {})));
  return state_->Told(ReadOneInteger(*query));
}

namespace {

Result<std::string> SelectOf(engine::Session& session, const std::string& from,
                             const ScanRequest& request) {
  std::vector<std::string> columns;
  for (const auto& name : request.columns) columns.push_back(QuoteName(name));
  std::string sql =
      fmt::format("SELECT {} FROM {}",
                  columns.empty() ? "*" : fmt::format("{}", fmt::join(columns, ", ")), from);
  if (request.where) {
    LAKEHOLD_TRY(session.CheckExpression(*request.where));
    sql += fmt::format(" WHERE ({})", *request.where);
  }
  if (request.limit) sql += fmt::format(" LIMIT {}", *request.limit);
  return sql;
}

}  // namespace

Result<Rows> Table::Scan(const ScanRequest& request) {
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  LAKEHOLD_ASSIGN(const auto sql, state_->Told(SelectOf(*session, state_->FromClause(), request)));
  LAKEHOLD_ASSIGN(auto query, state_->Told(session->Run(sql, request.parameters)));
  return Rows(std::shared_ptr<engine::Query>(std::move(query)),
              [sql = state_->sql] { sql->Interrupt(); });
}

Result<Explanation> Table::Explain(const ScanRequest& request) {
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  LAKEHOLD_ASSIGN(const auto sql, state_->Told(SelectOf(*session, state_->FromClause(), request)));
  return state_->Told(session->Explain(sql, request.parameters));
}

Result<CommitReport> Table::Write(const WriteRequest& request) {
  LAKEHOLD_TRY(state_->CheckWritable());
  if (state_->pinned) return state_->About(PinnedError(state_->name, *state_->pinned));
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  const auto& name = state_->qualified;
  const table::Target target{
      state_->name,
      {state_->sql->catalog(), name.schema.empty() ? "main" : name.schema, name.table},
      QualifiedName(state_->sql->catalog(), name)};
  state_->seen.Set(nullptr);
  LAKEHOLD_ASSIGN(auto report, state_->Told(table::Write(*session, target, request)));
  if (report.version < 0 && !session->in_transaction()) {
    // No row came, so there was nothing to commit.
    LAKEHOLD_ASSIGN(const auto snapshot, state_->Snapshot());
    report.version = snapshot->version();
  }
  return report;
}

Result<CheckpointReport> Table::Checkpoint() {
  LAKEHOLD_TRY(state_->CheckWritable());
  LAKEHOLD_ASSIGN(const auto snapshot, state_->Snapshot());
  LAKEHOLD_ASSIGN(const auto made, state_->Told(delta::WriteCheckpoint(
                                       state_->root, *snapshot, Registry::Get().log_context())));
  Registry::Get().background_failures().Tell(state_->root, "checkpoint", {});
  return CheckpointReport{made.version, made.actions, made.live_files, made.size_bytes,
                          made.written};
}

Result<LogCompactionReport> Table::CompactLog(std::optional<Version> first) {
  LAKEHOLD_TRY(state_->CheckWritable());
  LAKEHOLD_ASSIGN(const auto snapshot, state_->Snapshot());
  const Version from = first.value_or(NewestCheckpoint(*snapshot).value_or(-1) + 1);
  const Version last = snapshot->version();
  if (!first && from >= last) return LogCompactionReport{.first = from, .last = last};
  LAKEHOLD_ASSIGN(const auto made,
                  state_->Told(delta::WriteLogCompaction(state_->root, *snapshot, from, last)));
  return LogCompactionReport{made.first, made.last, made.actions, made.size_bytes, made.written};
}

void Table::Interrupt() { state_->sql->Interrupt(); }

Result<FsckReport> Table::Fsck(bool deep, bool statistics) const {
  const auto context = Registry::Get().log_context();
  LAKEHOLD_ASSIGN(auto report, state_->Told(upkeep::Fsck(state_->root, deep, context)));
  if (!statistics || report.version < 0) return report;
  LAKEHOLD_ASSIGN(const auto snapshot, state_->Told(delta::Snapshot::Load(
                                           state_->root, AtVersion{report.version}, context)));
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  const auto from =
      fmt::format("{} AT (VERSION => {})", QualifiedName(state_->sql->catalog(), state_->qualified),
                  report.version);
  const auto compared = upkeep::CheckStatistics(*session, from, *snapshot, report);
  if (compared.ok()) return report;
  if (compared.error().kind == ErrorKind::kCancelled) return compared.error();
  // Damage that was told by name may be what stands in the way.
  const bool is_news = report.healthy() && compared.error().kind != ErrorKind::kUnsupported;
  report.findings.push_back(
      {is_news, std::string(delta::kLogFolder),
       "statistics were not compared with the rows: " + compared.error().ToString()});
  return report;
}

}  // namespace lakehold
