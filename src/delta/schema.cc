#include "delta/schema.h"

#include <charconv>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "base/limits.h"
#include "delta/utf8.h"

namespace lakehold::delta {

namespace {

std::string_view PrimitiveName(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kByte:
      return "byte";
    case TypeKind::kShort:
      return "short";
    case TypeKind::kInteger:
      return "integer";
    case TypeKind::kLong:
      return "long";
    case TypeKind::kFloat:
      return "float";
    case TypeKind::kDouble:
      return "double";
    case TypeKind::kDecimal:
      return "decimal";
    case TypeKind::kString:
      return "string";
    case TypeKind::kBinary:
      return "binary";
    case TypeKind::kDate:
      return "date";
    case TypeKind::kTimestamp:
      return "timestamp";
    case TypeKind::kTimestampNtz:
      return "timestamp_ntz";
    case TypeKind::kStruct:
      return "struct";
    case TypeKind::kArray:
      return "array";
    case TypeKind::kMap:
      return "map";
    case TypeKind::kVariant:
      return "variant";
    case TypeKind::kVoid:
      return "void";
    case TypeKind::kUnknown:
      return "unknown";
  }
  return "void";
}

void AppendType(const DataType& type, std::string& out);

void AppendFields(const std::vector<Field>& fields, std::string& out) {
  out += "struct<";
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    out += fields[i].name;
    out += ':';
    AppendType(fields[i].type, out);
  }
  out += '>';
}

void AppendType(const DataType& type, std::string& out) {
  switch (type.kind) {
    case TypeKind::kDecimal:
      out += fmt::format("decimal({},{})", type.precision, type.scale);
      return;
    case TypeKind::kStruct:
      AppendFields(type.fields, out);
      return;
    case TypeKind::kArray:
    case TypeKind::kMap:
      out += PrimitiveName(type.kind);
      out += '<';
      for (size_t i = 0; i < type.fields.size(); ++i) {
        if (i > 0) out += ',';
        AppendType(type.fields[i].type, out);
      }
      out += '>';
      return;
    case TypeKind::kUnknown:
      out += type.unknown;
      return;
    default:
      out += PrimitiveName(type.kind);
  }
}

// A JSON string without escapes, as names in metadata practically are; ParseSchema decodes the
// others.
std::optional<std::string_view> PlainJsonString(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return std::nullopt;
  const std::string_view text = json.substr(1, json.size() - 2);
  if (text.find('\\') != std::string_view::npos) return std::nullopt;
  return text;
}

// Collects what is wrong with a new schema, by column.
class NewSchemaCheck {
 public:
  void Fields(const std::vector<Field>& fields, const std::string& prefix, int depth) {
    std::unordered_map<std::string, std::string_view> seen;
    for (const Field& field : fields) {
      ++columns_;
      const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
      if (field.name.empty()) {
        Complain(fmt::format("column {} has an empty name",
                             prefix.empty() ? "at the top" : "in " + prefix));
      } else if (!IsUtf8(field.name)) {
        Complain(fmt::format("column number {} has a name that is not UTF-8", columns_));
      } else if (const auto [other, fresh] = seen.emplace(AsciiLower(field.name), field.name);
                 !fresh) {
        Complain(fmt::format("column \"{}\" is there twice (as \"{}\"; case does not count)", path,
                             other->second));
      }
      Type(field.type, path, depth);
    }
  }
  void Type(const DataType& type, const std::string& path, int depth) {
    if (depth >= limits::kTypeDepth) {
      Complain(fmt::format("column \"{}\" is nested more than {} levels deep", path,
                           limits::kTypeDepth));
      return;
    }
    if (type.kind == TypeKind::kDecimal &&
        (type.precision < 1 || type.precision > 38 || type.scale > type.precision)) {
      Complain(fmt::format("column \"{}\" has the impossible type {}", path, FormatType(type)));
    }
    if (type.kind == TypeKind::kUnknown) {
      Complain(fmt::format("column \"{}\" has the unknown type {}", path, FormatType(type)));
    }
    if (type.kind == TypeKind::kVoid && depth > 0) {
      Complain(fmt::format("column \"{}\" has no type (void inside a nested column)", path));
    }
    if (type.kind == TypeKind::kStruct) return Fields(type.fields, path, depth + 1);
    for (const Field& child : type.fields) Type(child.type, path + "." + child.name, depth + 1);
  }
  Status Finish() const {
    if (columns_ > limits::kColumns) {
      return Invalid("delta.bad_new_schema",
                     fmt::format("the table would have {} columns; at most {} are allowed",
                                 columns_, limits::kColumns),
                     "split the table");
    }
    if (complaints_.empty()) return {};
    return Invalid("delta.bad_new_schema", complaints_, "rename or cast these columns");
  }

