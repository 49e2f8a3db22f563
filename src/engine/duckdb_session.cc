#include "engine/duckdb_session.h"

#include <algorithm>
#include <utility>

#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <fmt/format.h>

#include "base/limits.h"
#include "engine/duckdb_errors.h"
#include "engine/overwrite_predicate.h"
#include "engine/pending_write.h"
#include "engine/query.h"
#include "engine/session_state.h"
#include "engine/write_statement.h"

namespace lakehold::engine {
namespace {

using Materialized = duckdb::unique_ptr<duckdb::MaterializedQueryResult>;

int64_t ChangedRows(duckdb::StatementType type, duckdb::MaterializedQueryResult& result) {
  // CREATE TABLE AS counts like an INSERT, whatever its return type says.
  if (result.RowCount() == 1 && result.names.size() == 1 && result.names[0] == "Count" &&
      type != duckdb::StatementType::SELECT_STATEMENT) {
    return result.GetValue<int64_t>(0, 0);
  }
  if (result.properties.return_type != duckdb::StatementReturnType::QUERY_RESULT) return 0;
  switch (type) {
    case duckdb::StatementType::INSERT_STATEMENT:
    case duckdb::StatementType::UPDATE_STATEMENT:
    case duckdb::StatementType::DELETE_STATEMENT:
    case duckdb::StatementType::MERGE_INTO_STATEMENT:
      return static_cast<int64_t>(result.RowCount());  // RETURNING hands out the rows it changed.
    default:
      return -1;
  }
}

thread_local const DuckDbSession* appending_session = nullptr;

// While a session takes a few rows from their producer, this thread may be within that producer.
class Appending {
 public:
  explicit Appending(const DuckDbSession* session)
      : before_(std::exchange(appending_session, session)) {}
  ~Appending() { appending_session = before_; }
  Appending(const Appending&) = delete;
  Appending& operator=(const Appending&) = delete;

