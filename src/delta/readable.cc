#include "delta/readable.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "delta/features.h"
#include "delta/log_place.h"
#include "delta/ratified_store.h"
#include "delta/schema_json.h"

namespace lakehold::delta {
namespace {

constexpr std::string_view kMode = "delta.columnMapping.mode";
constexpr std::string_view kRepair = "repair the table with the tool that wrote it";

Error BadMapping(std::string message) {
  return Corrupt("delta.bad_column_mapping", std::move(message), std::string(kRepair));
}

std::string PathOf(const std::string& above, const Field& field) {
  return above.empty() ? field.name : above + "." + field.name;
}

bool MapsColumns(const Protocol& protocol) {
  if (protocol.min_reader_version < 3) return protocol.min_reader_version == 2;
  const auto names = protocol.reader_features.value_or(std::vector<std::string>{});
  return std::find(names.begin(), names.end(), "columnMapping") != names.end();
}

// What every field needs so that its column in a file is never mistaken for another.
class MappingCheck {
 public:
  explicit MappingCheck(bool by_id) : by_id_(by_id) {}

  Status Fields(const std::vector<Field>& fields, const std::string& above) {
    std::map<std::string_view, std::string> physical;
    for (const Field& field : fields) {
      const std::string path = PathOf(above, field);
      if (!field.FindMetadata("delta.columnMapping.physicalName")) {
        return BadMapping(
            fmt::format("column \"{}\" has no delta.columnMapping.physicalName", path));
      }
      const auto [other, fresh] = physical.emplace(field.physical_name(), path);
      if (!fresh) {
        return BadMapping(fmt::format("columns \"{}\" and \"{}\" have one physical name, \"{}\"",
                                      other->second, path, field.physical_name()));
      }
      LAKEHOLD_TRY(Id(field, path));
      LAKEHOLD_TRY(Inside(field.type, path));
    }
    return {};
  }

 private:
  Status Inside(const DataType& type, const std::string& path) {
    if (type.kind == TypeKind::kStruct) return Fields(type.fields, path);
    for (const Field& part : type.fields) LAKEHOLD_TRY(Inside(part.type, PathOf(path, part)));
    return {};
  }

  Status Id(const Field& field, const std::string& path) {
    const auto id = field.column_id();
    if (!id) {
      if (!by_id_) return {};
      return BadMapping(fmt::format("column \"{}\" has no delta.columnMapping.id", path));
    }
    const auto [other, fresh] = ids_.emplace(*id, path);
    if (fresh) return {};
    return BadMapping(
        fmt::format("columns \"{}\" and \"{}\" have one id: id {}", other->second, path, *id));
  }

  bool by_id_;
  std::map<int32_t, std::string> ids_;
};

// Without mapping some readers take the physical names, some the names: one of them would be wrong.
Status CheckUnmapped(const std::vector<Field>& fields, const std::string& above) {
  for (const Field& field : fields) {
    const bool same = field.physical_name() == field.name;
    if (same && field.type.fields.empty()) continue;
    const std::string path = PathOf(above, field);
    if (!same) {
      return BadMapping(fmt::format("column \"{}\" has the physical name \"{}\", but {} is not set",
                                    path, field.physical_name(), kMode));
    }
    LAKEHOLD_TRY(CheckUnmapped(field.type.fields, path));
  }
  return {};
}

Status CheckMapping(const Snapshot& snapshot) {
  const auto& configuration = snapshot.metadata().configuration;
  const auto found = configuration.find(std::string(kMode));
  const std::string mode = found == configuration.end() ? "none" : found->second;
  const auto& fields = snapshot.schema().fields;
  if (mode == "none") return CheckUnmapped(fields, "");
  if (mode != "name" && mode != "id") {
    return BadMapping(fmt::format("{} is \"{}\", not none, name or id", kMode, mode));
  }
  if (!MapsColumns(snapshot.protocol())) {
    return Corrupt(
        "delta.bad_protocol",
        fmt::format("{} is \"{}\", but the protocol does not name columnMapping", kMode, mode),
        std::string(kRepair));
  }
  return MappingCheck(mode == "id").Fields(fields, "");
}

int RankOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte:
      return 1;
    case TypeKind::kShort:
      return 2;
    case TypeKind::kInteger:
      return 3;
    case TypeKind::kLong:
      return 4;
    default:
      return 0;
  }
}

