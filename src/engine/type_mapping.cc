#include "engine/type_mapping.h"

#include <bit>
#include <utility>

#include <fmt/format.h>

namespace lakehold::engine {
namespace {

using delta::DataType;
using delta::TypeKind;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

DataType Primitive(TypeKind kind) {
  DataType type;
  type.kind = kind;
  return type;
}

DataType Decimal(uint8_t precision, uint8_t scale) {
  DataType type;
  type.kind = TypeKind::kDecimal;
  type.precision = precision;
  type.scale = scale;
  return type;
}

Error Refused(const LogicalType& type, std::string_view column, std::string_view why,
              std::string hint) {
  return Invalid("types.refused",
                 fmt::format("column \"{}\" has type {}, {}", column, type.ToString(), why),
                 std::move(hint));
}

Result<DataType> NestedTypeOf(const LogicalType& type, std::string_view column,
                              TimestampStorage timestamps) {
  DataType result;
  auto add = [&](std::string name, const LogicalType& child, std::string_view label) -> Status {
    LAKEHOLD_ASSIGN(auto child_type,
                    DeltaTypeOf(child, fmt::format("{}.{}", column, label), timestamps));
    delta::Field field;
    field.name = std::move(name);
    field.type = std::move(child_type);
    result.fields.push_back(std::move(field));
    return {};
  };
  switch (type.id()) {
    case LogicalTypeId::STRUCT:
      result.kind = TypeKind::kStruct;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        if (name.empty()) {
          return Refused(type, column, "a struct whose fields have no names",
                         "Name them: {'a': ..., 'b': ...}");
        }
        LAKEHOLD_TRY(add(name, child, name));
      }
      return result;
    case LogicalTypeId::LIST:
      result.kind = TypeKind::kArray;
      LAKEHOLD_TRY(add("element", duckdb::ListType::GetChildType(type), "element"));
      return result;
    case LogicalTypeId::ARRAY:
      result.kind = TypeKind::kArray;
      LAKEHOLD_TRY(add("element", duckdb::ArrayType::GetChildType(type), "element"));
      return result;
    default:
      result.kind = TypeKind::kMap;
      LAKEHOLD_TRY(add("key", duckdb::MapType::KeyType(type), "key"));
      LAKEHOLD_TRY(add("value", duckdb::MapType::ValueType(type), "value"));
      result.fields[0].nullable = false;
      return result;
  }
}

Error RefusalOf(const LogicalType& type, std::string_view column) {
  switch (type.id()) {
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::TIME_NS:
    case LogicalTypeId::INTERVAL:
    case LogicalTypeId::BIT:
      return Refused(type, column, "which Delta tables cannot hold",
                     fmt::format("Cast it: CAST({} AS VARCHAR)", column));
    case LogicalTypeId::SQLNULL:
      return Refused(type, column, "which says nothing about its values",
                     fmt::format("Give it a type: CAST({} AS VARCHAR)", column));
    case LogicalTypeId::VARIANT:
      return Refused(type, column, "which this build does not write",
                     fmt::format("Write its text: CAST({} AS JSON)", column));
    case LogicalTypeId::UNION:
      return Refused(type, column, "which Delta tables cannot hold",
                     "Keep one member, or a STRUCT of all of them");
    default:
      return Refused(type, column, "which Delta tables cannot hold",
                     fmt::format("Cast it: CAST({} AS VARCHAR)", column));
  }
}

Value DecimalValue(delta::Int128 unscaled, uint8_t precision, uint8_t scale) {
  if (precision <= 18) return Value::DECIMAL(static_cast<int64_t>(unscaled), precision, scale);
  duckdb::hugeint_t huge;
  huge.lower = static_cast<uint64_t>(unscaled);
  huge.upper = static_cast<int64_t>(unscaled >> 64);
  return Value::DECIMAL(huge, precision, scale);
}

delta::Int128 Unscaled(const Value& decimal) {
  switch (decimal.type().InternalType()) {
    case duckdb::PhysicalType::INT16:
      return decimal.GetValueUnsafe<int16_t>();
    case duckdb::PhysicalType::INT32:
      return decimal.GetValueUnsafe<int32_t>();
    case duckdb::PhysicalType::INT64:
      return decimal.GetValueUnsafe<int64_t>();
    default: {
      const auto huge = decimal.GetValueUnsafe<duckdb::hugeint_t>();
      return (static_cast<delta::Int128>(huge.upper) << 64) |
             static_cast<delta::Int128>(huge.lower);
    }
  }
}

}  // namespace