 private:
  const DuckDbSession* before_;
};

duckdb::QueryParameters ToTheEnd() {
  duckdb::QueryParameters how(false);
  how.memory_type = duckdb::QueryResultMemoryType::BUFFER_MANAGED;  // Large results spill.
  return how;
}

}  // namespace

DuckDbSession::DuckDbSession(std::shared_ptr<DuckDbInstance> instance)
    : instance_(std::move(instance)),
      connection_(instance_->Connect()),
      inputs_(duckdb::make_shared_ptr<ArrowInputs>()) {
  connection_->context->registered_state->Insert(ArrowInputs::kStateName, inputs_);
  WatchForInterrupt(connection_->context);
}

DuckDbSession::~DuckDbSession() {
  connection_.reset();  // Rolls back first, so that nothing holds the lakes.
  for (const std::string& lake : lakes_) {
    const Status detached = instance_->DetachLake(lake);
    static_cast<void>(detached);  // Nobody is left to be told.
  }
}

duckdb::unique_ptr<duckdb::Connection> DuckDbSession::OpenSibling() {
  auto sibling = instance_->Connect();
  duckdb::ClientContext& mine = *connection_->context;
  duckdb::ClientContext& its = *sibling->context;
  auto& from = duckdb::ClientData::Get(mine);
  auto& to = duckdb::ClientData::Get(its);
  to.temporary_objects = from.temporary_objects;
  to.catalog_search_path =
      duckdb::make_uniq<duckdb::CatalogSearchPath>(its, from.catalog_search_path->GetSetPaths());
  its.config = mine.config;
  // A copy: what is unregistered later stays readable to a SELECT that was bound before.
  its.registered_state->Insert(ArrowInputs::kStateName, inputs_->Copy());
  WatchForInterrupt(sibling->context);
  return sibling;
}

void DuckDbSession::WatchForInterrupt(const duckdb::shared_ptr<duckdb::ClientContext>& context) {
  std::lock_guard lock(mutex_);
  std::erase_if(contexts_, [](const auto& known) { return known.expired(); });
  contexts_.emplace_back(context);
}

void DuckDbSession::BeginStatement() {
  reports_.clear();
  auto& state = SessionState::Of(*connection_->context);
  state.Clear();
  std::lock_guard lock(mutex_);
  cancel_ = std::make_shared<CancelToken>();
  state.cancel = cancel_;
}

Status DuckDbSession::Attach(std::string_view name, std::shared_ptr<storage::ObjectStore> store,
                             bool make_default) {
  const std::string lake(name);
  return CatchDuckDb([&]() -> Status {
    LAKEHOLD_TRY(instance_->AttachLake(*connection_, lake, std::move(store)));
    lakes_.push_back(lake);
    return make_default ? ExecuteText(*connection_, fmt::format("USE {}", QuoteName(lake)))
                        : Status();
  });
}

Status DuckDbSession::Detach(std::string_view name) {
  const auto found = std::find_if(lakes_.begin(), lakes_.end(), [&](const std::string& lake) {
    return duckdb::StringUtil::CIEquals(lake, std::string(name));
  });
  if (found == lakes_.end()) {
    return NotFound("engine.no_such_lake",
                    fmt::format("this session has attached no lake named \"{}\"", name));
  }
  return CatchDuckDb([&]() -> Status {
    const auto& path =
        duckdb::ClientData::Get(*connection_->context).catalog_search_path->GetSetPaths();
    if (!path.empty() && duckdb::StringUtil::CIEquals(path[0].catalog, *found)) {
      LAKEHOLD_TRY(ExecuteText(*connection_, "USE memory"));
    }
    const std::string lake = *found;
    lakes_.erase(found);
    return instance_->DetachLake(lake);
  });
}

Result<Materialized> DuckDbSession::FinishOnce(const ParsedStatement& parsed) {
  LAKEHOLD_ASSIGN(auto result, Execute(*connection_, parsed, ToTheEnd()));
  return duckdb::unique_ptr_cast<duckdb::QueryResult, duckdb::MaterializedQueryResult>(
      std::move(result));
}

Result<Materialized> DuckDbSession::Finish(const ParsedStatement& parsed) {
  Clock& clock = instance_->world().environment.runtime.clock;
  const int64_t deadline_ns = clock.MonotonicNs() + limits::kCommitDeadlineMs * 1'000'000;
  const bool alone = !in_transaction();
  while (true) {
    const size_t consumed_before = inputs_->consumed();
    auto result = FinishOnce(parsed);
    auto& commits = SessionState::Of(*connection_->context).commits;
    reports_.insert(reports_.end(), commits.begin(), commits.end());
    commits.clear();
    if (result.ok() || !alone || result.error().kind != ErrorKind::kConflict) return result;
    // Somebody changed what the statement read: read it again. A one-shot input cannot be.
    if (inputs_->consumed() != consumed_before || clock.MonotonicNs() > deadline_ns) return result;
  }
}

Result<std::unique_ptr<Query>> DuckDbSession::RunOne(ParsedStatement parsed, bool last) {
  const bool select = parsed.statement->type == duckdb::StatementType::SELECT_STATEMENT;
  if (select && last && !in_transaction())
    return BindSelect(instance_, OpenSibling(), std::move(parsed));
  LAKEHOLD_ASSIGN(auto result, Finish(parsed));
  const int64_t changed = ChangedRows(parsed.statement->type, *result);
  return MakeFinishedQuery(instance_, connection_->context, std::move(result), changed);
}

Result<std::unique_ptr<Query>> DuckDbSession::Run(std::string_view sql,
                                                  const Parameters& parameters) {
  return CatchDuckDb([&]() -> Result<std::unique_ptr<Query>> {
    LAKEHOLD_TRY(CheckNotProducing());
    BeginStatement();
    LAKEHOLD_ASSIGN(auto parsed, ParseStatements(*connection_, sql, parameters));
    std::unique_ptr<Query> query;
    for (size_t i = 0; i < parsed.size(); ++i) {
      LAKEHOLD_ASSIGN(query, RunOne(std::move(parsed[i]), i + 1 == parsed.size()));
    }
    return query;
  });
}

Result<Explanation> DuckDbSession::Explain(std::string_view sql, const Parameters& parameters) {
  return CatchDuckDb([&]() -> Result<Explanation> {
    LAKEHOLD_TRY(CheckNotProducing());
    // In a transaction the plan must see its writes.
    const auto sibling = in_transaction() ? nullptr : OpenSibling();
    duckdb::Connection& connection = sibling ? *sibling : *connection_;
    LAKEHOLD_ASSIGN(auto parsed, ParseSelect(connection, sql, parameters));
    parsed.statement = duckdb::make_uniq<duckdb::ExplainStatement>(std::move(parsed.statement));
    auto& state = SessionState::Of(*connection.context);
    state.Clear();
    LAKEHOLD_ASSIGN(auto result, Execute(connection, parsed, duckdb::QueryParameters(false)));
    Explanation explanation;
    auto& rows = result->Cast<duckdb::MaterializedQueryResult>();
    for (duckdb::idx_t row = 0; row < rows.RowCount(); ++row) {
      explanation.plan += duckdb::Value(rows.GetValue(1, row)).ToString();
    }
    for (const auto& scan : state.scans) explanation.scans.push_back(*scan);
    return explanation;
  });
}

Result<std::vector<ColumnDescription>> DuckDbSession::Describe(std::string_view sql,
                                                               const Parameters& parameters) {
  return CatchDuckDb([&]() -> Result<std::vector<ColumnDescription>> {
    LAKEHOLD_TRY(CheckNotProducing());
    LAKEHOLD_ASSIGN(auto parsed, ParseSelect(*connection_, sql, parameters));
    LAKEHOLD_ASSIGN(auto bound, BindColumns(*connection_, parsed));
    return engine::Describe(bound.names, bound.types);
  });
}

Result<CommitReport> DuckDbSession::Write(const WriteRequest& request) {
  return CatchDuckDb([&]() -> Result<CommitReport> {
    LAKEHOLD_TRY(CheckNotProducing());
    BeginStatement();
    auto& pending = PendingWrite::Of(*connection_->context);
    pending.overwrite.reset();
    LAKEHOLD_ASSIGN(auto named, ParametersNamedIn(request.source, request.parameters));
    LAKEHOLD_ASSIGN(auto source, ParseSelect(*connection_, request.source, named));
    LAKEHOLD_ASSIGN(auto source_columns, BindColumns(*connection_, source));
    LAKEHOLD_ASSIGN(auto table,
                    ParseSelect(*connection_, "SELECT * FROM " + QuotePath(request.table), {}));
    LAKEHOLD_ASSIGN(auto table_columns, BindColumns(*connection_, table));
    LAKEHOLD_ASSIGN(auto sql, BuildInsert(request, source_columns, table_columns));
    LAKEHOLD_ASSIGN(auto insert, ParseStatements(*connection_, sql, request.parameters));
    if (request.mode == WriteMode::kOverwrite) {
      Overwrite overwrite;
      if (request.where) {
        LAKEHOLD_ASSIGN(overwrite.where,
                        BindOverwritePredicate(*connection_, QuotePath(request.table),
                                               *request.where, request.parameters));
      }
      pending.overwrite = std::move(overwrite);
    }
    SessionState::Of(*connection_->context).operation_parameters = request.operation_parameters;
    auto result = Finish(insert.at(0));
    pending.overwrite.reset();
    if (!result.ok()) return std::move(result).error();
    if (!reports_.empty()) return reports_.back();
    // Part of an open transaction: the version is not known before its commit.
    CommitReport report;
    report.table = request.table.back();
    report.version = -1;
    report.operation = "WRITE";
    report.rows_added = ChangedRows(insert.at(0).statement->type, **result);
    return report;
  });
}

Result<std::optional<CommitReport>> DuckDbSession::AppendFew(const std::vector<std::string>& table,
                                                             StreamSource* rows) {
  return CatchDuckDb([&]() -> Result<std::optional<CommitReport>> {
    LAKEHOLD_TRY(CheckNotProducing());
    if (in_transaction()) return std::optional<CommitReport>();
    BeginStatement();
    const Appending appending(this);
    LAKEHOLD_ASSIGN(auto peeked, PeekedStream::Open(std::move(*rows)));
    Clock& clock = instance_->world().environment.runtime.clock;
    const int64_t deadline_ns = clock.MonotonicNs() + limits::kCommitDeadlineMs * 1'000'000;
    for (int tries = 1;; ++tries) {
      auto done = small_appends_.Try(*connection_, table, *peeked);
      if (done.ok()) {
        if (*done) reports_.push_back(**done);
        if (!*done) *rows = PeekedStream::Rest(std::move(peeked));
        return done;
      }
      // The table changed meanwhile, or was made again: perhaps the rows suit what it is now.
      const bool again = done.error().kind == ErrorKind::kConflict ||
                         (done.error().reason == "txn.table_gone" && tries == 1);
      if (!again || clock.MonotonicNs() > deadline_ns) return done;
    }
  });
}

Status DuckDbSession::Register(std::string_view name, StreamSource source) {
  return CatchDuckDb([&]() -> Status {
    LAKEHOLD_TRY(CheckNotProducing());
    auto input = std::make_shared<ArrowInput>(std::move(source));
    const std::string key = inputs_->Add(std::move(input));
    const Status made = ExecuteText(
        *connection_, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS FROM lakehold_arrow({})",
                                  QuoteName(name), QuoteText(key)));
    if (!made.ok()) {
      inputs_->Remove(key);
      return made;
    }
    std::erase_if(registered_, [&](const RegisteredInput& known) {
      if (!duckdb::StringUtil::CIEquals(known.name, std::string(name))) return false;
      inputs_->Remove(known.key);
      return true;
    });
    registered_.push_back({std::string(name), key});
    return {};
  });
}

