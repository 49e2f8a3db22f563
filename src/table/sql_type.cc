#include "table/sql_type.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

namespace lakehold::table {
namespace {

struct Plain {
  SqlFamily family;
  int bits = 0;
  int fraction_digits = 6;
  bool enumeration = false;
};

const std::map<std::string_view, Plain>& PlainTypes() {
  static const std::map<std::string_view, Plain> kTypes = {
      {"NULL", {SqlFamily::kNull}},
      {"\"NULL\"", {SqlFamily::kNull}},
      {"BOOLEAN", {SqlFamily::kBoolean}},
      {"TINYINT", {SqlFamily::kSigned, 8}},
      {"SMALLINT", {SqlFamily::kSigned, 16}},
      {"INTEGER", {SqlFamily::kSigned, 32}},
      {"BIGINT", {SqlFamily::kSigned, 64}},
      {"HUGEINT", {SqlFamily::kSigned, 128}},
      {"UTINYINT", {SqlFamily::kUnsigned, 8}},
      {"USMALLINT", {SqlFamily::kUnsigned, 16}},
      {"UINTEGER", {SqlFamily::kUnsigned, 32}},
      {"UBIGINT", {SqlFamily::kUnsigned, 64}},
      {"UHUGEINT", {SqlFamily::kUnsigned, 128}},
      {"FLOAT", {SqlFamily::kFloat, 32}},
      {"DOUBLE", {SqlFamily::kFloat, 64}},
      {"VARCHAR", {SqlFamily::kText}},
      {"UUID", {SqlFamily::kText, 0, 6, true}},
      {"JSON", {SqlFamily::kText, 0, 6, true}},
      {"BLOB", {SqlFamily::kBinary}},
      {"DATE", {SqlFamily::kDate}},
      {"TIMESTAMP", {SqlFamily::kTimestamp}},
      {"TIMESTAMP_S", {SqlFamily::kTimestamp, 0, 0}},
      {"TIMESTAMP_MS", {SqlFamily::kTimestamp, 0, 3}},
      {"TIMESTAMP_NS", {SqlFamily::kTimestamp, 0, 9}},
      {"TIMESTAMP WITH TIME ZONE", {SqlFamily::kTimestampTz}}};
  return kTypes;
}

// Splits "a, b(c, d), \"e,f\" INTEGER" at the commas outside brackets and quotes.
std::vector<std::string_view> SplitArguments(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  char quote = 0;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes a possibly quoted name off the front of "name TYPE".
std::string TakeName(std::string_view& text) {
  text = Trim(text);
  std::string name;
  if (!text.empty() && text.front() == '"') {
    size_t i = 1;
    for (; i < text.size(); ++i) {
      if (text[i] == '"') {
        if (i + 1 >= text.size() || text[i + 1] != '"') break;
        ++i;
      }
      name += text[i];
    }
    text.remove_prefix(std::min(i + 1, text.size()));
  } else {
    const size_t end = text.find(' ');
    name = std::string(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  text = Trim(text);
  return name;
}

int ToInt(std::string_view text) {
  int value = 0;
  text = Trim(text);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

SqlType ParseArguments(SqlType type, std::string_view name, std::string_view arguments) {
  const auto parts = SplitArguments(arguments);
  if (name == "DECIMAL" && parts.size() == 2) {
    type.family = SqlFamily::kDecimal;
    type.precision = ToInt(parts[0]);
    type.scale = ToInt(parts[1]);
  } else if (name == "ENUM") {
    type.family = SqlFamily::kText;
    type.is_enumeration = true;
  } else if (name == "STRUCT") {
    type.family = SqlFamily::kStruct;
    for (auto part : parts) {
      type.names.push_back(TakeName(part));
      type.children.push_back(ParseSqlType(part));
    }
  } else if (name == "MAP" && parts.size() == 2) {
    type.family = SqlFamily::kMap;
    for (const auto part : parts) type.children.push_back(ParseSqlType(part));
  }
  return type;
}

}  // namespace

SqlType ParseSqlType(std::string_view text) {
  text = Trim(text);
  SqlType type;
  type.text = std::string(text);
  if (!text.empty() && text.back() == ']') {
    type.family = SqlFamily::kList;
    type.children.push_back(ParseSqlType(text.substr(0, text.rfind('['))));
    return type;
  }
  if (const auto plain = PlainTypes().find(text); plain != PlainTypes().end()) {
    type.family = plain->second.family;
    type.bits = plain->second.bits;
    type.fraction_digits = plain->second.fraction_digits;
    type.is_enumeration = plain->second.enumeration;
    return type;
  }
  const size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return type;
  return ParseArguments(std::move(type), text.substr(0, open),
                        text.substr(open + 1, text.size() - open - 2));
}

bool HasUntypedPart(const SqlType& type) {
  return type.family == SqlFamily::kNull ||
         std::any_of(type.children.begin(), type.children.end(), HasUntypedPart);
}

}  // namespace lakehold::table
