#include "engine/statement.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/planner/planner.hpp>
#include <fmt/format.h>

#include "engine/copy_from.h"
#include "engine/duckdb_errors.h"
#include "engine/session_state.h"
#include "engine/table_hint.h"

namespace lakehold::engine {
namespace {

using duckdb::ParsedExpression;

Error OriginalOf(duckdb::Connection& connection, const duckdb::ErrorData& error) {
  auto& kept = SessionState::Of(*connection.context).error;
  if (kept) return *kept;
  return WithTableHint(*connection.context, error, ErrorFromDuckDb(error));
}

Result<duckdb::Value> ParameterValue(duckdb::ClientContext& context, const std::string& name,
                                     const SqlValue& given) {
  if (given.type == "BLOB" && given.text) {
    return duckdb::Value::BLOB(duckdb::const_data_ptr_cast(given.text->data()), given.text->size());
  }
  if (given.type == "VARCHAR" && given.text) return duckdb::Value(*given.text);
  try {
    duckdb::Value value;
    context.RunFunctionInTransaction(
        [&] {
          const auto type = duckdb::TransformStringToLogicalType(given.type, context);
          value =
              given.text ? duckdb::Value(*given.text).CastAs(context, type) : duckdb::Value(type);
        },
        false);
    return value;
  } catch (const std::exception& exception) {
    const Error why = ErrorFromDuckDb(exception);
    return Invalid("sql.parameter",
                   fmt::format("parameter {} is no {}: {}", name, given.type, why.message));
  }
}

std::string Join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "$" : ", $") + name;
  return text;
}

Status GiveValues(const std::map<std::string, duckdb::Value>& values, std::set<std::string>* unused,
                  ParsedStatement* parsed) {
  std::set<std::string> missing;
  for (const auto& [name, position] : parsed->statement->named_param_map) {
    const auto found =
        std::find_if(values.begin(), values.end(), [&name = name](const auto& entry) {
          return duckdb::StringUtil::CIEquals(entry.first, name);
        });
    if (found == values.end()) {
      missing.insert(name);
      continue;
    }
    unused->erase(found->first);
    parsed->values[name] = duckdb::BoundParameterData(found->second);
  }
  if (missing.empty()) return {};
  return Invalid("sql.parameter", fmt::format("no value was given for {}", Join(missing)));
}

bool IsAggregate(duckdb::ClientContext& context, const duckdb::FunctionExpression& call) {
  auto lookup =
      duckdb::EntryLookupInfo(duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY, call.function_name);
  auto entry = duckdb::Catalog::GetEntry(context, INVALID_CATALOG,
                                         call.schema.empty() ? DEFAULT_SCHEMA : call.schema, lookup,
                                         duckdb::OnEntryNotFound::RETURN_NULL);
  return entry && entry->type == duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY;
}

// The first thing in an expression that a condition may not hold, or "".
std::string Forbidden(duckdb::ClientContext& context, const ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::SUBQUERY:
      return "a sub-query";
    case duckdb::ExpressionClass::WINDOW:
      return "a window function";
    case duckdb::ExpressionClass::STAR:
      return "a star";
    case duckdb::ExpressionClass::FUNCTION: {
      const auto& call = expression.Cast<duckdb::FunctionExpression>();
      if (!call.is_operator && IsAggregate(context, call))
        return fmt::format("the aggregate {}()", call.function_name);
      break;
    }
    default:
      break;
  }
  std::string found;
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression,
                                                      [&](const ParsedExpression& child) {
                                                        if (found.empty())
                                                          found = Forbidden(context, child);
                                                      });
  return found;
}

// The expression of "SELECT (<text>)" if that is all the text is. A FROM, or a comment that
// swallows what follows, would end up elsewhere in our statement; a parenthesis that closes ours
// does not parse without ours.
duckdb::unique_ptr<ParsedExpression> SoleExpression(const std::string& text) {
  for (const char* frame : {"SELECT {}", "SELECT ({})", "SELECT ({}\n)"}) {
    duckdb::Parser parser;
    parser.ParseQuery(fmt::format(fmt::runtime(frame), text));
    if (parser.statements.size() != 1) return nullptr;
    if (parser.statements[0]->type != duckdb::StatementType::SELECT_STATEMENT) return nullptr;
    auto& query = *parser.statements[0]->Cast<duckdb::SelectStatement>().node;
    if (query.type != duckdb::QueryNodeType::SELECT_NODE || !query.modifiers.empty())
      return nullptr;
    auto& node = query.Cast<duckdb::SelectNode>();
    const bool bare = node.select_list.size() == 1 &&
                      node.from_table->type == duckdb::TableReferenceType::EMPTY_FROM &&
                      !node.where_clause && !node.having && !node.qualify && !node.sample &&
                      node.groups.group_expressions.empty() &&
                      node.select_list[0]->GetAlias().empty();
    if (!bare) return nullptr;
    if (std::string_view(frame).find('\n') != std::string_view::npos)
      return std::move(node.select_list[0]);
  }
  return nullptr;
}

}  // namespace

