#include "engine/table_definition.h"

#include <algorithm>
#include <utility>

#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/uuid.h"
#include "delta/lake_folder.h"
#include "delta/table_property.h"
#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/lake_schema.h"
#include "engine/lake_transaction.h"

namespace lakehold::engine {
namespace {

Error NotYet(std::string_view table, std::string_view what) {
  return Unsupported(
      "sql.not_yet",
      fmt::format("table \"{}\": {} cannot be stored yet; nothing was created", table, what),
      "leave it out");
}

// The text of an option's value: a constant, a bare word, or a signed number.
Result<std::string> OptionText(const std::string& name, const duckdb::ParsedExpression& value) {
  switch (value.GetExpressionClass()) {
    case duckdb::ExpressionClass::CONSTANT:
      return value.Cast<duckdb::ConstantExpression>().value.ToString();
    case duckdb::ExpressionClass::COLUMN_REF:
      return value.Cast<duckdb::ColumnRefExpression>().GetColumnName();
    case duckdb::ExpressionClass::FUNCTION: {
      const auto& call = value.Cast<duckdb::FunctionExpression>();
      if (call.function_name == "-" && call.children.size() == 1) {
        LAKEHOLD_ASSIGN(auto number, OptionText(name, *call.children[0]));
        return "-" + number;
      }
      break;
    }
    default:
      break;
  }
  return Invalid("sql.bad_option",
                 fmt::format("option \"{}\" needs a constant, not {}", name, value.ToString()));
}

// SQL's parser lowers the names of options: the properties we know get their spelling back.
std::string PropertyName(const std::string& name) {
  for (const delta::TableProperty& known : delta::KnownTableProperties()) {
    const std::string spelled(known.name);
    if (duckdb::StringUtil::CIEquals(spelled, name)) return spelled;
  }
  return name;
}

// 'st.x, "odd name".element': paths of names, each quoted where it is odd.
Result<std::vector<std::vector<std::string>>> PathsOf(const std::string& text) {
  std::vector<std::vector<std::string>> paths;
  size_t begin = 0;
  bool quoted = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != ',')) continue;
    std::string path = text.substr(begin, i - begin);
    duckdb::StringUtil::Trim(path);
    const auto names = duckdb::QualifiedName::ParseComponents(path);
    if (names.empty()) {
      return Invalid("sql.bad_option", fmt::format("option \"not_null\" is '{}'", text),
                     "name fields as in 'st.x, l.element, m.value'");
    }
    paths.emplace_back(names.begin(), names.end());
    begin = i + 1;
  }
  return paths;
}

delta::Field* FieldAt(std::vector<delta::Field>& fields, const std::vector<std::string>& path) {
  auto* among = &fields;
  delta::Field* found = nullptr;
  for (const auto& name : path) {
    const auto field = std::find_if(among->begin(), among->end(), [&](const delta::Field& each) {
      return duckdb::StringUtil::CIEquals(each.name, name);
    });
    if (field == among->end()) return nullptr;
    found = &*field;
    among = &field->type.fields;
  }
  return found;
}

Result<TableOptions> OptionsOf(const duckdb::CreateTableInfo& info) {
  TableOptions options;
  for (const auto& [name, expression] : info.options) {
    LAKEHOLD_ASSIGN(std::string text, OptionText(name, *expression));
    const std::string lower = duckdb::StringUtil::Lower(name);
    if (lower == "timestamps") {
      const std::string storage = duckdb::StringUtil::Lower(text);
      if (storage != "utc" && storage != "ntz") {
        return Invalid("sql.bad_option", fmt::format("option \"timestamps\" is '{}'", text),
                       "use 'utc' or 'ntz'");
      }
      options.timestamps = storage == "utc" ? TimestampStorage::kUtc : TimestampStorage::kNtz;
    } else if (lower == "not_null") {
      LAKEHOLD_ASSIGN(options.not_null, PathsOf(text));
    } else if (lower == "comment") {
      options.comment = std::move(text);
    } else if (name.find('.') != std::string::npos) {
      options.properties[PropertyName(name)] = std::move(text);
    } else {
      return Invalid(
          "sql.unknown_option",
          fmt::format("table \"{}\": there is no option \"{}\"", info.table, name),
          "options are timestamps, not_null and comment; properties have a dot in their name, as "
          "'delta.appendOnly'");
    }
  }
  return options;
}

// Columns that may not be NULL, by position.
Result<std::vector<bool>> NotNullColumns(const duckdb::CreateTableInfo& info) {
  std::vector<bool> not_null(info.columns.LogicalColumnCount());
  for (const auto& constraint : info.constraints) {
    switch (constraint->type) {
      case duckdb::ConstraintType::NOT_NULL:
        not_null[constraint->Cast<duckdb::NotNullConstraint>().index.index] = true;
        break;
      case duckdb::ConstraintType::CHECK:
        return NotYet(info.table, "the constraint " + constraint->ToString());
      case duckdb::ConstraintType::UNIQUE: {
        const bool primary = constraint->Cast<duckdb::UniqueConstraint>().IsPrimaryKey();
        return NotYet(info.table, primary ? "PRIMARY KEY" : "UNIQUE");
      }
      default:
        return NotYet(info.table, "FOREIGN KEY");
    }
  }
  return not_null;
}

Result<std::string> PartitionColumn(const duckdb::ParsedExpression& key) {
  if (key.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    const auto& column = key.Cast<duckdb::ColumnRefExpression>();
    if (!column.IsQualified()) return std::string(column.GetColumnName());
  }
  return Invalid("sql.partition_expression",
                 fmt::format("PARTITIONED BY ({}): only columns can be named", key.ToString()),
                 "store the value in a column of its own and partition by that");
}

