#include "lakehold/lake.h"

#include <utility>

#include <fmt/format.h>

#include "delta/lake_folder.h"
#include "facade/lake_state.h"
#include "facade/registry.h"
#include "storage/atomic_file.h"
#include "storage/memory_store.h"
#include "table/create_statement.h"

namespace lakehold {

Result<Lake> Lake::Connect(std::string_view location, const OpenOptions& options) {
  if (location.empty()) {
    auto store = storage::NewMemoryStore(Registry::Get().runtime().clock);
    return Lake(std::make_shared<State>("(temporary lake)", std::move(store), options));
  }
  LAKEHOLD_ASSIGN(auto store, OpenAt(location, options, true));
  LAKEHOLD_TRY(CheckIsLake(store, location));
  return Lake(std::make_shared<State>(std::string(location), std::move(store), options));
}

Lake::Lake(std::shared_ptr<State> state) : state_(std::move(state)) {}
Lake::~Lake() = default;
Lake::Lake(Lake&&) noexcept = default;
Lake& Lake::operator=(Lake&&) noexcept = default;

const std::string& Lake::location() const { return state_->location; }

Result<Lake> Lake::Session() const {
  return Lake(std::make_shared<State>(state_->location, state_->sql->store(), state_->options));
}

Result<Rows> Lake::Sql(std::string_view sql, const Parameters& parameters) {
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  LAKEHOLD_ASSIGN(auto query, session->Run(sql, parameters));
  return Rows(std::shared_ptr<engine::Query>(std::move(query)),
              [sql = state_->sql] { sql->Interrupt(); });
}

const std::vector<CommitReport>& Lake::reports() const { return state_->sql->reports(); }

Result<Explanation> Lake::Explain(std::string_view sql, const Parameters& parameters) {
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  return session->Explain(sql, parameters);
}

bool Lake::in_transaction() const { return state_->sql->in_transaction(); }

Result<std::vector<std::string>> Lake::Tables() const {
  return delta::ListLake(*state_->sql->store());
}

Result<Table> Lake::OpenTable(std::string_view name) {
  LAKEHOLD_ASSIGN(auto wanted, ParseTableName(name));
  auto& store = *state_->sql->store();
  LAKEHOLD_ASSIGN(auto found, delta::FindTable(store, wanted.schema, wanted.table));
  if (!found) {
    return NotFound("delta.not_a_table",
                    fmt::format("lake {} has no table \"{}\"", state_->location, name),
                    "list its tables, or create it")
        .With("table", std::string(name))
        .With("lake", state_->location);
  }
  wanted.table = *found;
  auto table = std::make_shared<Table::State>();
  table->name = wanted.schema.empty() ? *found : wanted.schema + "." + *found;
  table->root = {state_->sql->store(), storage::JoinKey(wanted.schema, wanted.table)};
  table->location = table->root.uri();
  table->qualified = std::move(wanted);
  table->sql = state_->sql;
  return Table(std::move(table));
}

Result<Table> Lake::Create(const CreateRequest& request) {
  LAKEHOLD_ASSIGN(const auto name, ParseTableName(request.table));
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  auto made = table::Create(*session, QualifiedName(state_->sql->catalog(), name), request);
  if (!made.ok()) {
    return std::move(made).error().With("table", request.table).With("lake", state_->location);
  }
  return OpenTable(request.table);
}

Status Lake::Register(std::string_view name, StreamSource source) {
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  return session->Register(name, std::move(source));
}

Status Lake::Unregister(std::string_view name) {
  LAKEHOLD_ASSIGN(auto* session, state_->sql->Open());
  return session->Unregister(name);
}

void Lake::Interrupt() { state_->sql->Interrupt(); }

void FinishBackgroundWork() { Registry::FinishBackgroundWork(); }

}  // namespace lakehold