Status DuckDbSession::Unregister(std::string_view name) {
  const auto found =
      std::find_if(registered_.begin(), registered_.end(), [&](const RegisteredInput& known) {
        return duckdb::StringUtil::CIEquals(known.name, std::string(name));
      });
  if (found == registered_.end()) {
    return NotFound("engine.unknown_input",
                    fmt::format("no Arrow input is registered as \"{}\"", name));
  }
  inputs_->Remove(found->key);
  registered_.erase(found);
  return CatchDuckDb([&]() -> Status {
    return ExecuteText(*connection_, fmt::format("DROP VIEW IF EXISTS temp.{}", QuoteName(name)));
  });
}

Result<std::vector<ColumnDescription>> DuckDbSession::InputColumns(std::string_view name) {
  const auto found =
      std::find_if(registered_.begin(), registered_.end(), [&](const RegisteredInput& known) {
        return duckdb::StringUtil::CIEquals(known.name, std::string(name));
      });
  const auto input = found == registered_.end() ? nullptr : inputs_->Find(found->key);
  if (!input)
    return NotFound("engine.unknown_input",
                    fmt::format("no Arrow input is registered as \"{}\"", name));
  return CatchDuckDb([&]() -> Result<std::vector<ColumnDescription>> {
    LAKEHOLD_ASSIGN(auto parsed, ParseSelect(*connection_, "FROM " + QuoteName(name), {}));
    LAKEHOLD_ASSIGN(auto bound, BindColumns(*connection_, parsed));
    ArrowSchema schema{};
    LAKEHOLD_TRY(input->ExportSchema(&schema));
    for (size_t i = 0; i < bound.types.size(); ++i)
      bound.types[i] = WithUntypedParts(bound.types[i], *schema.children[i]);
    schema.release(&schema);
    return engine::Describe(bound.names, bound.types);
  });
}

void DuckDbSession::SetFileOptions(FileOptions options) {
  PendingWrite::Of(*connection_->context).files = std::move(options);
}

Status DuckDbSession::CheckExpression(std::string_view text) {
  LAKEHOLD_TRY(CheckNotProducing());
  return CheckScalarExpression(*connection_, text);
}

Status DuckDbSession::CheckNotProducing() const {
  if (appending_session != this && !inputs_->Holds(ArrowInput::Producing())) return {};
  return Invalid("engine.session_busy",
                 "this session is reading the very input that now asks it for something",
                 "let the input read through a session of its own: lake.session()");
}

bool DuckDbSession::in_transaction() const { return !connection_->IsAutoCommit(); }

void DuckDbSession::Interrupt() {
  std::vector<duckdb::shared_ptr<duckdb::ClientContext>> contexts;
  {
    std::lock_guard lock(mutex_);
    if (cancel_) cancel_->Cancel();
    for (const auto& known : contexts_) {
      if (auto context = known.lock()) contexts.push_back(std::move(context));
    }
  }
  for (const auto& context : contexts) context->Interrupt();
}

}  // namespace lakehold::engine
