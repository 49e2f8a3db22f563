#include "engine/data_file.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "delta/log_place.h"
#include "engine/duckdb_errors.h"
#include "engine/type_mapping.h"
#include "parquet_reader.hpp"

namespace lakehold::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

std::string PathOf(const delta::Snapshot& snapshot, delta::FileOrdinal file) {
  return std::string(snapshot.files().Get(file).path);
}

Error Located(const delta::Snapshot& snapshot, delta::FileOrdinal file, Error error) {
  const std::string path = PathOf(snapshot, file);
  error.message = fmt::format("data file \"{}\": {}", path, error.message);
  error = delta::WithPlace(std::move(error), snapshot.root(), snapshot.version(),
                           delta::Said::kFile, path);
  return std::move(error).With("data_file", path);
}

Error BadFile(const delta::Snapshot& snapshot, delta::FileOrdinal file, std::string what) {
  return Located(snapshot, file,
                 Corrupt("delta.bad_data_file", std::move(what),
                         "restore the file from a backup; lakehold fsck --deep tells of others"));
}

// Whose size is not what the log says; nothing if it is, or cannot be known.
std::string WrongSize(const delta::Snapshot& snapshot, delta::FileOrdinal file) {
  const auto key = delta::DataKey(snapshot, file);
  if (!key.ok()) return {};
  const auto meta = snapshot.root().store->Head(*key);
  const int64_t size = snapshot.files().Get(file).size_bytes;
  if (!meta.ok() || static_cast<int64_t>(meta->size_bytes) == size) return {};
  return fmt::format(" (it has {} bytes, the log says {})", meta->size_bytes, size);
}

// How DuckDB begins what it says of a value that the column's type cannot hold.
constexpr std::string_view kInFile = "Error while reading file \"lakehold://";

bool IsDamage(const Error& error, bool opening) {
  const std::string_view reason = error.reason;
  if (reason == "storage.short_read") return true;
  const bool outside = error.kind == ErrorKind::kCancelled ||
                       error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kDenied ||
                       reason == "engine.out_of_memory" || reason == "engine.variant_layout" ||
                       reason.starts_with("variant.") || reason.starts_with("storage.") ||
                       reason.starts_with("delta.");
  if (outside) return false;
  if (opening || !reason.starts_with("sql.")) return true;
  // A condition of the query may have failed instead.
  return error.message.starts_with(kInFile) || error.message.find("arquet") != std::string::npos ||
         error.message.find("failed to cast column") != std::string::npos;
}

// The message without the path as the scan names it, which people have not named.
std::string WithoutFile(const std::string& message) {
  if (!message.starts_with(kInFile)) return message;
  const size_t quote = message.find('"', kInFile.size());
  const size_t rest = message.find_first_not_of("\": ", quote);
  return rest == std::string::npos ? message : message.substr(rest);
}

int RankOf(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::UTINYINT:
      return 1;
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::USMALLINT:
      return 2;
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::UINTEGER:
      return 3;
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UBIGINT:
      return 4;
    default:
      return 0;
  }
}

bool CanReadScalar(const LogicalType& from, const LogicalType& to) {
  // Names of a type, such as JSON's of a text, change no value.
  if (from.id() == to.id() && to.id() != LogicalTypeId::DECIMAL) return true;
  const int rank = RankOf(from);
  switch (to.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
      return rank > 0;
    case LogicalTypeId::DOUBLE:
      return from.id() == LogicalTypeId::FLOAT || (rank > 0 && rank < 4);
    case LogicalTypeId::DECIMAL:
      if (rank > 0) return true;
      return from.id() == LogicalTypeId::DECIMAL &&
             duckdb::DecimalType::GetScale(from) <= duckdb::DecimalType::GetScale(to);
    case LogicalTypeId::TIMESTAMP:
      return IsTimestamp(from) || from.id() == LogicalTypeId::DATE;
    case LogicalTypeId::TIMESTAMP_TZ:
      return IsTimestamp(from);
    default:
      return false;
  }
}

struct Unfit {
  std::string path;
  LogicalType from, to;
};