Result<std::vector<ParsedStatement>> ParseStatements(duckdb::Connection& connection,
                                                     std::string_view sql,
                                                     const Parameters& parameters) {
  return CatchDuckDb([&]() -> Result<std::vector<ParsedStatement>> {
    std::map<std::string, duckdb::Value> values;
    std::set<std::string> unused;
    for (const auto& [name, given] : parameters) {
      LAKEHOLD_ASSIGN(auto value, ParameterValue(*connection.context, name, given));
      values.emplace(name, std::move(value));
      unused.insert(name);
    }
    std::vector<ParsedStatement> parsed;
    for (auto& statement : connection.ExtractStatements(std::string(sql))) {
      parsed.push_back({CopyFromAsInsert(std::move(statement)), {}});
      LAKEHOLD_TRY(GiveValues(values, &unused, &parsed.back()));
    }
    if (parsed.empty()) return Invalid("sql.syntax", "there is no statement in the text");
    if (!unused.empty()) {
      return Invalid("sql.parameter",
                     fmt::format("no statement names the parameter {}", Join(unused)));
    }
    return parsed;
  });
}

Result<ParsedStatement> ParseSelect(duckdb::Connection& connection, std::string_view sql,
                                    const Parameters& parameters) {
  LAKEHOLD_ASSIGN(auto parsed, ParseStatements(connection, sql, parameters));
  if (parsed.size() != 1 || parsed[0].statement->type != duckdb::StatementType::SELECT_STATEMENT) {
    return Invalid("sql.not_a_select", "one SELECT is wanted here");
  }
  return std::move(parsed[0]);
}

Result<Parameters> ParametersNamedIn(std::string_view sql, const Parameters& parameters) {
  return CatchDuckDb([&]() -> Result<Parameters> {
    duckdb::Parser parser;
    parser.ParseQuery(std::string(sql));
    Parameters named;
    for (const auto& entry : parameters) {
      const bool wanted = std::any_of(
          parser.statements.begin(), parser.statements.end(), [&](const auto& statement) {
            return statement->named_param_map.find(entry.first) != statement->named_param_map.end();
          });
      if (wanted) named.insert(entry);
    }
    return named;
  });
}

Status CheckScalarExpression(duckdb::Connection& connection, std::string_view text) {
  return CatchDuckDb([&]() -> Status {
    duckdb::unique_ptr<ParsedExpression> expression;
    try {
      expression = SoleExpression(std::string(text));
    } catch (const duckdb::ParserException& exception) {
      return Invalid("sql.not_an_expression", fmt::format("\"{}\" is no expression: {}", text,
                                                          ErrorFromDuckDb(exception).message));
    }
    std::string forbidden = "more than one expression";
    if (expression) {
      connection.context->RunFunctionInTransaction(
          [&] { forbidden = Forbidden(*connection.context, *expression); }, false);
    }
    if (forbidden.empty()) return {};
    return Invalid(
        "sql.not_an_expression",
        fmt::format("\"{}\" holds {}; one scalar expression is wanted", text, forbidden));
  });
}

Result<BoundColumns> BindColumns(duckdb::Connection& connection, const ParsedStatement& parsed) {
  auto& state = SessionState::Of(*connection.context);
  state.error.reset();
  try {
    BoundColumns bound;
    connection.context->RunFunctionInTransaction([&] {
      duckdb::Planner planner(*connection.context);
      for (const auto& [name, value] : parsed.values) planner.parameter_data.emplace(name, value);
      planner.CreatePlan(parsed.statement->Copy());
      bound.names = std::move(planner.names);
      bound.types = std::move(planner.types);
    });
    return bound;
  } catch (const std::exception& exception) {
    duckdb::ErrorData error(exception);
    error.AddErrorLocation(parsed.statement->query);
    return OriginalOf(connection, error);
  }
}

std::vector<ColumnDescription> Describe(const duckdb::vector<std::string>& names,
                                        const duckdb::vector<duckdb::LogicalType>& types) {
  std::vector<ColumnDescription> columns;
  columns.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i) columns.push_back({names[i], types[i].ToString()});
  return columns;
}

Result<duckdb::unique_ptr<duckdb::QueryResult>> Execute(duckdb::Connection& connection,
                                                        const ParsedStatement& parsed,
                                                        duckdb::QueryParameters how) {
  auto& state = SessionState::Of(*connection.context);
  state.error.reset();
  try {
    StatementValues values = parsed.values;
    auto pending = connection.PendingQuery(parsed.statement->Copy(), values, how);
    if (pending->HasError()) return OriginalOf(connection, pending->GetErrorObject());
    duckdb::unique_ptr<duckdb::QueryResult> result;
    try {
      result = pending->Execute();
    } catch (...) {
      // A statement that has failed says only that it is closed; what it failed of is kept in it.
      if (!pending->HasError()) throw;
      return OriginalOf(connection, pending->GetErrorObject());
    }
    if (result->HasError()) return OriginalOf(connection, result->GetErrorObject());
    return result;
  } catch (const std::exception& exception) {
    return OriginalOf(connection, duckdb::ErrorData(exception));
  }
}

Status ExecuteText(duckdb::Connection& connection, const std::string& sql) {
  LAKEHOLD_ASSIGN(auto parsed, ParseStatements(connection, sql, {}));
  for (const ParsedStatement& statement : parsed) {
    LAKEHOLD_ASSIGN(auto result, Execute(connection, statement, duckdb::QueryParameters(false)));
  }
  return {};
}

}  // namespace lakehold::engine
