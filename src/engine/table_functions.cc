#include "engine/table_functions.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/entry_lookup_info.hpp>
#include <duckdb/parser/qualified_name.hpp>

#include "delta/history.h"
#include "delta/partition_value.h"
#include "delta/snapshot.h"
#include "engine/delta_folder.h"
#include "engine/duckdb_errors.h"
#include "engine/duckdb_instance.h"
#include "engine/lake_catalog.h"
#include "engine/lake_table.h"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::Value;
using Row = std::vector<Value>;

LogicalType TextMap() { return LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR); }

// The table named as in FROM, or by its folder; pinned like any read of it.
std::shared_ptr<const delta::Snapshot> SnapshotOf(duckdb::ClientContext& context,
                                                  const std::string& text) {
  const auto name = duckdb::QualifiedName::Parse(text);
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name.name);
  auto entry = duckdb::Catalog::GetEntry(context, name.catalog, name.schema, lookup,
                                         duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry) {
    const FolderTable folder = AttachFolder(context, text);
    const duckdb::EntryLookupInfo table(duckdb::CatalogType::TABLE_ENTRY, folder.table);
    entry = duckdb::Catalog::GetEntry(context, folder.catalog, DEFAULT_SCHEMA, table,
                                      duckdb::OnEntryNotFound::THROW_EXCEPTION);
  }
  const bool ours = entry->type == duckdb::CatalogType::TABLE_ENTRY &&
                    LakeCatalog::From(entry->ParentCatalog()) != nullptr;
  if (!ours) ThrowError(Invalid("sql.not_a_lake_table", "\"" + text + "\" is no table of a lake"));
  return entry->Cast<LakeTable>().snapshot();
}

struct TableBind final : duckdb::TableFunctionData {
  TableBind(std::shared_ptr<const delta::Snapshot> of, delta::LogContext context)
      : snapshot(std::move(of)), log(std::move(context)) {}
  std::shared_ptr<const delta::Snapshot> snapshot;
  delta::LogContext log;
};

template <typename Describe>
duckdb::unique_ptr<duckdb::FunctionData> BindTable(duckdb::ClientContext& context,
                                                   duckdb::TableFunctionBindInput& input,
                                                   Describe&& describe) {
  if (input.inputs[0].IsNull()) ThrowError(Invalid("sql.parameter", "the table's name is NULL"));
  auto bind =
      duckdb::make_uniq<TableBind>(SnapshotOf(context, duckdb::StringValue::Get(input.inputs[0])),
                                   WorldOf(context).log_context());
  describe();
  return bind;
}

void PutRow(duckdb::DataChunk& output, idx_t at, Row row) {
  for (idx_t column = 0; column < row.size(); ++column) output.SetValue(column, at, row[column]);
}

// --- history -------------------------------------------------------------------------------------

struct HistoryState final : duckdb::GlobalTableFunctionState {
  std::vector<delta::HistoryEntry> entries;
  size_t next = 0;
};

template <typename T>
Value OrNull(const std::optional<T>& value, const LogicalType& type) {
  return value ? Value(*value) : Value(type);
}

// A JSON string as the text it stands for; DuckDB reads its own error texts with the same parser.
Value TextOf(const std::string& json) {
  const auto parsed = duckdb::StringUtil::ParseJSONMap("{\"text\":" + json + "}")->Flatten();
  const auto found = parsed.find("text");
  return found == parsed.end() ? Value(json) : Value(found->second);
}

// Raw JSON values as text: strings lose their quotes, everything else stays JSON.
Value MapOf(const delta::RawFields& fields) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& [key, raw] : fields) {
    keys.emplace_back(key);
    values.push_back(raw.starts_with('"') ? TextOf(raw) : Value(raw));
  }
  return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

duckdb::unique_ptr<duckdb::FunctionData> BindHistory(duckdb::ClientContext& context,
                                                     duckdb::TableFunctionBindInput& input,
                                                     duckdb::vector<LogicalType>& types,
                                                     duckdb::vector<std::string>& names) {
  return BindTable(context, input, [&] {
    names = {"version", "timestamp", "operation", "parameters", "metrics", "engine"};
    types = {LogicalType::BIGINT, LogicalType::TIMESTAMP_TZ, LogicalType::VARCHAR, TextMap(),
             TextMap(),           LogicalType::VARCHAR};
  });
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> StartHistory(
    duckdb::ClientContext&, duckdb::TableFunctionInitInput& input) {
  const auto& bind = input.bind_data->Cast<TableBind>();
  auto state = duckdb::make_uniq<HistoryState>();
  state->entries = ValueOrThrow(
      delta::ReadHistory(bind.snapshot->root(), std::numeric_limits<int64_t>::max(), bind.log));
  return state;
}

void ScanHistory(duckdb::ClientContext&, duckdb::TableFunctionInput& input,
                 duckdb::DataChunk& output) {
  auto& state = input.global_state->Cast<HistoryState>();
  idx_t rows = 0;
  while (rows < STANDARD_VECTOR_SIZE && state.next < state.entries.size()) {
    const delta::HistoryEntry& entry = state.entries[state.next++];
    PutRow(output, rows++,
           {Value::BIGINT(entry.version),
            Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(entry.timestamp_ms * 1000)),
            OrNull(entry.info.operation, LogicalType::VARCHAR),
            MapOf(entry.info.operation_parameters), MapOf(entry.info.operation_metrics),
            OrNull(entry.info.engine_info, LogicalType::VARCHAR)});
  }
  output.SetCardinality(rows);
}