 private:
  void Complain(const std::string& what) {
    complaints_ += complaints_.empty() ? what : "; " + what;
  }

  size_t columns_ = 0;
  std::string complaints_;
};

}  // namespace

bool DataType::operator==(const DataType& other) const {
  return kind == other.kind && precision == other.precision && scale == other.scale &&
         fields == other.fields && unknown == other.unknown;
}

std::optional<std::string_view> Field::FindMetadata(std::string_view key) const {
  for (const auto& [name_of_key, json] : metadata) {
    if (name_of_key == key) return json;
  }
  return std::nullopt;
}

std::string_view Field::physical_name() const {
  const auto json = FindMetadata("delta.columnMapping.physicalName");
  if (!json) return name;
  if (!unescaped_physical_name.empty()) return unescaped_physical_name;
  return PlainJsonString(*json).value_or(name);
}

std::optional<int32_t> Field::column_id() const {
  const auto json = FindMetadata("delta.columnMapping.id");
  if (!json) return std::nullopt;
  int32_t id = 0;
  const auto [end, error] = std::from_chars(json->data(), json->data() + json->size(), id);
  if (error != std::errc() || end != json->data() + json->size()) return std::nullopt;
  return id;
}

std::optional<size_t> Schema::FindField(std::string_view name) const {
  std::optional<size_t> found;
  bool ambiguous = false;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
    if (!SameIgnoringCase(fields[i].name, name)) continue;
    ambiguous = found.has_value();
    found = i;
  }
  return ambiguous ? std::nullopt : found;
}

std::string FormatType(const DataType& type) {
  std::string out;
  AppendType(type, out);
  return out;
}

std::string FormatSchemaText(const Schema& schema) {
  std::string out;
  AppendFields(schema.fields, out);
  return out;
}

Status CheckNewSchema(const Schema& schema) {
  NewSchemaCheck check;
  check.Fields(schema.fields, "", 0);
  return check.Finish();
}

namespace {

Status CheckFieldNames(const std::vector<Field>& fields, const std::string& above) {
  std::unordered_set<std::string> names;
  for (const Field& field : fields) {
    if (!names.insert(AsciiLower(field.name)).second) {
      return Corrupt("delta.bad_schema",
                     fmt::format("the table's schema is wrong: the column \"{}{}\" is there twice",
                                 above, field.name),
                     "only the writer of this table can repair it");
    }
    if (!field.type.fields.empty())
      LAKEHOLD_TRY(CheckFieldNames(field.type.fields, above + field.name + "."));
  }
  return {};
}

}  // namespace

Status CheckFieldNames(const Schema& schema) { return CheckFieldNames(schema.fields, ""); }

bool ContainsKind(const DataType& type, TypeKind kind) {
  if (type.kind == kind) return true;
  for (const Field& field : type.fields) {
    if (ContainsKind(field.type, kind)) return true;
  }
  return false;
}

bool ContainsKind(const Schema& schema, TypeKind kind) {
  for (const Field& field : schema.fields) {
    if (ContainsKind(field.type, kind)) return true;
  }
  return false;
}

std::optional<ColumnOfKind> FindKind(const Field& field, TypeKind kind) {
  if (field.type.kind == kind) return ColumnOfKind{field.name, &field.type};
  for (const Field& child : field.type.fields) {
    auto found = FindKind(child, kind);
    if (!found) continue;
    found->path = field.name + "." + found->path;
    return found;
  }
  return std::nullopt;
}

std::optional<ColumnOfKind> FindKind(const Schema& schema, TypeKind kind) {
  for (const Field& field : schema.fields) {
    if (auto found = FindKind(field, kind)) return found;
  }
  return std::nullopt;
}

}  // namespace lakehold::delta
