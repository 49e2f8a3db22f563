#include "engine/variant_input.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "duckdb/common/types/uuid.hpp"
#include "duckdb/common/types/variant_value.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include <fmt/format.h>

#include "base/variant_walk.h"
#include "engine/convert_within.h"
#include "engine/duckdb_errors.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;
using duckdb::VariantValue;
using duckdb::VariantValueType;
using duckdb::Vector;

[[noreturn]] void Damaged(const std::string& cause) {
  ThrowError(
      Corrupt("variant.damaged", "a variant cannot be decoded: " + cause, "write the value again"));
}

std::string Utf8(std::string_view text) {
  if (!Value::StringIsValid(text.data(), text.size())) Damaged("a text is not UTF-8");
  return std::string(text);
}

Value DecimalOf(VariantInt unscaled, int scale, int bytes) {
  // The encoding has no precision: as many digits as the bytes are meant for, more if there are.
  int digits = 0;
  for (VariantInt rest = unscaled; rest != 0; rest /= 10) ++digits;
  const int precision = std::max({digits, scale, bytes == 4 ? 9 : bytes == 8 ? 18 : 38});
  if (precision > 38) Damaged("a decimal has more than 38 digits");
  const delta::DataType type{.kind = delta::TypeKind::kDecimal,
                             .precision = static_cast<uint8_t>(precision),
                             .scale = static_cast<uint8_t>(scale)};
  return ValueOrThrow(ValueOf(delta::Scalar(delta::Int128{unscaled}), type));
}

Value InstantOf(int64_t units, int64_t units_per_second, bool utc) {
  const bool nanoseconds = units_per_second > 1'000'000;
  if (!utc) {
    return nanoseconds ? Value::TIMESTAMPNS(duckdb::timestamp_ns_t(units))
                       : Value::TIMESTAMP(duckdb::timestamp_t(units));
  }
  if (nanoseconds && units % 1000 != 0) {
    ThrowError(Unsupported(
        "variant.nanoseconds",
        fmt::format("a variant holds the instant {} ns since 1970, which needs nanoseconds", units),
        "leave the column out, or write the value again in microseconds"));
  }
  return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(nanoseconds ? units / 1000 : units));
}

// Builds DuckDB's tree. Containers stay open until they end; each finished value goes into the
// innermost.
class TreeSink {
 public:
  VariantValue result() { return std::move(result_); }

  void Null() { Put(Value()); }
  void Bool(bool value) { Put(Value::BOOLEAN(value)); }
  void Integer(int64_t value, int bytes) {
    Put(bytes == 1   ? Value::TINYINT(static_cast<int8_t>(value))
        : bytes == 2 ? Value::SMALLINT(static_cast<int16_t>(value))
        : bytes == 4 ? Value::INTEGER(static_cast<int32_t>(value))
                     : Value::BIGINT(value));
  }
  void Real(double value, int bytes) {
    Put(bytes == 4 ? Value::FLOAT(static_cast<float>(value)) : Value::DOUBLE(value));
  }
  void Decimal(VariantInt unscaled, int scale, int bytes) {
    Put(DecimalOf(unscaled, scale, bytes));
  }
  void Text(std::string_view text) { Put(Value(Utf8(text))); }
  void Bytes(std::string_view bytes) {
    Put(Value::BLOB(duckdb::const_data_ptr_cast(bytes.data()), bytes.size()));
  }
  void Uuid(std::string_view bytes) {
    Put(Value::UUID(duckdb::BaseUUID::FromBlob(duckdb::const_data_ptr_cast(bytes.data()))));
  }
  void Date(int64_t days) { Put(Value::DATE(duckdb::date_t(static_cast<int32_t>(days)))); }
  void Time(int64_t microseconds) { Put(Value::TIME(duckdb::dtime_t(microseconds))); }
  void Instant(int64_t units, int64_t units_per_second, bool utc) {
    Put(InstantOf(units, units_per_second, utc));
  }
  void BeginArray() { open_.push_back({VariantValue(VariantValueType::ARRAY), {}}); }
  void Item() {}
  void EndArray() { Close(); }
  void BeginObject() { open_.push_back({VariantValue(VariantValueType::OBJECT), {}}); }
  void Key(std::string_view name) { open_.back().key = Utf8(name); }
  void EndObject() { Close(); }

 private:
  struct Level {
    VariantValue container;
    std::string key;
  };

  void Put(Value value) { Put(VariantValue(std::move(value))); }
  void Put(VariantValue value) {
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (Level& level = open_.back();
               level.container.value_type == VariantValueType::OBJECT) {
      level.container.AddChild(level.key, std::move(value));
    } else {
      level.container.AddItem(std::move(value));
    }
  }
  void Close() {
    VariantValue done = std::move(open_.back().container);
    open_.pop_back();
    Put(std::move(done));
  }

  std::vector<Level> open_;
  VariantValue result_;
};