LakeTransaction& TransactionOf(duckdb::ClientContext& context, LakeSchema& schema) {
  return LakeTransaction::Get(context, schema.catalog);
}

// The draft of a new table, or of a new definition of `existing`.
Result<txn::Draft> PlanTable(LakeSchema& schema, LakeTable* existing,
                             const txn::TableDefinition& definition) {
  const Runtime& runtime = schema.lake().world().environment.runtime;
  const int64_t now_ms = runtime.clock.NowMs();
  if (existing != nullptr) return txn::PlanReplace(existing->snapshot(), definition, now_ms);
  return txn::PlanCreate(definition, NewUuid(runtime.random), now_ms);
}

}  // namespace

Result<txn::TableDefinition> DefinitionOf(duckdb::BoundCreateTableInfo& info) {
  const duckdb::CreateTableInfo& base = info.Base();
  LAKEHOLD_TRY(delta::CheckTableName(base.table));
  if (base.temporary) return NotYet(base.table, "a TEMPORARY table in a lake");
  if (!base.sort_keys.empty()) return NotYet(base.table, "SORTED BY");
  LAKEHOLD_ASSIGN(TableOptions options, OptionsOf(base));
  LAKEHOLD_ASSIGN(const std::vector<bool> not_null, NotNullColumns(base));

  txn::TableDefinition definition;
  for (const auto& column : base.columns.Logical()) {
    if (column.Generated())
      return NotYet(base.table, fmt::format("the generated column \"{}\"", column.Name()));
    if (column.HasDefaultValue())
      return NotYet(base.table, fmt::format("the DEFAULT of column \"{}\"", column.Name()));
    delta::Field field;
    field.name = column.Name();
    field.nullable = !not_null[column.Logical().index];
    LAKEHOLD_ASSIGN(field.type, DeltaTypeOf(column.Type(), column.Name(), options.timestamps));
    definition.schema.fields.push_back(std::move(field));
  }
  for (const auto& path : options.not_null) {
    auto* field = FieldAt(definition.schema.fields, path);
    if (field == nullptr) {
      return Invalid(
          "sql.bad_option",
          fmt::format("table \"{}\": option \"not_null\" names \"{}\", which is no field",
                      base.table, fmt::join(path, ".")),
          "name fields as in 'st.x, l.element, m.value'");
    }
    field->nullable = false;
  }
  for (const auto& key : base.partition_keys) {
    LAKEHOLD_ASSIGN(std::string column, PartitionColumn(*key));
    definition.partition_columns.push_back(std::move(column));
  }
  definition.properties = std::move(options.properties);
  definition.comment = std::move(options.comment);
  if (!definition.comment && !base.comment.IsNull()) definition.comment = base.comment.ToString();
  return definition;
}

duckdb::ErrorData CheckLakeTableDefinition(duckdb::BoundCreateTableInfo& info) {
  auto definition = DefinitionOf(info);
  return definition.ok() ? duckdb::ErrorData() : ErrorDataOf(definition.error());
}

duckdb::optional_ptr<duckdb::CatalogEntry> CreateLakeTable(duckdb::ClientContext& context,
                                                           LakeSchema& schema,
                                                           duckdb::BoundCreateTableInfo& info) {
  const duckdb::CreateTableInfo& base = info.Base();
  LakeTransaction& transaction = TransactionOf(context, schema);
  CheckOrThrow(delta::CheckTableName(base.table));
  LakeTable* existing = ValueOrThrow(transaction.Lookup(schema, base.table, nullptr));
  if (existing != nullptr) {
    if (base.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
    const bool replace = base.on_conflict == duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    if (!replace || existing->name != base.table) {
      const char* hint = existing->name == base.table
                             ? "use IF NOT EXISTS or OR REPLACE, or pick another name"
                             : "names that differ by case only are one: pick another";
      ThrowError(AlreadyExists(
          "sql.table_exists",
          fmt::format("the table \"{}\" exists", schema.DisplayName(existing->name)), hint));
    }
  }
  const txn::TableDefinition definition = ValueOrThrow(DefinitionOf(info));
  CheckOrThrow(transaction.BeginCreate(schema, base.table,
                                       ValueOrThrow(PlanTable(schema, existing, definition))));
  return ValueOrThrow(transaction.Lookup(schema, base.table, nullptr));
}

void DropLakeTable(duckdb::ClientContext& context, LakeSchema& schema, duckdb::DropInfo& info) {
  if (info.type != duckdb::CatalogType::TABLE_ENTRY) {
    ThrowError(
        Unsupported("sql.not_yet",
                    fmt::format("a lake holds tables only; \"{}\" cannot be dropped", info.name)));
  }
  LakeTransaction& transaction = TransactionOf(context, schema);
  // By folder, not by snapshot: a table whose log is broken can be dropped too.
  auto name = ValueOrThrow(schema.FindTable(info.name));
  if (!name) {
    if (ValueOrThrow(transaction.Lookup(schema, info.name, nullptr)) == nullptr) {
      if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
      ThrowError(NotFound("sql.unknown_table",
                          fmt::format("there is no table \"{}\"", schema.DisplayName(info.name)),
                          "SHOW TABLES lists them; DROP TABLE IF EXISTS does not mind"));
    }
    name = info.name;  // Created by this transaction.
  }
  CheckOrThrow(transaction.Drop(schema, *name));
}

}  // namespace lakehold::engine
