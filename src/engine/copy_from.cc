#include "engine/copy_from.h"

#include <string>
#include <utility>

#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/star_expression.hpp"
#include "duckdb/parser/parsed_data/copy_info.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/statement/copy_statement.hpp"
#include "duckdb/parser/statement/insert_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

namespace lakehold::engine {
namespace {

using Arguments = duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>;

// FORMAT parquet, or a file that is named so.
bool IsParquet(const duckdb::CopyInfo& copy) {
  const auto format = copy.parsed_options.find("format");
  if (format == copy.parsed_options.end() || !format->second)
    return duckdb::StringUtil::EndsWith(duckdb::StringUtil::Lower(copy.file_path), ".parquet");
  std::string name = duckdb::StringUtil::Lower(format->second->ToString());
  std::erase_if(name, [](char c) { return c == '\'' || c == '"'; });
  return name == "parquet";
}

// read_parquet(path, option = value, ...)
duckdb::unique_ptr<duckdb::TableRef> ReadParquet(const duckdb::CopyInfo& copy) {
  Arguments arguments;
  arguments.push_back(copy.file_path_expression ? copy.file_path_expression->Copy()
                                                : duckdb::make_uniq<duckdb::ConstantExpression>(
                                                      duckdb::Value(copy.file_path)));
  for (const auto& [name, value] : copy.parsed_options) {
    if (duckdb::StringUtil::CIEquals(name, "format")) continue;
    arguments.push_back(duckdb::make_uniq<duckdb::ComparisonExpression>(
        duckdb::ExpressionType::COMPARE_EQUAL,
        duckdb::make_uniq<duckdb::ColumnRefExpression>(duckdb::StringUtil::Lower(name)),
        value ? value->Copy()
              : duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(true))));
  }
  auto table = duckdb::make_uniq<duckdb::TableFunctionRef>();
  table->function =
      duckdb::make_uniq<duckdb::FunctionExpression>("read_parquet", std::move(arguments));
  return table;
}

}  // namespace

duckdb::unique_ptr<duckdb::SQLStatement> CopyFromAsInsert(
    duckdb::unique_ptr<duckdb::SQLStatement> statement) {
  if (statement->type != duckdb::StatementType::COPY_STATEMENT) return statement;
  const auto& copy = *statement->Cast<duckdb::CopyStatement>().info;
  if (!copy.is_from || !IsParquet(copy)) return statement;
  auto query = duckdb::make_uniq<duckdb::SelectNode>();
  query->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  query->from_table = ReadParquet(copy);
  auto rows = duckdb::make_uniq<duckdb::SelectStatement>();
  rows->node = std::move(query);
  auto insert = duckdb::make_uniq<duckdb::InsertStatement>();
  insert->catalog = copy.catalog;
  insert->schema = copy.schema;
  insert->table = copy.table;
  insert->columns = copy.select_list;
  insert->select_statement = std::move(rows);
  insert->query = statement->query;
  insert->stmt_location = statement->stmt_location;
  insert->stmt_length = statement->stmt_length;
  insert->named_param_map = statement->named_param_map;
  return insert;
}

}  // namespace lakehold::engine