std::string_view BytesAt(Vector& bytes, idx_t row) {
  const auto& text = duckdb::FlatVector::GetData<duckdb::string_t>(bytes)[row];
  return {text.GetData(), text.GetSize()};
}

bool IsThere(Vector* part, idx_t row) {
  return part != nullptr && duckdb::FlatVector::Validity(*part).RowIsValid(row);
}

Vector* Part(Vector& group, const char* name) {
  const auto& parts = duckdb::StructType::GetChildTypes(group.GetType());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].first == name) return duckdb::StructVector::GetEntries(group)[i].get();
  }
  return nullptr;
}

VariantValue Decode(std::string_view metadata, std::string_view value) {
  TreeSink sink;
  CheckOrThrow(WalkVariant(metadata, value, sink));
  return sink.result();
}

VariantValue ShreddedAt(std::string_view metadata, Vector& group, idx_t row);

// The fields that have a column of their own, and the others, which stand in `value`.
VariantValue ObjectAt(std::string_view metadata, Vector& typed, Vector* value, idx_t row) {
  VariantValue object(VariantValueType::OBJECT);
  const auto& fields = duckdb::StructType::GetChildTypes(typed.GetType());
  auto& groups = duckdb::StructVector::GetEntries(typed);
  for (size_t i = 0; i < fields.size(); ++i) {
    auto field = ShreddedAt(metadata, *groups[i], row);
    if (!field.IsMissing()) object.AddChild(fields[i].first, std::move(field));
  }
  if (!IsThere(value, row)) return object;
  auto rest = Decode(metadata, BytesAt(*value, row));
  if (rest.value_type != VariantValueType::OBJECT) Damaged("what is left of an object is none");
  auto others = rest.TakeObjectChildren();
  for (auto& [name, other] : others) object.AddChild(name, std::move(other));
  return object;
}

VariantValue ArrayAt(std::string_view metadata, Vector& typed, idx_t row) {
  VariantValue array(VariantValueType::ARRAY);
  const auto entry = duckdb::FlatVector::GetData<duckdb::list_entry_t>(typed)[row];
  auto& elements = duckdb::ListVector::GetEntry(typed);
  for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    auto element = ShreddedAt(metadata, elements, i);
    array.AddItem(element.IsMissing() ? VariantValue::NullValue() : std::move(element));
  }
  return array;
}

// MISSING if neither a value nor a typed one is there. `group` is flat, all of it.
VariantValue ShreddedAt(std::string_view metadata, Vector& group, idx_t row) {
  if (!IsThere(&group, row)) return {};
  auto* value = Part(group, "value");
  auto* typed = Part(group, "typed_value");
  if (IsThere(typed, row)) {
    const auto id = typed->GetType().id();
    if (id == LogicalTypeId::STRUCT) return ObjectAt(metadata, *typed, value, row);
    if (IsThere(value, row)) Damaged("it has a value and a typed value");
    if (id == LogicalTypeId::LIST) return ArrayAt(metadata, *typed, row);
    return VariantValue(typed->GetValue(row));
  }
  return IsThere(value, row) ? Decode(metadata, BytesAt(*value, row)) : VariantValue();
}

void ReadGroups(Vector& in, Vector& out, idx_t count) {
  auto* metadata = Part(in, "metadata");
  duckdb::vector<VariantValue> values(count);
  for (idx_t row = 0; row < count; ++row) {
    if (!IsThere(&in, row)) continue;
    if (!IsThere(metadata, row)) Damaged("it has no metadata");
    values[row] = ShreddedAt(BytesAt(*metadata, row), in, row);
  }
  VariantValue::ToVARIANT(values, out);
}

void FlattenAll(Vector& in, idx_t count) {
  in.Flatten(count);
  if (in.GetType().id() == LogicalTypeId::STRUCT) {
    for (auto& entry : duckdb::StructVector::GetEntries(in)) FlattenAll(*entry, count);
  } else if (in.GetType().id() == LogicalTypeId::LIST) {
    FlattenAll(duckdb::ListVector::GetEntry(in), duckdb::ListVector::GetListSize(in));
  }
}

void Run(duckdb::DataChunk& arguments, duckdb::ExpressionState&, Vector& result) {
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto leaf = [](Vector& in, Vector& out, idx_t count) {
    FlattenAll(in, count);
    ReadGroups(in, out, count);
  };
  ConvertWithin(arguments.data[0], result, arguments.size(), leaf);
}

}  // namespace

duckdb::unique_ptr<duckdb::Expression> ReadVariants(duckdb::unique_ptr<duckdb::Expression> column,
                                                    const LogicalType& type) {
  duckdb::ScalarFunction function("lakehold_variants", {column->return_type}, type, Run);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> arguments;
  arguments.push_back(std::move(column));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(type, std::move(function),
                                                            std::move(arguments), nullptr);
}

}  // namespace lakehold::engine
