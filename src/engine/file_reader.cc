#include "engine/file_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/filter/list.hpp"

#include "delta/deletion_vector.h"
#include "delta/features.h"
#include "delta/partition_value.h"
#include "delta/readable.h"
#include "engine/data_file.h"
#include "engine/duckdb_errors.h"
#include "engine/file_types.h"
#include "engine/reader_filters.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::ColumnIndex;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::MultiFileColumnDefinition;
using duckdb::MultiFileGlobalIndex;
using duckdb::MultiFileReaderData;
using duckdb::TableFilter;
using duckdb::TableFilterSet;
using duckdb::TableFilterType;
using duckdb::Value;

class VectorFilter final : public duckdb::DeleteFilter {
 public:
  explicit VectorFilter(std::shared_ptr<const delta::DeletionVector> vector)
      : vector_(std::move(vector)) {}

  idx_t Filter(duckdb::row_t start, idx_t count, duckdb::SelectionVector& selection) override {
    // Several threads read one file at the same time: nothing is kept between calls. Where no row
    // is deleted the selection must stay as it is.
    duckdb::SelectionVector kept(std::max<idx_t>(count, STANDARD_VECTOR_SIZE));
    const size_t rows =
        vector_->SelectKept(static_cast<uint64_t>(start), std::span(kept.data(), count));
    if (rows < count) selection.Initialize(kept);
    return rows;
  }

 private:
  std::shared_ptr<const delta::DeletionVector> vector_;
};

bool IsWholeNumber(const LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
      return true;
    default:
      return false;
  }
}

bool HoldsBloomFilter(const TableFilter& filter) {
  auto any = [](const auto& children) {
    return std::any_of(children.begin(), children.end(),
                       [](const auto& child) { return HoldsBloomFilter(*child); });
  };
  switch (filter.filter_type) {
    case TableFilterType::BLOOM_FILTER:
      return true;
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child && HoldsBloomFilter(*child);
    }
    case TableFilterType::CONJUNCTION_AND:
      return any(filter.Cast<duckdb::ConjunctionAndFilter>().child_filters);
    case TableFilterType::CONJUNCTION_OR:
      return any(filter.Cast<duckdb::ConjunctionOrFilter>().child_filters);
    default:
      return false;
  }
}

}  // namespace

LakeFileReader::LakeFileReader(std::shared_ptr<const LakeScan> scan, ParquetScanFunctions parquet)
    : scan_(std::move(scan)),
      parquet_(parquet),
      mode_(MappingModeOf(*scan_->snapshot)),
      types_(SqlTypesOf(scan_->snapshot->schema())) {}

duckdb::shared_ptr<duckdb::MultiFileList> LakeFileReader::CreateFileList(
    duckdb::ClientContext&, const duckdb::vector<std::string>&, const duckdb::FileGlobInput&) {
  return duckdb::make_shared_ptr<LakeFileList>(scan_);
}

bool LakeFileReader::Bind(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                          duckdb::vector<LogicalType>& return_types,
                          duckdb::vector<std::string>& names,
                          duckdb::MultiFileReaderBindData& bind_data) {
  const auto& fields = scan_->snapshot->schema().fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    return_types.push_back(types_[i]);
    names.push_back(fields[i].name);
    bind_data.schema.push_back(UnmappedColumn(fields[i], types_[i]));
  }
  bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_NAME;
  return true;
}

void LakeFileReader::BindOptions(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                                 duckdb::vector<LogicalType>&, duckdb::vector<std::string>&,
                                 duckdb::MultiFileReaderBindData&) {}

duckdb::unique_ptr<duckdb::MultiFileReaderGlobalState> LakeFileReader::InitializeGlobalState(
    duckdb::ClientContext&, const duckdb::MultiFileOptions&, const duckdb::MultiFileReaderBindData&,
    const duckdb::MultiFileList& files, const duckdb::vector<MultiFileColumnDefinition>&,
    const duckdb::vector<ColumnIndex>& column_ids) {
  CheckOrThrow(delta::CheckReadableInLog(*scan_->snapshot));
  for (const auto& id : column_ids) {
    if (id.IsVirtualColumn()) continue;
    CheckOrThrow(delta::CheckReadable(scan_->snapshot->schema().fields[id.GetPrimaryIndex()]));
  }
  return duckdb::make_uniq<ScanCounts>(files);
}