// --- files ---------------------------------------------------------------------------------------

struct FilesState final : duckdb::GlobalTableFunctionState {
  delta::FileOrdinal next = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> BindFiles(duckdb::ClientContext& context,
                                                   duckdb::TableFunctionBindInput& input,
                                                   duckdb::vector<LogicalType>& types,
                                                   duckdb::vector<std::string>& names) {
  return BindTable(context, input, [&] {
    names = {"path", "uri", "size_bytes", "rows",        "partition_values",
             "min",  "max", "null_count", "deleted_rows"};
    types = {LogicalType::VARCHAR,
             LogicalType::VARCHAR,
             LogicalType::BIGINT,
             LogicalType::BIGINT,
             TextMap(),
             LogicalType::JSON(),
             LogicalType::JSON(),
             LogicalType::JSON(),
             LogicalType::BIGINT};
  });
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> StartFiles(duckdb::ClientContext&,
                                                                duckdb::TableFunctionInitInput&) {
  return duckdb::make_uniq<FilesState>();
}

Value PartitionMap(const delta::PartitionValues& partition) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& [key, value] : partition) {
    keys.emplace_back(key);
    values.push_back(OrNull(value, LogicalType::VARCHAR));
  }
  return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

// The JSON object under `name` at the top of a statistics text, found by matching braces outside of
// strings.
Value Member(std::string_view json, std::string_view name) {
  const std::string label = "\"" + std::string(name) + "\"";
  int depth = 0;
  bool quoted = false;
  size_t start = std::string_view::npos;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') {
      if (depth == 1 && start == std::string_view::npos && json.substr(i).starts_with(label)) {
        const size_t open = json.find_first_not_of(" \t\r\n:", i + label.size());
        if (open != std::string_view::npos && json[open] == '{') start = open;
      }
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
      if (depth == 1 && start != std::string_view::npos)
        return Value(std::string(json.substr(start, i + 1 - start)));
    }
  }
  return Value(LogicalType::VARCHAR);
}

// Where the file is; its path as it stands if that is outside of the table.
std::string UriOf(const delta::TableRoot& root, std::string_view path) {
  auto name = delta::DecodeLogPath(path, root.uri());
  return name.ok() ? root.uri() + "/" + *name : std::string(path);
}

Row FileRow(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal) {
  const delta::FileTable& files = snapshot.files();
  const delta::FileView file = files.Get(ordinal);
  const int64_t rows = files.NumRecords()[ordinal];
  const std::string stats = ValueOrThrow(files.StatsJson(ordinal));
  const int64_t deleted = file.deletion_vector == nullptr ? 0 : file.deletion_vector->cardinality;
  return {Value(std::string(file.path)),
          Value(UriOf(snapshot.root(), file.path)),
          Value::BIGINT(file.size_bytes),
          rows < 0 ? Value(LogicalType::BIGINT) : Value::BIGINT(rows),
          PartitionMap(files.RawPartitionValues(ordinal)),
          Member(stats, "minValues"),
          Member(stats, "maxValues"),
          Member(stats, "nullCount"),
          Value::BIGINT(deleted)};
}

void ScanFiles(duckdb::ClientContext&, duckdb::TableFunctionInput& input,
               duckdb::DataChunk& output) {
  const delta::Snapshot& snapshot = *input.bind_data->Cast<TableBind>().snapshot;
  auto& state = input.global_state->Cast<FilesState>();
  idx_t rows = 0;
  for (; rows < STANDARD_VECTOR_SIZE && state.next < snapshot.files().slots(); ++state.next) {
    if (snapshot.files().IsLive(state.next)) PutRow(output, rows++, FileRow(snapshot, state.next));
  }
  output.SetCardinality(rows);
}

}  // namespace

duckdb::TableFunction HistoryFunction() {
  return duckdb::TableFunction("lakehold_history", {LogicalType::VARCHAR}, ScanHistory, BindHistory,
                               StartHistory);
}

duckdb::TableFunction FilesFunction() {
  return duckdb::TableFunction("lakehold_files", {LogicalType::VARCHAR}, ScanFiles, BindFiles,
                               StartFiles);
}

}  // namespace lakehold::engine
