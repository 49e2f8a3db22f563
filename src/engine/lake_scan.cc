#include "engine/lake_scan.h"

#include <utility>
#include <vector>

#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/function/partition_stats.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "delta/features.h"
#include "delta/readable.h"
#include "engine/duckdb_errors.h"
#include "engine/file_reader.h"
#include "engine/lake_table.h"
#include "engine/log_answers.h"
#include "engine/scan_text.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using delta::TypeKind;
using duckdb::LogicalType;

// Carries the scan into DuckDB's bind, which makes the reader itself.
struct ScanArgument final : duckdb::TableFunctionInfo {
  ScanArgument(std::shared_ptr<const LakeScan> scan, ParquetScanFunctions parquet)
      : scan(std::move(scan)), parquet(parquet) {}
  std::shared_ptr<const LakeScan> scan;
  ParquetScanFunctions parquet;
};

duckdb::unique_ptr<duckdb::MultiFileReader> MakeReader(const duckdb::TableFunction& function) {
  const auto& argument = function.function_info->Cast<ScanArgument>();
  return duckdb::make_uniq<LakeFileReader>(argument.scan, argument.parquet);
}

duckdb::BindInfo TableOf(const duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  const auto& reader =
      bind_data->Cast<duckdb::MultiFileBindData>().multi_file_reader->Cast<LakeFileReader>();
  if (auto* table = reader.scan().table; table != nullptr) return duckdb::BindInfo(*table);
  return duckdb::BindInfo(duckdb::ScanType::EXTERNAL);
}

duckdb::vector<duckdb::PartitionStatistics> PartitionStats(duckdb::ClientContext&,
                                                           duckdb::GetPartitionStatsInput& input) {
  const auto& list =
      input.bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<LakeFileList>();
  // A table this build may not read is refused when its scan starts: no answer may come before
  // that.
  const LakeScan& scan = list.scan();
  if (!scan.readable || !delta::CheckColumnsReadable(scan.snapshot->schema()).ok()) return {};
  return AnswersFromLog(list);
}

duckdb::unique_ptr<duckdb::BaseStatistics> ColumnBounds(duckdb::ClientContext&,
                                                        const duckdb::FunctionData* bind_data,
                                                        duckdb::column_t column) {
  const auto& list = bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<LakeFileList>();
  if (!list.scan().readable) return nullptr;
  return ColumnBoundsFromLog(list, column);
}

// --- the serial form -----------------------------------------------------------------------------
//
// DuckDB's optimizer writes plans down to find subplans that are equal and to copy them, both while
// the scans in them are alive. Two scans are equal if they read the same files of one pinned table.

// The scans bound in a session that are still alive somewhere.
class BoundScans final : public duckdb::ClientContextState {
 public:
  static BoundScans& Of(duckdb::ClientContext& context) {
    return *context.registered_state->GetOrCreate<BoundScans>("lakehold_scans");
  }
  void Add(const std::shared_ptr<const LakeScan>& scan) {
    std::erase_if(scans_, [](const auto& known) { return known.expired(); });
    scans_.push_back(scan);
  }
  std::shared_ptr<const LakeScan> Find(uint64_t snapshot, uint64_t table) const;

 private:
  std::vector<std::weak_ptr<const LakeScan>> scans_;
};

uint64_t IdentityOf(const void* pinned) { return reinterpret_cast<uintptr_t>(pinned); }

std::shared_ptr<const LakeScan> BoundScans::Find(uint64_t snapshot, uint64_t table) const {
  for (const auto& known : scans_) {
    auto scan = known.lock();
    if (scan && IdentityOf(scan->snapshot.get()) == snapshot && IdentityOf(scan->table) == table)
      return scan;
  }
  return nullptr;
}

void Serialize(duckdb::Serializer& serializer,
               const duckdb::optional_ptr<duckdb::FunctionData> bind_data,
               const duckdb::TableFunction&) {
  const auto& list = bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<LakeFileList>();
  const auto& scan = list.scan();
  serializer.WriteProperty(100, "snapshot", IdentityOf(scan.snapshot.get()));
  serializer.WriteProperty(101, "table", IdentityOf(scan.table));
  const auto& files = list.ordinals();
  const bool all = static_cast<int64_t>(files.size()) == scan.snapshot->files().live_files();
  serializer.WriteProperty(102, "all", all);
  if (all) return;
  serializer.WriteProperty(103, "files",
                           duckdb::vector<delta::FileOrdinal>(files.begin(), files.end()));
}

duckdb::unique_ptr<duckdb::FunctionData> Deserialize(duckdb::Deserializer& deserializer,
                                                     duckdb::TableFunction& function) {
  const auto snapshot = deserializer.ReadProperty<uint64_t>(100, "snapshot");
  const auto table = deserializer.ReadProperty<uint64_t>(101, "table");
  const auto all = deserializer.ReadProperty<bool>(102, "all");
  auto& context = deserializer.Get<duckdb::ClientContext&>();
  const auto scan = BoundScans::Of(context).Find(snapshot, table);
  if (scan == nullptr) throw duckdb::NotImplementedException("the plan outlived its scans");
  auto files = std::make_shared<delta::FileOrdinals>(all ? scan->snapshot->files().LiveOrdinals()
                                                         : delta::FileOrdinals());
  if (!all) {
    const auto some = deserializer.ReadProperty<duckdb::vector<delta::FileOrdinal>>(103, "files");
    files->assign(some.begin(), some.end());
  }
  const ScanReport report = *scan->report;  // Binding starts a new one.
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  function = BindLakeScan(context, scan, bind_data);
  *scan->report = report;
  bind_data->Cast<duckdb::MultiFileBindData>().file_list =
      duckdb::shared_ptr<duckdb::MultiFileList>(LakeFileList::Again(scan, std::move(files)));
  return bind_data;
}