// Decimal digits of whole numbers, by rank. Of byte and short the protocol's text wants 10, but
// writers widen them to as many as they need.
constexpr int kDigits[] = {0, 3, 5, 10, 20};

// What the protocol knows as widening.
bool CanWiden(const DataType& from, const DataType& to) {
  if (from == to) return true;
  const int rank = RankOf(from.kind);
  switch (to.kind) {
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
      return rank > 0 && rank < RankOf(to.kind);
    case TypeKind::kDouble:
      return from.kind == TypeKind::kFloat || (rank > 0 && rank < 4);
    case TypeKind::kTimestampNtz:
      return from.kind == TypeKind::kDate;
    case TypeKind::kDecimal:
      if (from.kind == TypeKind::kDecimal)
        return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
      return rank > 0 && to.precision - to.scale >= kDigits[rank];
    default:
      return false;
  }
}

std::optional<DataType> TypeNamed(std::string_view name) {
  auto schema = ParseSchema(
      fmt::format(R"({{"type":"struct","fields":[{{"name":"x","type":"{}"}}]}})", name));
  if (!schema.ok()) return std::nullopt;
  return schema->fields.front().type;
}

Status CheckTypeChanges(const Field& field, const std::string& path) {
  const auto json = field.FindMetadata("delta.typeChanges");
  if (!json) return {};
  const auto refuse = [&](std::string_view from, std::string_view to) {
    return Unsupported(
        "delta.unsupported_type_change",
        fmt::format("column \"{}\" was changed from {} to {}, which this build cannot read", path,
                    from, to),
        "use a newer build, or rewrite the table with the tool that changed it");
  };
  simdjson::dom::parser parser;
  simdjson::dom::array changes;
  if (parser.parse(*json).get_array().get(changes)) return refuse("something", *json);
  for (const auto change : changes) {
    std::string_view from, to;
    if (change["fromType"].get(from) || change["toType"].get(to))
      return refuse("something", simdjson::to_string(change));
    const auto before = TypeNamed(from), after = TypeNamed(to);
    if (!before || !after || !CanWiden(*before, *after)) return refuse(from, to);
  }
  return {};
}

Status CheckTypeChanges(const std::vector<Field>& fields, const std::string& above) {
  for (const Field& field : fields) {
    if (field.metadata.empty() && field.type.fields.empty()) continue;
    const std::string path = PathOf(above, field);
    LAKEHOLD_TRY(CheckTypeChanges(field, path));
    LAKEHOLD_TRY(CheckTypeChanges(field.type.fields, path));
  }
  return {};
}

Status CheckMetadata(const Snapshot& snapshot) {
  const std::string& format = snapshot.metadata().format_provider;
  if (!format.empty() && format != "parquet") {
    return Unsupported("delta.unsupported_format",
                       fmt::format("the data files are {}, not parquet", format),
                       "read them with the tool that wrote them");
  }
  LAKEHOLD_TRY(CheckMapping(snapshot));
  return CheckTypeChanges(snapshot.schema().fields, "");
}

}  // namespace

Status CheckReadable(const Snapshot& snapshot) {
  const auto& store = snapshot.root().store;
  const bool ratified = store && RatifiedNumber(*store) != 0;
  LAKEHOLD_TRY(CheckReadable(snapshot.protocol(), ratified));
  return CheckMetadata(snapshot);
}

Status CheckReadableInLog(const Snapshot& snapshot) {
  Status readable = CheckReadable(snapshot);
  if (readable.ok()) return readable;
  Error error = std::move(readable).error();
  const bool by_protocol =
      error.reason == "delta.unsupported_reader_feature" || error.reason == "delta.bad_protocol";
  return WithPlace(std::move(error), snapshot.root(), snapshot.version(),
                   by_protocol ? Said::kProtocol : Said::kMetadata);
}

}  // namespace lakehold::delta