bool IsTimestamp(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::TIMESTAMP:
    case duckdb::LogicalTypeId::TIMESTAMP_SEC:
    case duckdb::LogicalTypeId::TIMESTAMP_MS:
    case duckdb::LogicalTypeId::TIMESTAMP_NS:
    case duckdb::LogicalTypeId::TIMESTAMP_TZ:
      return true;
    default:
      return false;
  }
}

Result<DataType> DeltaTypeOf(const LogicalType& type, std::string_view column,
                             TimestampStorage timestamps) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return Primitive(TypeKind::kBoolean);
    case LogicalTypeId::TINYINT:
      return Primitive(TypeKind::kByte);
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::UTINYINT:
      return Primitive(TypeKind::kShort);
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::USMALLINT:
      return Primitive(TypeKind::kInteger);
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UINTEGER:
      return Primitive(TypeKind::kLong);
    case LogicalTypeId::UBIGINT:
      return Decimal(20, 0);
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
      return Decimal(38, 0);
    case LogicalTypeId::FLOAT:
      return Primitive(TypeKind::kFloat);
    case LogicalTypeId::DOUBLE:
      return Primitive(TypeKind::kDouble);
    case LogicalTypeId::DECIMAL:
      return Decimal(duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::DATE:
      return Primitive(TypeKind::kDate);
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::UUID:
    case LogicalTypeId::ENUM:
      return Primitive(TypeKind::kString);
    case LogicalTypeId::BLOB:
      return Primitive(TypeKind::kBinary);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
      return Primitive(timestamps == TimestampStorage::kUtc ? TypeKind::kTimestamp
                                                            : TypeKind::kTimestampNtz);
    case LogicalTypeId::TIMESTAMP_TZ:
      return Primitive(TypeKind::kTimestamp);
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::LIST:
    case LogicalTypeId::ARRAY:
    case LogicalTypeId::MAP:
      return NestedTypeOf(type, column, timestamps);
    default:
      return RefusalOf(type, column);
  }
}

Result<delta::Schema> DeltaSchemaOf(const duckdb::vector<duckdb::string>& names,
                                    const duckdb::vector<LogicalType>& types,
                                    TimestampStorage timestamps) {
  delta::Schema schema;
  schema.fields.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    LAKEHOLD_ASSIGN(auto type, DeltaTypeOf(types[i], names[i], timestamps));
    delta::Field field;
    field.name = names[i];
    field.type = std::move(type);
    schema.fields.push_back(std::move(field));
  }
  return schema;
}

Result<LogicalType> DuckDbTypeOf(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return LogicalType(LogicalType::BOOLEAN);
    case TypeKind::kByte:
      return LogicalType(LogicalType::TINYINT);
    case TypeKind::kShort:
      return LogicalType(LogicalType::SMALLINT);
    case TypeKind::kInteger:
      return LogicalType(LogicalType::INTEGER);
    case TypeKind::kLong:
      return LogicalType(LogicalType::BIGINT);
    case TypeKind::kFloat:
      return LogicalType(LogicalType::FLOAT);
    case TypeKind::kDouble:
      return LogicalType(LogicalType::DOUBLE);
    case TypeKind::kDecimal:
      return LogicalType::DECIMAL(type.precision, type.scale);
    case TypeKind::kString:
      return LogicalType(LogicalType::VARCHAR);
    case TypeKind::kBinary:
      return LogicalType(LogicalType::BLOB);
    case TypeKind::kDate:
      return LogicalType(LogicalType::DATE);
    case TypeKind::kTimestamp:
      return LogicalType(LogicalType::TIMESTAMP_TZ);
    case TypeKind::kTimestampNtz:
      return LogicalType(LogicalType::TIMESTAMP);
    case TypeKind::kStruct: {
      duckdb::child_list_t<LogicalType> children;
      for (const delta::Field& field : type.fields) {
        LAKEHOLD_ASSIGN(auto child, DuckDbTypeOf(field.type));
        children.emplace_back(field.name, std::move(child));
      }
      if (children.empty())
        return Unsupported("types.no_sql_type", "a struct without fields has no SQL type");
      return LogicalType::STRUCT(std::move(children));
    }
    case TypeKind::kArray: {
      LAKEHOLD_ASSIGN(auto element, DuckDbTypeOf(type.fields.at(0).type));
      return LogicalType::LIST(element);
    }
    case TypeKind::kMap: {
      LAKEHOLD_ASSIGN(auto key, DuckDbTypeOf(type.fields.at(0).type));
      LAKEHOLD_ASSIGN(auto value, DuckDbTypeOf(type.fields.at(1).type));
      return LogicalType::MAP(std::move(key), std::move(value));
    }
    case TypeKind::kVariant:
    case TypeKind::kVoid:
    case TypeKind::kUnknown:
      break;
  }
  return Unsupported(
      "types.no_sql_type",
      fmt::format("values of Delta type {} cannot be read by this build", delta::FormatType(type)));
}