// The first part of the column whose values cannot become the table's.
std::optional<Unfit> FindUnfit(const delta::Field& field, const std::string& path,
                               const LogicalType& to,
                               const duckdb::MultiFileColumnDefinition& column,
                               ColumnMappingMode mode) {
  const LogicalType& from = column.type;
  const auto kind = field.type.kind;
  if (from == to || kind == delta::TypeKind::kVariant || kind == delta::TypeKind::kVoid)
    return std::nullopt;
  if (!to.IsNested() || !from.IsNested()) {
    if (!to.IsNested() && !from.IsNested() && CanReadScalar(from, to)) return std::nullopt;
    return Unfit{path, from, to};
  }
  if (kind != delta::TypeKind::kStruct || from.id() != LogicalTypeId::STRUCT ||
      to.id() != LogicalTypeId::STRUCT)
    return std::nullopt;
  for (size_t i = 0; i < field.type.fields.size(); ++i) {
    const delta::Field& child = field.type.fields[i];
    const auto* found = FindFileColumn(child, column.children, mode);
    if (found == nullptr) continue;
    if (auto unfit = FindUnfit(child, path + "." + child.name,
                               duckdb::StructType::GetChildType(to, i), *found, mode))
      return unfit;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> DataFileError(const delta::Snapshot& snapshot, delta::FileOrdinal file,
                                   const Error& error, bool opening) {
  if (error.reason == "storage.not_found") {
    return Located(snapshot, file,
                   Corrupt("delta.missing_data_file", "it is not there",
                           "restore it from a backup; vacuum removes the files of old versions: "
                           "then read a newer one"));
  }
  if (!IsDamage(error, opening)) return std::nullopt;
  return BadFile(snapshot, file, WithoutFile(error.message) + WrongSize(snapshot, file));
}

Status CheckColumnTypes(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal,
                        const duckdb::BaseFileReader& file,
                        const duckdb::vector<LogicalType>& types,
                        const duckdb::vector<duckdb::ColumnIndex>& columns,
                        ColumnMappingMode mode) {
  const auto& partition_fields = snapshot.partition_fields();
  for (const auto& id : columns) {
    if (id.IsVirtualColumn()) continue;
    const auto index = id.GetPrimaryIndex();
    if (std::find(partition_fields.begin(), partition_fields.end(), index) !=
        partition_fields.end())
      continue;
    const delta::Field& field = snapshot.schema().fields[index];
    const auto* found = FindFileColumn(field, file.columns, mode);
    if (found == nullptr) continue;
    const auto unfit = FindUnfit(field, field.name, types[index], *found, mode);
    if (!unfit) continue;
    return BadFile(snapshot, ordinal,
                   fmt::format("its column \"{}\" is {}, the table's is {}", unfit->path,
                               unfit->from.ToString(), unfit->to.ToString()));
  }
  return {};
}

Result<std::shared_ptr<const delta::DeletionVector>> VectorOf(const delta::Snapshot& snapshot,
                                                              delta::FileOrdinal ordinal,
                                                              const duckdb::BaseFileReader& file) {
  const auto* descriptor = snapshot.files().Get(ordinal).deletion_vector;
  if (descriptor == nullptr) return std::shared_ptr<const delta::DeletionVector>();
  auto vector = delta::DeletionVector::Load(snapshot.root(), *descriptor);
  if (!vector.ok() && vector.error().reason == "storage.not_found") {
    return Located(
        snapshot, ordinal,
        Corrupt("delta.bad_deletion_vector",
                fmt::format("deletion vector {} is not there", delta::NameOf(*descriptor)),
                "restore it from a backup"));
  }
  if (!vector.ok()) return Located(snapshot, ordinal, std::move(vector).error());
  const auto* parquet = dynamic_cast<const duckdb::ParquetReader*>(&file);
  const auto last = (*vector)->last_row();
  if (parquet != nullptr && last && *last >= parquet->NumRows()) {
    return Located(snapshot, ordinal,
                   Corrupt("delta.bad_deletion_vector",
                           fmt::format("deletion vector {} deletes row {}, the file has {} rows",
                                       delta::NameOf(*descriptor), *last, parquet->NumRows()),
                           "restore both files from a backup"));
  }
  return vector;
}

}  // namespace lakehold::engine