void LakeFileReader::AddConstants(MultiFileReaderData& reader_data,
                                  const duckdb::vector<ColumnIndex>& column_ids,
                                  delta::FileOrdinal ordinal) const {
  const auto& snapshot = *scan_->snapshot;
  const auto& partition_fields = snapshot.partition_fields();
  for (idx_t i = 0; i < column_ids.size(); ++i) {
    const auto id = column_ids[i].GetPrimaryIndex();
    const MultiFileGlobalIndex position(i);
    if (id == COLUMN_IDENTIFIER_FILENAME) {
      const auto& root = snapshot.root();
      const auto view = snapshot.files().Get(ordinal);
      reader_data.constant_map.Add(
          position,
          Value(root.uri() + "/" + ValueOrThrow(delta::DecodeLogPath(view.path, root.uri()))));
      continue;
    }
    if (id == COLUMN_IDENTIFIER_FILE_INDEX) {
      reader_data.constant_map.Add(position, Value::UBIGINT(ordinal));
      continue;
    }
    if (column_ids[i].IsVirtualColumn()) continue;
    const auto& field = snapshot.schema().fields[id];
    if (field.type.kind == delta::TypeKind::kVoid) {
      reader_data.constant_map.Add(position, Value(types_[id]));
      continue;
    }
    const auto found = std::find(partition_fields.begin(), partition_fields.end(), id);
    if (found == partition_fields.end()) continue;
    const auto partition = static_cast<size_t>(found - partition_fields.begin());
    reader_data.constant_map.Add(
        position,
        ValueOrThrow(ValueOf(snapshot.files().PartitionValue(ordinal, partition), field.type)));
  }
}

duckdb::vector<MultiFileColumnDefinition> LakeFileReader::ColumnsFor(
    const duckdb::BaseFileReader& file, const duckdb::vector<ColumnIndex>& column_ids) const {
  const auto& fields = scan_->snapshot->schema().fields;
  // The mapper addresses columns by their number in the table: those not projected stay empty.
  duckdb::vector<MultiFileColumnDefinition> columns(
      fields.size(), MultiFileColumnDefinition("", LogicalType::INVALID));
  for (const auto& id : column_ids) {
    if (id.IsVirtualColumn()) continue;
    const auto index = id.GetPrimaryIndex();
    columns[index] = MapColumn(fields[index], types_[index], file.columns, mode_);
  }
  return columns;
}

duckdb::unique_ptr<TableFilterSet> LakeFileReader::FiltersFor(
    const duckdb::BaseFileReader& file, const TableFilterSet& filters,
    const duckdb::vector<ColumnIndex>& column_ids) const {
  auto result = duckdb::make_uniq<TableFilterSet>();
  for (const auto& [position, filter] : filters.filters) {
    const auto& id = column_ids[position];
    if (id.IsVirtualColumn()) {
      result->filters.emplace(position, filter->Copy());
      continue;
    }
    const auto& type = types_[id.GetPrimaryIndex()];
    const auto* column =
        FindFileColumn(scan_->snapshot->schema().fields[id.GetPrimaryIndex()], file.columns, mode_);
    // A struct that is absent reads as NULL, of which DuckDB's field filters say that it is not
    // even "x IS NULL".
    if (column == nullptr ? !type.IsNested() : column->type == type) {
      result->filters.emplace(position, CopyForReader(*filter));
      continue;
    }
    // DuckDB casts constants to the file's type. Among whole numbers that is exact; elsewhere (0.1
    // as a FLOAT, noon as a DATE) rows would be lost, and Bloom filters cannot be cast at all.
    if (column != nullptr && IsWholeNumber(column->type) && IsWholeNumber(type) &&
        !HoldsBloomFilter(*filter)) {
      result->filters.emplace(position, filter->Copy());
      continue;
    }
    if (filter->filter_type == TableFilterType::OPTIONAL_FILTER ||
        filter->filter_type == TableFilterType::BLOOM_FILTER ||
        filter->filter_type == TableFilterType::DYNAMIC_FILTER) {
      continue;
    }
    const duckdb::BoundReferenceExpression reference(type, 0);
    result->filters.emplace(
        position, duckdb::make_uniq<duckdb::ExpressionFilter>(filter->ToExpression(reference)));
  }
  return result;
}