Result<Value> ValueOf(const delta::Scalar& scalar, const DataType& type) {
  LAKEHOLD_ASSIGN(auto sql_type, DuckDbTypeOf(type));
  if (delta::IsNull(scalar)) return Value(sql_type);
  if (const auto* flag = std::get_if<bool>(&scalar)) return Value::BOOLEAN(*flag);
  if (const auto* number = std::get_if<double>(&scalar)) {
    return type.kind == TypeKind::kFloat ? Value::FLOAT(static_cast<float>(*number))
                                         : Value::DOUBLE(*number);
  }
  if (const auto* unscaled = std::get_if<delta::Int128>(&scalar)) {
    return DecimalValue(*unscaled, type.precision, type.scale);
  }
  if (const auto* text = std::get_if<std::string>(&scalar)) {
    return type.kind == TypeKind::kBinary
               ? Value::BLOB(duckdb::const_data_ptr_cast(text->data()), text->size())
               : Value(*text);
  }
  const int64_t integer = std::get<int64_t>(scalar);
  switch (type.kind) {
    case TypeKind::kByte:
      return Value::TINYINT(static_cast<int8_t>(integer));
    case TypeKind::kShort:
      return Value::SMALLINT(static_cast<int16_t>(integer));
    case TypeKind::kInteger:
      return Value::INTEGER(static_cast<int32_t>(integer));
    case TypeKind::kDate:
      return Value::DATE(duckdb::date_t(static_cast<int32_t>(integer)));
    case TypeKind::kTimestamp:
      return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(integer));
    case TypeKind::kTimestampNtz:
      return Value::TIMESTAMP(duckdb::timestamp_t(integer));
    default:
      return Value::BIGINT(integer);
  }
}

Result<delta::Scalar> ScalarOf(const Value& value, const DataType& type) {
  LAKEHOLD_ASSIGN(auto sql_type, DuckDbTypeOf(type));
  if (value.IsNull()) return delta::Scalar{};
  Value cast = value;
  if (value.type() != sql_type) {
    std::string why;
    Value back;
    if (!value.DefaultTryCastAs(sql_type, cast, &why, true) ||
        !cast.DefaultTryCastAs(value.type(), back, &why, true) ||
        !Value::NotDistinctFrom(back, value)) {
      return Invalid("types.inexact",
                     fmt::format("{} is no exact {}", value.ToString(), delta::FormatType(type)));
    }
  }
  switch (type.kind) {
    case TypeKind::kBoolean:
      return delta::Scalar(cast.GetValueUnsafe<bool>());
    case TypeKind::kByte:
      return delta::Scalar(int64_t{cast.GetValueUnsafe<int8_t>()});
    case TypeKind::kShort:
      return delta::Scalar(int64_t{cast.GetValueUnsafe<int16_t>()});
    case TypeKind::kInteger:
      return delta::Scalar(int64_t{cast.GetValueUnsafe<int32_t>()});
    case TypeKind::kLong:
      return delta::Scalar(cast.GetValueUnsafe<int64_t>());
    case TypeKind::kFloat:
      return delta::Scalar(double{cast.GetValueUnsafe<float>()});
    case TypeKind::kDouble:
      return delta::Scalar(cast.GetValueUnsafe<double>());
    case TypeKind::kDecimal:
      return delta::Scalar(Unscaled(cast));
    case TypeKind::kString:
    case TypeKind::kBinary:
      return delta::Scalar(std::string(duckdb::StringValue::Get(cast)));
    case TypeKind::kDate:
      return delta::Scalar(int64_t{cast.GetValueUnsafe<duckdb::date_t>().days});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return delta::Scalar(cast.GetValueUnsafe<duckdb::timestamp_t>().value);
    default:
      return Invalid("types.inexact", fmt::format("{} is no scalar type", delta::FormatType(type)));
  }
}

}  // namespace lakehold::engine
