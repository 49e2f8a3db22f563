// Schema: the columns and types of a Delta table. Plain values.
//
// Next: schema_json.h (the text form in metaData.schemaString), scalar.h (values of these types).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace lakehold::delta {

enum class TypeKind : uint8_t {
  kBoolean,
  kByte,
  kShort,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kString,
  kBinary,
  kDate,
  kTimestamp,     // Instant, microseconds since 1970 UTC.
  kTimestampNtz,  // Microseconds without a zone.
  kStruct,
  kArray,
  kMap,
  kVariant,
  kVoid,
  kUnknown,  // A type of another build: its table opens, its values are not read.
};

struct Field;

struct DataType {
  TypeKind kind = TypeKind::kVoid;
  uint8_t precision = 0;  // kDecimal only: 1 to 38.
  uint8_t scale = 0;      // kDecimal only: 0 to precision.
  // kStruct: its fields. kArray: one field "element". kMap: "key" and "value". `nullable` of these
  // is the protocol's containsNull and valueContainsNull.
  std::vector<Field> fields = {};
  std::string unknown = {};  // kUnknown: the type as the log names it.

  bool nested() const { return kind >= TypeKind::kStruct && kind <= TypeKind::kMap; }
  bool operator==(const DataType&) const;
};

// A field's metadata: keys to raw JSON values, in the order of the log, so that nothing foreign is
// lost.
using FieldMetadata = std::vector<std::pair<std::string, std::string>>;

struct Field {
  std::string name;
  DataType type;
  bool nullable = true;
  FieldMetadata metadata;
  // Set by ParseSchema only where the physical name's JSON text has escapes; empty otherwise.
  std::string unescaped_physical_name;

  // The name in data files, statistics and partition values: `delta.columnMapping.physicalName`, or
  // the name.
  std::string_view physical_name() const;
  // `delta.columnMapping.id`, if any.
  std::optional<int32_t> column_id() const;
  // The raw JSON of a metadata key, or nothing.
  std::optional<std::string_view> FindMetadata(std::string_view key) const;
  bool operator==(const Field&) const = default;
};

struct Schema {
  std::vector<Field> fields;

  // Exact match first, else the only match ignoring ASCII case; nothing if absent or ambiguous.
  std::optional<size_t> FindField(std::string_view name) const;
  bool operator==(const Schema&) const = default;
};

// Delta's word for a type: "long", "decimal(10,2)", "struct<a:long,b:string>", "array<long>",
// "map<string,long>".
std::string FormatType(const DataType& type);
// The whole schema in the same words, for messages.
std::string FormatSchemaText(const Schema& schema);

// Whether this schema may be created by us: unique names ignoring case, no empty names, at most
// limits::kColumns columns, every nested void refused. The message lists all offending columns.
Status CheckNewSchema(const Schema& schema);

// kCorrupt "delta.bad_schema" if two fields of one struct have one name. Case does not count:
// readers do not tell such columns apart.
Status CheckFieldNames(const Schema& schema);

// Leaf-first walk helpers: true if any type in the tree satisfies the kind.
bool ContainsKind(const DataType& type, TypeKind kind);
bool ContainsKind(const Schema& schema, TypeKind kind);

// The first column of a kind, in the order of the schema: its dotted path and its type, which lives
// as long as the field.
struct ColumnOfKind {
  std::string path;
  const DataType* type;
};
std::optional<ColumnOfKind> FindKind(const Field& field, TypeKind kind);
std::optional<ColumnOfKind> FindKind(const Schema& schema, TypeKind kind);

}  // namespace lakehold::delta