LogicalType SqlTypeOf(const delta::DataType& type) {
  if (auto mapped = DuckDbTypeOf(type); mapped.ok()) return std::move(*mapped);
  switch (type.kind) {
    case TypeKind::kStruct: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& field : type.fields)
        children.emplace_back(field.name, SqlTypeOf(field.type));
      return LogicalType::STRUCT(std::move(children));
    }
    case TypeKind::kArray:
      return LogicalType::LIST(SqlTypeOf(type.fields[0].type));
    case TypeKind::kMap:
      return LogicalType::MAP(SqlTypeOf(type.fields[0].type), SqlTypeOf(type.fields[1].type));
    case TypeKind::kVariant:
      return LogicalType::VARIANT();
    case TypeKind::kUnknown: {
      LogicalType named(LogicalType::BLOB);
      named.SetAlias(type.unknown);
      return named;
    }
    default:
      // A void column holds nothing but NULL: any type will do, and INTEGER is what DuckDB makes of
      // NULL itself.
      return LogicalType::INTEGER;
  }
}

duckdb::unique_ptr<duckdb::FunctionData> RefuseToBind(duckdb::ClientContext&,
                                                      duckdb::TableFunctionBindInput&,
                                                      duckdb::vector<LogicalType>&,
                                                      duckdb::vector<std::string>&) {
  throw duckdb::BinderException(
      "lakehold_files_scan is how plans name the scan of a table: use the table's name, or "
      "lakehold_scan('<folder>')");
}

duckdb::TableFunction ParquetScan(duckdb::ClientContext& context) {
  auto& instance = duckdb::DatabaseInstance::GetDatabase(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(instance);
  auto& schema = duckdb::Catalog::GetSystemCatalog(instance).GetSchema(transaction, DEFAULT_SCHEMA);
  auto entry =
      schema.GetEntry(transaction, duckdb::CatalogType::TABLE_FUNCTION_ENTRY, "parquet_scan");
  if (!entry)
    ThrowError(Internal("engine.no_parquet", "DuckDB was built without its Parquet reader"));
  return entry->Cast<duckdb::TableFunctionCatalogEntry>().functions.GetFunctionByArguments(
      context, {LogicalType::VARCHAR});
}

}  // namespace

duckdb::vector<LogicalType> SqlTypesOf(const delta::Schema& schema) {
  duckdb::vector<LogicalType> types;
  for (const auto& field : schema.fields) types.push_back(SqlTypeOf(field.type));
  return types;
}

std::shared_ptr<const LakeScan> NewLakeScan(std::shared_ptr<const delta::Snapshot> snapshot,
                                            std::string store_handle, std::string name,
                                            LakeTable* table) {
  auto scan = std::make_shared<LakeScan>();
  scan->snapshot = std::move(snapshot);
  scan->store_handle = std::move(store_handle);
  scan->table = table;
  scan->report = std::make_shared<ScanReport>();
  scan->report->table = std::move(name);
  scan->report->version = scan->snapshot->version();
  scan->report->files = scan->report->files_read = scan->snapshot->files().live_files();
  scan->report->bytes = scan->report->bytes_read = scan->snapshot->files().live_bytes();
  scan->read = std::make_shared<delta::Predicate>();
  scan->readable = delta::CheckReadable(*scan->snapshot).ok();
  return scan;
}

duckdb::TableFunction BindLakeScan(duckdb::ClientContext& context,
                                   std::shared_ptr<const LakeScan> scan,
                                   duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  BoundScans::Of(context).Add(scan);
  auto function = ParquetScan(context);
  function.name = kLakeScanFunction;
  const ParquetScanFunctions parquet = GuardScan(function);
  function.function_info = duckdb::make_shared_ptr<ScanArgument>(std::move(scan), parquet);
  function.get_multi_file_reader = MakeReader;
  function.get_bind_info = TableOf;
  function.get_partition_stats = PartitionStats;
  function.statistics = ColumnBounds;
  function.statistics_extended = nullptr;
  function.serialize = Serialize;
  function.deserialize = Deserialize;
  function.to_string = PlannedScanText;
  function.dynamic_to_string = RunScanText;
  // What Parquet's own versions of these say looks rows up by position in the list.
  function.get_row_id_columns = nullptr;
  function.late_materialization = false;

  duckdb::vector<duckdb::Value> inputs{duckdb::Value("")};
  // NaN is above every bound in Parquet statistics: without this, files holding it would be
  // skipped.
  duckdb::named_parameter_map_t parameters{{"can_have_nan", duckdb::Value::BOOLEAN(true)}};
  duckdb::vector<LogicalType> types;
  duckdb::vector<std::string> names;
  duckdb::TableFunctionRef reference;
  duckdb::TableFunctionBindInput input(inputs, parameters, types, names, nullptr, nullptr, function,
                                       reference);
  bind_data = function.bind(context, input, types, names);
  return function;
}

duckdb::TableFunction CopiedScanFunction() {
  duckdb::TableFunction function(kLakeScanFunction, {LogicalType::VARCHAR}, nullptr, RefuseToBind);
  function.serialize = Serialize;
  function.deserialize = Deserialize;
  return function;
}

}  // namespace lakehold::engine
