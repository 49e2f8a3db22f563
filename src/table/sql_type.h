// SqlType: the engine's type text, taken apart as far as matching input to columns needs. Plain
// values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lakehold::table {

enum class SqlFamily : uint8_t {
  kNull,
  kBoolean,
  kSigned,
  kUnsigned,
  kFloat,
  kDecimal,
  kText,
  kBinary,
  kDate,
  kTimestamp,
  kTimestampTz,
  kStruct,
  kList,
  kMap,
  kOther,
};

struct SqlType {
  SqlFamily family = SqlFamily::kOther;
  std::string text;   // As the engine writes it.
  int bits = 0;       // kSigned, kUnsigned, kFloat.
  int precision = 0;  // kDecimal.
  int scale = 0;
  int fraction_digits = 6;         // kTimestamp: 0, 3, 6 or 9.
  bool is_enumeration = false;     // kText: ENUM, UUID, JSON are stored as text.
  std::vector<std::string> names;  // kStruct: field names.
  std::vector<SqlType> children;   // kStruct: fields; kList: element; kMap: key, value.
};

// Never fails: what is not recognised is kOther.
SqlType ParseSqlType(std::string_view text);
// Whether it is NULL, or has NULL somewhere within: values without a type.
bool HasUntypedPart(const SqlType& type);

}  // namespace lakehold::table
