#include "delta/schema_json.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/limits.h"
#include "delta/action_json.h"

namespace lakehold::delta {

namespace {

namespace ondemand = simdjson::ondemand;

// Where in the document the parser stands: a chain on the stack, turned into text for errors only.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;  // A member's name, or empty for an array element.
  size_t index = 0;
  std::string_view column;  // With a field: its name, as far as it is known; with element, key,
                            // value: that word.
};

std::string JsonPath(const Place& place) {
  if (!place.parent) return "$";
  const std::string above = JsonPath(*place.parent);
  return place.key.empty() ? fmt::format("{}[{}]", above, place.index)
                           : fmt::format("{}.{}", above, place.key);
}

std::string ColumnPath(const Place* place) {
  if (!place) return "";
  const std::string above = ColumnPath(place->parent);
  if (place->column.empty()) return above;
  return above.empty() ? std::string(place->column) : above + "." + std::string(place->column);
}

Error Bad(const Place& place, std::string_view what) {
  return Corrupt("delta.bad_schema",
                 fmt::format("the table's schema is wrong at {}: {}", JsonPath(place), what));
}

Error Bad(const Place& place, simdjson::error_code code) {
  return Bad(place, simdjson::error_message(code));
}

// Names of types without parameters; "null" is what old writers called void.
constexpr std::pair<std::string_view, TypeKind> kPrimitives[] = {
    {"string", TypeKind::kString},       {"long", TypeKind::kLong},
    {"integer", TypeKind::kInteger},     {"double", TypeKind::kDouble},
    {"timestamp", TypeKind::kTimestamp}, {"date", TypeKind::kDate},
    {"boolean", TypeKind::kBoolean},     {"float", TypeKind::kFloat},
    {"short", TypeKind::kShort},         {"byte", TypeKind::kByte},
    {"binary", TypeKind::kBinary},       {"timestamp_ntz", TypeKind::kTimestampNtz},
    {"variant", TypeKind::kVariant},     {"void", TypeKind::kVoid},
    {"null", TypeKind::kVoid},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<int> ParseSmallNumber(std::string_view text) {
  text = Trim(text);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<DataType> ParseTypeName(std::string_view name, const Place& place) {
  for (const auto& [known, kind] : kPrimitives) {
    if (name == known) return DataType{.kind = kind};
  }
  if (name == "decimal") return DataType{.kind = TypeKind::kDecimal, .precision = 10, .scale = 0};
  const size_t open = name.find('(');
  if (open != std::string_view::npos && name.back() == ')') {
    const std::string_view word = Trim(name.substr(0, open));
    const std::string_view inside = name.substr(open + 1, name.size() - open - 2);
    if ((word == "char" || word == "varchar") && ParseSmallNumber(inside)) {
      return DataType{.kind = TypeKind::kString};
    }
    if (word == "decimal") {
      const size_t comma = inside.find(',');
      const auto precision = ParseSmallNumber(inside.substr(0, comma));
      const auto scale =
          comma == std::string_view::npos ? 0 : ParseSmallNumber(inside.substr(comma + 1));
      if (!precision || !scale || *precision < 1 || *precision > 38 || *scale < 0 ||
          *scale > *precision) {
        return Bad(
            place,
            fmt::format("impossible type \"{}\" (precision 1 to 38, scale 0 to precision)", name));
      }
      return DataType{.kind = TypeKind::kDecimal,
                      .precision = static_cast<uint8_t>(*precision),
                      .scale = static_cast<uint8_t>(*scale)};
    }
  }
  return DataType{.kind = TypeKind::kUnknown, .unknown = std::string(name)};
}

class SchemaParser {
 public:
  Result<Schema> Parse(std::string_view json) {
    const Place root;
    if (json.empty()) return Bad(root, "there is no schema (schemaString is absent or empty)");
    const simdjson::padded_string padded(json);
    ondemand::document document;
    if (const auto code = parser_.iterate(padded).get(document); code) return Bad(root, code);
    ondemand::object object;
    if (const auto code = document.get_object().get(object); code)
      return Bad(root, "not a JSON object");
    LAKEHOLD_ASSIGN(DataType type, ParseNested(object, root, 0));
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return Bad(root, "text follows the schema");
    if (type.kind != TypeKind::kStruct) return Bad(root, "the top type is not a struct");
    return Schema{.fields = std::move(type.fields)};
  }

 private:
  Result<DataType> ParseType(ondemand::value& value, const Place& place, int depth) {
    if (depth > limits::kTypeDepth) {
      return Bad(place,
                 fmt::format("types are nested more than {} levels deep", limits::kTypeDepth));
    }
    ondemand::json_type json_type{};
    if (const auto code = value.type().get(json_type); code) return Bad(place, code);
    if (json_type == ondemand::json_type::string) {
      std::string_view name;
      if (const auto code = value.get_string().get(name); code) return Bad(place, code);
      return ParseTypeName(name, place);
    }
    ondemand::object object;
    if (value.get_object().get(object))
      return Bad(place, "a type is neither a string nor an object");
    return ParseNested(object, place, depth);
  }

  // Members may come in any order, so all are gathered first and judged by "type" at the end.
  Result<DataType> ParseNested(ondemand::object& object, const Place& place, int depth) {
    Gathered seen;
    for (auto member : object) {
      ondemand::field field;
      std::string_view key;
      if (const auto code = std::move(member).get(field); code) return Bad(place, code);
      if (const auto code = field.unescaped_key().get(key); code) return Bad(place, code);
      const std::string name(key);
      LAKEHOLD_TRY(ParseNestedMember(name, field.value(), Place{&place, name, 0, ""}, depth, seen));
    }
    return Assemble(std::move(seen), place);
  }

  struct Gathered {
    std::optional<std::string> type;
    std::optional<std::vector<Field>> fields;
    std::optional<DataType> element, key, value;
    bool contains_null = true, value_contains_null = true;
  };

  Status ParseNestedMember(const std::string& name, ondemand::value& value, Place place, int depth,
                           Gathered& seen) {
    if (name == "type") {
      std::string_view text;
      if (value.get_string().get(text)) return Bad(place, "not a string");
      seen.type = text;
    } else if (name == "fields") {
      LAKEHOLD_ASSIGN(seen.fields, ParseFields(value, place, depth));
    } else if (name == "elementType") {
      place.column = "element";
      LAKEHOLD_ASSIGN(seen.element, ParseType(value, place, depth + 1));
    } else if (name == "keyType") {
      place.column = "key";
      LAKEHOLD_ASSIGN(seen.key, ParseType(value, place, depth + 1));
    } else if (name == "valueType") {
      place.column = "value";
      LAKEHOLD_ASSIGN(seen.value, ParseType(value, place, depth + 1));
    } else if (name == "containsNull") {
      if (value.get_bool().get(seen.contains_null)) return Bad(place, "not a boolean");
    } else if (name == "valueContainsNull") {
      if (value.get_bool().get(seen.value_contains_null)) return Bad(place, "not a boolean");
    }
    return {};
  }

  static Result<DataType> Assemble(Gathered seen, const Place& place) {
    if (!seen.type) return Bad(place, "a type without \"type\"");
    DataType type;
    if (*seen.type == "struct") {
      if (!seen.fields) return Bad(place, "a struct without \"fields\"");
      type.kind = TypeKind::kStruct;
      type.fields = std::move(*seen.fields);
    } else if (*seen.type == "array") {
      if (!seen.element) return Bad(place, "an array without \"elementType\"");
      type.kind = TypeKind::kArray;
      type.fields.push_back(Child("element", std::move(*seen.element), seen.contains_null));
    } else if (*seen.type == "map") {
      if (!seen.key || !seen.value) return Bad(place, "a map without \"keyType\" or \"valueType\"");
      type.kind = TypeKind::kMap;
      type.fields.push_back(Child("key", std::move(*seen.key), false));
      type.fields.push_back(Child("value", std::move(*seen.value), seen.value_contains_null));
    } else {
      return ParseTypeName(*seen.type, place);
    }
    return type;
  }

  static Field Child(std::string_view name, DataType type, bool nullable) {
    Field field;
    field.name = name;
    field.type = std::move(type);
    field.nullable = nullable;
    return field;
  }

  Result<std::vector<Field>> ParseFields(ondemand::value& value, const Place& place, int depth) {
    ondemand::array array;
    if (value.get_array().get(array)) return Bad(place, "not an array");
    std::vector<Field> fields;
    for (auto element : array) {
      const Place here{&place, "", fields.size(), ""};
      if (fields.size() >= limits::kColumns) {
        return Bad(here, fmt::format("more than {} columns", limits::kColumns));
      }
      ondemand::object object;
      if (element.get_object().get(object)) return Bad(here, "a field is not an object");
      LAKEHOLD_ASSIGN(Field field, ParseField(object, here, depth));
      fields.push_back(std::move(field));
    }
    return fields;
  }

  Result<Field> ParseField(ondemand::object& object, Place place, int depth) {
    Field result;
    bool has_name = false;
    bool has_type = false;
    for (auto member : object) {
      ondemand::field field;
      std::string_view view;
      if (const auto code = std::move(member).get(field); code) return Bad(place, code);
      if (const auto code = field.unescaped_key().get(view); code) return Bad(place, code);
      const std::string key(view);
      const Place here{&place, key, 0, ""};
      if (key == "name") {
        std::string_view name;
        if (field.value().get_string().get(name)) return Bad(here, "not a string");
        result.name = name;
        place.column = result.name;
        has_name = true;
      } else if (key == "type") {
        LAKEHOLD_ASSIGN(result.type, ParseType(field.value(), here, depth + 1));
        has_type = true;
      } else if (key == "nullable") {
        if (field.value().get_bool().get(result.nullable)) return Bad(here, "not a boolean");
      } else if (key == "metadata") {
        LAKEHOLD_TRY(ParseMetadata(field.value(), here, result));
      }
    }
    if (!has_name) return Bad(place, "a field without \"name\"");
    if (!has_type) return Bad(place, "a field without \"type\"");
    return result;
  }

  Status ParseMetadata(ondemand::value& value, const Place& place, Field& result) {
    ondemand::json_type json_type{};
    if (const auto code = value.type().get(json_type); code) return Bad(place, code);
    if (json_type == ondemand::json_type::null) return {};
    ondemand::object object;
    if (value.get_object().get(object)) return Bad(place, "not an object");
    for (auto member : object) {
      ondemand::field field;
      std::string_view key, json;
      if (const auto code = std::move(member).get(field); code) return Bad(place, code);
      if (const auto code = field.unescaped_key().get(key); code) return Bad(place, code);
      if (const auto code = simdjson::to_json_string(field.value()).get(json); code)
        return Bad(place, code);
      // A schema lives inside one line of the log: line feeds between tokens must not come back
      // out.
      std::string raw(json);
      std::erase_if(raw, [](char c) { return c == '\n' || c == '\r'; });
      if (key == "delta.columnMapping.physicalName" && raw.find('\\') != std::string::npos) {
        LAKEHOLD_ASSIGN(result.unescaped_physical_name, Unescape(raw, place));
      }
      result.metadata.emplace_back(key, std::move(raw));
    }
    return {};
  }

  static Result<std::string> Unescape(const std::string& json, const Place& place) {
    simdjson::dom::parser parser;
    std::string_view text;
    if (const auto code = parser.parse(json).get_string().get(text); code) return Bad(place, code);
    return std::string(text);
  }

  ondemand::parser parser_;
};

void AppendTypeJson(const DataType& type, std::string& out);

void AppendFieldJson(const Field& field, std::string& out) {
  out += "{\"name\":";
  AppendJsonString(field.name, out);
  out += ",\"type\":";
  AppendTypeJson(field.type, out);
  out +=
      field.nullable ? ",\"nullable\":true,\"metadata\":{" : ",\"nullable\":false,\"metadata\":{";
  for (size_t i = 0; i < field.metadata.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(field.metadata[i].first, out);
    out += ':';
    out += field.metadata[i].second;
  }
  out += "}}";
}

void AppendStructJson(const std::vector<Field>& fields, std::string& out) {
  out += "{\"type\":\"struct\",\"fields\":[";
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    AppendFieldJson(fields[i], out);
  }
  out += "]}";
}

void AppendTypeJson(const DataType& type, std::string& out) {
  switch (type.kind) {
    case TypeKind::kStruct:
      AppendStructJson(type.fields, out);
      return;
    case TypeKind::kArray:
      out += "{\"type\":\"array\",\"elementType\":";
      AppendTypeJson(type.fields[0].type, out);
      out += type.fields[0].nullable ? ",\"containsNull\":true}" : ",\"containsNull\":false}";
      return;
    case TypeKind::kMap:
      out += "{\"type\":\"map\",\"keyType\":";
      AppendTypeJson(type.fields[0].type, out);
      out += ",\"valueType\":";
      AppendTypeJson(type.fields[1].type, out);
      out += type.fields[1].nullable ? ",\"valueContainsNull\":true}"
                                     : ",\"valueContainsNull\":false}";
      return;
    default:
      AppendJsonString(FormatType(type), out);
  }
}

}  // namespace

Result<Schema> ParseSchema(std::string_view json) { return SchemaParser().Parse(json); }

std::string FormatSchema(const Schema& schema) {
  std::string out;
  AppendStructJson(schema.fields, out);
  return out;
}

}  // namespace lakehold::delta
