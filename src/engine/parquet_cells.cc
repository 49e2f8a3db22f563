#include "engine/parquet_cells.h"

#include <cmath>

#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include <fmt/format.h>

#include "delta/action_json.h"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::UnifiedVectorFormat;

// "2026-11-01T12:00:00.000123Z"; a zone-less one without the Z.
std::string TimestampText(const duckdb::Value& value, bool utc) {
  const auto timestamp = value.GetValue<duckdb::timestamp_t>();
  duckdb::date_t date;
  duckdb::dtime_t time;
  duckdb::Timestamp::Convert(timestamp, date, time);
  int32_t year, month, day, hour, minute, second, micros;
  duckdb::Date::Convert(date, year, month, day);
  duckdb::Time::Convert(time, hour, minute, second, micros);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day, hour, minute, second);
  text += micros % 1000 == 0 ? fmt::format(".{:03}", micros / 1000) : fmt::format(".{:06}", micros);
  return utc ? text + "Z" : text;
}

std::optional<std::string> FloatText(double value, bool single) {
  if (!std::isfinite(value)) return std::nullopt;
  return single ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
}

std::string Quoted(std::string_view text) {
  std::string json;
  delta::AppendJsonString(text, json);
  return json;
}

// One primitive value; nothing if JSON cannot say it.
std::optional<std::string> JsonOf(const duckdb::Value& value) {
  if (value.IsNull()) return std::nullopt;
  switch (value.type().id()) {
    case LogicalTypeId::BOOLEAN:
      return value.GetValue<bool>() ? "true" : "false";
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::DECIMAL:
      return value.ToString();
    case LogicalTypeId::FLOAT:
      return FloatText(value.GetValue<float>(), true);
    case LogicalTypeId::DOUBLE:
      return FloatText(value.GetValue<double>(), false);
    case LogicalTypeId::DATE:
      return Quoted(value.ToString());
    case LogicalTypeId::VARCHAR:
      return Quoted(duckdb::StringValue::Get(value));
    case LogicalTypeId::TIMESTAMP:
      if (!duckdb::Timestamp::IsFinite(value.GetValue<duckdb::timestamp_t>())) return std::nullopt;
      return Quoted(TimestampText(value, false));
    case LogicalTypeId::TIMESTAMP_TZ: {
      const duckdb::Value plain =
          duckdb::Value::TIMESTAMP(duckdb::timestamp_t(value.GetValueUnsafe<int64_t>()));
      if (!duckdb::Timestamp::IsFinite(plain.GetValue<duckdb::timestamp_t>())) return std::nullopt;
      return Quoted(TimestampText(plain, true));
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

ParquetCells::ParquetCells(duckdb::Vector& vector, idx_t count)
    : vector_(&vector), physical_(vector.GetType().InternalType()), count_(count) {
  // A struct's fields are only aligned with its rows when it is flat.
  if (vector.GetType().InternalType() == PhysicalType::STRUCT) vector.Flatten(count);
  vector.ToUnifiedFormat(count, format_);
}

ParquetCells ParquetCells::Child(std::string_view name) const {
  if (vector_ == nullptr || vector_->GetType().id() != LogicalTypeId::STRUCT) return {};
  const auto& fields = duckdb::StructType::GetChildTypes(vector_->GetType());
  for (idx_t i = 0; i < fields.size(); i++) {
    if (fields[i].first == name) return {*duckdb::StructVector::GetEntries(*vector_)[i], count_};
  }
  return {};
}

std::optional<int64_t> ParquetCells::NarrowInteger(idx_t row) const {
  const idx_t at = format_.sel->get_index(row);
  switch (vector_->GetType().InternalType()) {
    case PhysicalType::INT8:
      return UnifiedVectorFormat::GetData<int8_t>(format_)[at];
    case PhysicalType::INT16:
      return UnifiedVectorFormat::GetData<int16_t>(format_)[at];
    case PhysicalType::INT32:
      return UnifiedVectorFormat::GetData<int32_t>(format_)[at];
    default:
      return std::nullopt;
  }
}

std::optional<bool> ParquetCells::Boolean(idx_t row) const {
  if (!Has(row) || vector_->GetType().InternalType() != PhysicalType::BOOL) return std::nullopt;
  return UnifiedVectorFormat::GetData<bool>(format_)[format_.sel->get_index(row)];
}

std::optional<std::string> ParquetCells::Text(idx_t row) const {
  const auto view = View(row);
  return view ? std::optional(std::string(*view)) : std::nullopt;
}

std::pair<ParquetCells, ParquetCells> ParquetCells::MapEntries() const {
  if (vector_ == nullptr || vector_->GetType().InternalType() != PhysicalType::LIST) return {};
  duckdb::Vector& entries = duckdb::ListVector::GetEntry(*vector_);
  if (entries.GetType().InternalType() != PhysicalType::STRUCT) return {};
  auto& fields = duckdb::StructVector::GetEntries(entries);
  if (fields.size() != 2) return {};
  const idx_t size = duckdb::ListVector::GetListSize(*vector_);
  entries.Flatten(size);
  return {ParquetCells(*fields[0], size), ParquetCells(*fields[1], size)};
}

std::pair<idx_t, idx_t> ParquetCells::ListRange(idx_t row) const {
  if (!Has(row) || vector_->GetType().InternalType() != PhysicalType::LIST) return {0, 0};
  const auto entry =
      UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format_)[format_.sel->get_index(row)];
  return {entry.offset, entry.offset + entry.length};
}

std::optional<std::vector<std::string>> ParquetCells::TextList(idx_t row) const {
  if (!Has(row) || vector_->GetType().InternalType() != PhysicalType::LIST) return std::nullopt;
  const auto entry =
      UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format_)[format_.sel->get_index(row)];
  const ParquetCells elements(duckdb::ListVector::GetEntry(*vector_),
                              duckdb::ListVector::GetListSize(*vector_));
  std::vector<std::string> texts;
  for (idx_t i = entry.offset; i < entry.offset + entry.length; i++) {
    if (auto text = elements.Text(i)) texts.push_back(*std::move(text));
  }
  return texts;
}

std::optional<std::vector<std::pair<std::string, std::optional<std::string>>>>
ParquetCells::TextMap(idx_t row) const {
  if (!Has(row) || vector_->GetType().InternalType() != PhysicalType::LIST) return std::nullopt;
  std::vector<std::pair<std::string, std::optional<std::string>>> map;
  const auto [begin, end] = ListRange(row);
  if (begin == end) return map;
  const auto [keys, values] = MapEntries();
  if (keys.missing()) return std::nullopt;
  for (idx_t i = begin; i < end; i++) {
    if (auto key = keys.Text(i)) map.emplace_back(*std::move(key), values.Text(i));
  }
  return map;
}

std::optional<std::string> ParquetCells::Json(idx_t row) const {
  if (!Has(row)) return std::nullopt;
  if (vector_->GetType().id() != LogicalTypeId::STRUCT) return JsonOf(vector_->GetValue(row));
  std::string json = "{";
  for (const auto& [name, type] : duckdb::StructType::GetChildTypes(vector_->GetType())) {
    const auto value = Child(name).Json(row);
    if (!value) continue;
    if (json.size() > 1) json += ',';
    json += Quoted(name) + ":" + *value;
  }
  return json + "}";
}

}  // namespace lakehold::engine
