#include "txn/plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/features.h"
#include "delta/protocol_upgrade.h"
#include "delta/pruning.h"
#include "delta/readable.h"
#include "delta/schema_json.h"

namespace lakehold::txn {
namespace {

std::string JsonText(std::string_view text) {
  std::string json;
  delta::AppendJsonString(text, json);
  return json;
}

std::string JsonNames(const std::vector<std::string>& names) {
  std::string json = "[";
  for (const auto& name : names) {
    if (json.size() > 1) json += ',';
    delta::AppendJsonString(name, json);
  }
  return json + "]";
}

std::string JsonProperties(const std::map<std::string, std::string>& properties) {
  std::string json = "{";
  for (const auto& [key, value] : properties) {
    if (json.size() > 1) json += ',';
    delta::AppendJsonString(key, json);
    json += ':';
    delta::AppendJsonString(value, json);
  }
  return json + "}";
}

// Values of operationParameters are JSON strings, also where they hold JSON: what other readers
// expect.
delta::CommitInfo CreationInfo(std::string operation, const TableDefinition& definition) {
  delta::CommitInfo info;
  info.operation = std::move(operation);
  info.operation_parameters = {
      {"isManaged", JsonText("false")},
      {"description", definition.comment ? JsonText(*definition.comment) : "null"},
      {"partitionBy", JsonText(JsonNames(definition.partition_columns))},
      {"properties", JsonText(JsonProperties(definition.properties))}};
  return info;
}

Status CheckPartitionColumn(const TableDefinition& definition, const std::string& name) {
  const auto position = definition.schema.FindField(name);
  if (!position) {
    return Invalid("txn.unknown_partition_column",
                   fmt::format("partition column \"{}\" is not in the schema {}", name,
                               delta::FormatSchemaText(definition.schema)));
  }
  const auto& type = definition.schema.fields[*position].type;
  const bool orderless = type.nested() || type.kind == delta::TypeKind::kVariant ||
                         type.kind == delta::TypeKind::kVoid;
  if (orderless) {
    return Invalid("txn.bad_partition_type",
                   fmt::format("column \"{}\" of type {} cannot be a partition column", name,
                               delta::FormatType(type)),
                   "partition by a column of a primitive type");
  }
  return {};
}

// Checks the definition and gives its partition columns in the schema's spelling.
Result<std::vector<std::string>> CheckDefinition(const TableDefinition& definition) {
  LAKEHOLD_TRY(delta::CheckNewSchema(definition.schema));
  std::vector<std::string> partition_columns;
  for (const auto& name : definition.partition_columns) {
    LAKEHOLD_TRY(CheckPartitionColumn(definition, name));
    const auto& spelled = definition.schema.fields[*definition.schema.FindField(name)].name;
    if (std::find(partition_columns.begin(), partition_columns.end(), spelled) !=
        partition_columns.end()) {
      return Invalid("txn.duplicate_partition_column",
                     fmt::format("partition column \"{}\" is named twice", name));
    }
    partition_columns.push_back(spelled);
  }
  if (!partition_columns.empty() && partition_columns.size() == definition.schema.fields.size()) {
    return Invalid("txn.only_partition_columns",
                   "every column is a partition column: the data files would be empty",
                   "leave at least one column out of PARTITIONED BY");
  }
  return partition_columns;
}

Result<Draft> DraftOf(const TableDefinition& definition, std::string operation) {
  LAKEHOLD_ASSIGN(auto partition_columns, CheckDefinition(definition));
  LAKEHOLD_ASSIGN(auto protocol, delta::ProtocolFor(definition.schema, definition.properties));
  Draft draft;
  draft.protocol = std::move(protocol);
  draft.metadata.emplace();
  draft.metadata->schema_string = delta::FormatSchema(definition.schema);
  draft.metadata->partition_columns = std::move(partition_columns);
  draft.metadata->configuration = definition.properties;
  draft.metadata->description = definition.comment;
  draft.info = CreationInfo(std::move(operation), definition);
  return draft;
}

Status CheckMayWrite(const delta::Snapshot& snapshot) {
  LAKEHOLD_TRY(delta::CheckReadable(snapshot));
  return delta::CheckWritable(snapshot.protocol(), snapshot.metadata(), snapshot.schema());
}

Status CheckMayRemove(const delta::Snapshot& snapshot) {
  const auto& configuration = snapshot.metadata().configuration;
  const auto append_only = configuration.find("delta.appendOnly");
  if (append_only != configuration.end() && append_only->second == "true") {
    return Unsupported("txn.append_only",
                       fmt::format("{}: the table is append-only; its rows cannot be removed",
                                   snapshot.root().uri()),
                       "set delta.appendOnly to false first");
  }
  return {};
}

bool OnPartitionsOnly(const delta::Predicate& predicate) {
  using Kind = delta::PredicateKind;
  switch (predicate.kind) {
    case Kind::kUnknown:
      return false;
    case Kind::kConstant:
      return true;
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      return std::all_of(predicate.children.begin(), predicate.children.end(), OnPartitionsOnly);
    default:
      return predicate.column.partition >= 0;
  }
}

Error UndecidedError(const delta::Snapshot& snapshot, const delta::Predicate& where) {
  return Invalid(
      "txn.overwrite_needs_partitions",
      fmt::format(
          "{}: an overwrite by \"{}\" needs a condition that partition columns alone decide",
          snapshot.root().uri(), delta::FormatPredicate(where)),
      "name only partition columns, with comparisons, IN, IS NULL, AND, OR and NOT");
}

// The files whose rows all satisfy the predicate; it must decide every file.
Result<delta::FileOrdinals> FilesWhere(const delta::Snapshot& snapshot,
                                       const delta::Predicate& where) {
  if (!OnPartitionsOnly(where)) return UndecidedError(snapshot, where);
  delta::FileOrdinals covered;
  for (const auto ordinal : snapshot.files().LiveOrdinals()) {
    const auto truth = delta::Evaluate(where, snapshot.files(), ordinal);
    if (!truth.can_be_true) continue;
    if (truth.can_be_false || truth.can_be_null) return UndecidedError(snapshot, where);
    covered.push_back(ordinal);
  }
  return covered;
}

}  // namespace

Result<Draft> PlanCreate(const TableDefinition& definition, std::string table_id, int64_t now_ms) {
  LAKEHOLD_ASSIGN(auto draft, DraftOf(definition, "CREATE TABLE"));
  draft.metadata->id = std::move(table_id);
  draft.metadata->created_ms = now_ms;
  return draft;
}

Result<Draft> PlanReplace(std::shared_ptr<const delta::Snapshot> base,
                          const TableDefinition& definition, int64_t now_ms) {
  LAKEHOLD_TRY(CheckMayWrite(*base));
  LAKEHOLD_TRY(CheckMayRemove(*base));
  LAKEHOLD_ASSIGN(auto draft, DraftOf(definition, "CREATE OR REPLACE TABLE"));
  draft.metadata->id = base->metadata().id;  // The same log, hence the same table.
  draft.metadata->created_ms = base->metadata().created_ms.value_or(now_ms);
  auto upgraded = delta::UpgradeProtocol(base->protocol(), *draft.protocol);
  draft.protocol.reset();
  if (!(upgraded == base->protocol())) draft.protocol = std::move(upgraded);
  draft.removes = base->files().LiveOrdinals();
  draft.reads.whole_table = true;
  draft.base = std::move(base);
  return draft;
}

Result<Draft> PlanAppend(std::shared_ptr<const delta::Snapshot> base) {
  LAKEHOLD_TRY(CheckMayWrite(*base));
  Draft draft;
  draft.info.operation = "WRITE";
  draft.info.operation_parameters = {
      {"mode", JsonText("Append")},
      {"partitionBy", JsonText(JsonNames(base->metadata().partition_columns))}};
  draft.base = std::move(base);
  return draft;
}

Result<Draft> PlanOverwrite(std::shared_ptr<const delta::Snapshot> base,
                            std::optional<delta::Predicate> where) {
  LAKEHOLD_ASSIGN(auto draft, PlanAppend(base));
  LAKEHOLD_TRY(CheckMayRemove(*base));
  draft.info.operation_parameters.front().second = JsonText("Overwrite");
  if (!where) {
    draft.removes = base->files().LiveOrdinals();
    draft.reads.whole_table = true;
    return draft;
  }
  LAKEHOLD_ASSIGN(draft.removes, FilesWhere(*base, *where));
  draft.info.operation_parameters.emplace_back("predicate",
                                               JsonText(delta::FormatPredicate(*where)));
  draft.reads.predicates.push_back(std::move(*where));
  return draft;
}

}  // namespace lakehold::txn