duckdb::shared_ptr<duckdb::BaseFileReader> LakeFileReader::CreateReader(
    duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
    const duckdb::OpenFileInfo& file, idx_t index, const duckdb::MultiFileBindData& bind_data) {
  try {
    return MultiFileReader::CreateReader(context, state, file, index, bind_data);
  } catch (const std::exception& exception) {
    RethrowAboutFile(exception, *scan_, file, true);
  }
}

duckdb::ReaderInitializeType LakeFileReader::InitializeReader(
    MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
    const duckdb::vector<MultiFileColumnDefinition>&,
    const duckdb::vector<ColumnIndex>& global_column_ids,
    duckdb::optional_ptr<TableFilterSet> table_filters, duckdb::ClientContext& context,
    duckdb::MultiFileGlobalState& gstate) {
  try {
    return Initialize(reader_data, bind_data, global_column_ids, table_filters, context, gstate);
  } catch (const std::exception& exception) {
    RethrowAboutFile(exception, *scan_, reader_data.reader->file, true);
  }
}

duckdb::ReaderInitializeType LakeFileReader::Initialize(
    MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
    const duckdb::vector<ColumnIndex>& global_column_ids,
    duckdb::optional_ptr<TableFilterSet> table_filters, duckdb::ClientContext& context,
    duckdb::MultiFileGlobalState& gstate) {
  auto& reader = *reader_data.reader;
  const auto& list = gstate.file_list.Cast<LakeFileList>();
  const auto ordinal = list.OrdinalAt(reader.file_list_idx.GetIndex());
  const auto& snapshot = *scan_->snapshot;
  const auto variants = AdoptTypes(snapshot.schema(), global_column_ids, mode_, reader);
  const auto view = snapshot.files().Get(ordinal);
  auto& counts = gstate.multi_file_reader_state->Cast<ScanCounts>();
  ++counts.files;
  counts.bytes += view.size_bytes;
  duckdb::unique_ptr<TableFilterSet> filters;
  if (table_filters && !table_filters->filters.empty())
    filters = FiltersFor(reader, *table_filters, global_column_ids);
  AddConstants(reader_data, global_column_ids, ordinal);
  CheckOrThrow(CheckColumnTypes(snapshot, ordinal, reader, types_, global_column_ids, mode_));
  if (view.deletion_vector != nullptr) {
    ++counts.vectors;
    counts.deleted_rows += view.deletion_vector->cardinality;
    auto vector = ValueOrThrow(VectorOf(snapshot, ordinal, reader));
    if (vector->cardinality() > 0)
      reader.deletion_filter = duckdb::make_uniq<VectorFilter>(std::move(vector));
  }
  const auto columns = ColumnsFor(reader, global_column_ids);
  const auto mapped =
      CreateMapping(context, reader_data, columns, global_column_ids, filters.get(),
                    gstate.file_list, bind_data.reader_bind, bind_data.virtual_columns,
                    duckdb::MultiFileColumnMappingMode::BY_NAME);
  AttachVariants(variants, reader);
  return mapped;
}

duckdb::TablePartitionInfo LakeFileReader::GetPartitionInfo(
    duckdb::ClientContext&, const duckdb::MultiFileReaderBindData&,
    duckdb::TableFunctionPartitionInput& input) {
  const auto& fields = scan_->snapshot->partition_fields();
  for (const auto id : input.partition_ids) {
    if (std::find(fields.begin(), fields.end(), id) == fields.end())
      return duckdb::TablePartitionInfo::NOT_PARTITIONED;
  }
  return duckdb::TablePartitionInfo::SINGLE_VALUE_PARTITIONS;
}

duckdb::unique_ptr<duckdb::MultiFileReader> LakeFileReader::Copy() const {
  auto copy = duckdb::make_uniq<LakeFileReader>(scan_, parquet_);
  copy->function_name = function_name;
  return copy;
}

}  // namespace lakehold::engine
