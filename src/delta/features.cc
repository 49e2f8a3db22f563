#include "delta/features.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "delta/protocol_upgrade.h"
#include "delta/table_property.h"

namespace lakehold::delta {

namespace {

using enum FeatureSupport;

constexpr int32_t kNewestReader = 3;
constexpr int32_t kNewestWriter = 7;

// The property, field metadata key or type that makes a feature active; empty if it is active as
// soon as it is named.
enum class Trigger : uint8_t {
  kNamed,
  kNothing,
  kBoolean,
  kPropertyPrefix,
  kField,
  kVariantColumn,
  kNotNone,
  kPositive
};

struct Entry {
  Feature feature;
  Trigger trigger = Trigger::kNamed;
  std::string_view key;
};

// The whole truth about features. Aliases have a line of their own. Order: as docs/features.md
// shows them.
constexpr Entry kEntries[] = {
    {{"appendOnly", false, kFull}, Trigger::kNothing, ""},
    {{"invariants", false, kInert}, Trigger::kField, "delta.invariants"},
    {{"checkConstraints", false, kInert}, Trigger::kPropertyPrefix, "delta.constraints."},
    {{"changeDataFeed", false, kFull}, Trigger::kNothing, ""},
    {{"generatedColumns", false, kInert}, Trigger::kField, "delta.generationExpression"},
    {{"columnMapping", true, kReadOnly}, Trigger::kNotNone, "delta.columnMapping.mode"},
    {{"identityColumns", false, kInert}, Trigger::kField, "delta.identity."},
    {{"deletionVectors", true, kFull}, Trigger::kNothing, ""},
    {{"timestampNtz", true, kFull}, Trigger::kNothing, ""},
    {{"timestampWithoutTimezone", true, kFull}, Trigger::kNothing, ""},
    {{"typeWidening", true, kReadOnly}, Trigger::kBoolean, "delta.enableTypeWidening"},
    {{"typeWidening-preview", true, kReadOnly}, Trigger::kBoolean, "delta.enableTypeWidening"},
    {{"v2Checkpoint", true, kFull}, Trigger::kNothing, ""},
    {{"variantType", true, kReadOnly}, Trigger::kVariantColumn, ""},
    {{"variantType-preview", true, kReadOnly}, Trigger::kVariantColumn, ""},
    {{"variantShredding", true, kReadOnly}, Trigger::kBoolean, "delta.enableVariantShredding"},
    {{"variantShredding-preview", true, kReadOnly},
     Trigger::kBoolean,
     "delta.enableVariantShredding"},
    {{"vacuumProtocolCheck", true, kFull}, Trigger::kNothing, ""},
    {{"catalogManaged", true, kNone}, Trigger::kNamed, ""},
    {{"catalogOwned", true, kNone}, Trigger::kNamed, ""},
    {{"catalogOwned-preview", true, kNone}, Trigger::kNamed, ""},
    {{"domainMetadata", false, kFull}, Trigger::kNothing, ""},
    {{"rowTracking", false, kNone}, Trigger::kNamed, ""},
    {{"clustering", false, kNone}, Trigger::kNamed, ""},
    {{"liquid", false, kNone}, Trigger::kNamed, ""},
    {{"inCommitTimestamp", false, kFull}, Trigger::kNothing, ""},
    {{"inCommitTimestamp-preview", false, kNone}, Trigger::kNamed, ""},
    {{"allowColumnDefaults", false, kInert}, Trigger::kField, "CURRENT_DEFAULT"},
    {{"icebergCompatV1", false, kInert}, Trigger::kBoolean, "delta.enableIcebergCompatV1"},
    {{"icebergCompatV2", false, kInert}, Trigger::kBoolean, "delta.enableIcebergCompatV2"},
    {{"icebergCompatV3", false, kInert}, Trigger::kBoolean, "delta.enableIcebergCompatV3"},
    {{"icebergWriterCompatV1", false, kInert},
     Trigger::kBoolean,
     "delta.enableIcebergWriterCompatV1"},
    {{"icebergWriterCompatV3", false, kInert},
     Trigger::kBoolean,
     "delta.enableIcebergWriterCompatV3"},
    {{"checkpointProtection", false, kInert},
     Trigger::kPositive,
     "delta.requireCheckpointProtectionBeforeVersion"},
    {{"materializePartitionColumns", false, kNone}, Trigger::kNamed, ""},
    {{"collations", false, kNone}, Trigger::kNamed, ""},
    {{"collations-preview", false, kNone}, Trigger::kNamed, ""},
    {{"columnMappingUsageTracking", false, kNone}, Trigger::kNamed, ""},
    {{"timestampNanos", true, kNone}, Trigger::kNamed, ""},
    {{"adaptiveMetadata", true, kNone}, Trigger::kNamed, ""},
    {{"adaptiveMetadata-preview", true, kNone}, Trigger::kNamed, ""},
    {{"geospatial", true, kNone}, Trigger::kNamed, ""},
    {{"redirectReaderWriter-preview", true, kNone}, Trigger::kNamed, ""},
    {{"redirectWriterOnly-preview", false, kNone}, Trigger::kNamed, ""},
    {{"coordinatedCommits-preview", false, kNone}, Trigger::kNamed, ""},
    {{"managedCommit-preview", false, kNone}, Trigger::kNamed, ""},
};

const Entry* FindEntry(std::string_view name) {
  const auto* found = std::find_if(std::begin(kEntries), std::end(kEntries),
                                   [&](const Entry& entry) { return entry.feature.name == name; });
  return found == std::end(kEntries) ? nullptr : found;
}

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// The first column, by its path, with a metadata key that is `key` or, if that ends in a dot,
// begins with it.
std::optional<std::string> FindMetadataKey(const std::vector<Field>& fields, std::string_view key,
                                           const std::string& prefix) {
  for (const Field& field : fields) {
    const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
    for (const auto& [name, json] : field.metadata) {
      if (json == "null") continue;
      if (name == key || (key.ends_with('.') && name.starts_with(key))) return path;
    }
    if (auto found = FindMetadataKey(field.type.fields, key, path)) return found;
  }
  return std::nullopt;
}

std::string_view PropertyOf(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.configuration.find(std::string(key));
  return found == metadata.configuration.end() ? std::string_view()
                                               : std::string_view(found->second);
}

// Why the feature is active in this table, or nothing. kNamed is judged by the protocol alone.
std::optional<std::string> WhyActive(const Entry& entry, const Metadata& metadata,
                                     const Schema& schema) {
  const std::string_view value = PropertyOf(metadata, entry.key);
  switch (entry.trigger) {
    case Trigger::kNamed:
    case Trigger::kNothing:
      return std::nullopt;
    case Trigger::kBoolean:
      if (!IsPropertyTrue(metadata.configuration, std::string(entry.key))) return std::nullopt;
      break;
    case Trigger::kNotNone:
      if (value.empty() || value == "none") return std::nullopt;
      break;
    case Trigger::kPositive:
      if (value.empty() || value == "0") return std::nullopt;
      break;
    case Trigger::kPropertyPrefix: {
      const auto first = metadata.configuration.lower_bound(std::string(entry.key));
      if (first == metadata.configuration.end() || !first->first.starts_with(entry.key))
        return std::nullopt;
      return fmt::format("{} is set", first->first);
    }
    case Trigger::kVariantColumn: {
      const auto column = FindKind(schema, TypeKind::kVariant);
      if (!column) return std::nullopt;
      return fmt::format("column \"{}\"", column->path);
    }
    case Trigger::kField: {
      const auto column = FindMetadataKey(schema.fields, entry.key, "");
      if (!column) return std::nullopt;
      return fmt::format("column \"{}\"", *column);
    }
  }
  return fmt::format("{} = {}", entry.key, value);
}

bool HasNames(const std::optional<std::vector<std::string>>& names) {
  return names && !names->empty();
}

Status CheckProtocolShape(const Protocol& protocol) {
  const auto bad = [](std::string message) {
    return Corrupt("delta.bad_protocol", std::move(message));
  };
  const int32_t reader = protocol.min_reader_version;
  const int32_t writer = protocol.min_writer_version;
  if (reader < 1 || writer < 1)
    return bad(fmt::format("the protocol versions ({},{}) do not exist", reader, writer));
  if (reader == kNewestReader && writer < kNewestWriter) {
    return bad(fmt::format("reader version 3 needs writer version 7, the table has {}", writer));
  }
  if (reader == kNewestReader && !protocol.reader_features)
    return bad("reader version 3 without readerFeatures");
  if (writer == kNewestWriter && !protocol.writer_features)
    return bad("writer version 7 without writerFeatures");
  if (reader < kNewestReader && HasNames(protocol.reader_features)) {
    return bad(fmt::format("readerFeatures at reader version {}: only version 3 has them", reader));
  }
  if (writer < kNewestWriter && HasNames(protocol.writer_features)) {
    return bad(fmt::format("writerFeatures at writer version {}: only version 7 has them", writer));
  }
  return {};
}

// A struct without fields has no form in a Parquet file, and none in SQL.
Status CheckType(const Field& field, const std::string& path) {
  const bool empty = field.type.kind == TypeKind::kStruct && field.type.fields.empty();
  if (empty || field.type.kind == TypeKind::kUnknown) {
    return Unsupported("delta.unknown_type",
                       fmt::format("column \"{}\" has the type \"{}\", which this build {}", path,
                                   FormatType(field.type), empty ? "cannot read" : "does not know"),
                       "select the other columns, or use a newer build");
  }
  for (const Field& child : field.type.fields)
    LAKEHOLD_TRY(CheckType(child, path + "." + child.name));
  return {};
}

bool IsCatalogFeature(std::string_view name) {
  return name == "catalogManaged" || name == "catalogOwned" || name == "catalogOwned-preview";
}

// Readers' features must stand in both lists, else old writers would break what new readers expect.
Status CheckBothLists(const Protocol& protocol) {
  if (!protocol.reader_features || !protocol.writer_features) return {};
  for (const std::string& name : *protocol.reader_features) {
    const auto& writers = *protocol.writer_features;
    if (std::find(writers.begin(), writers.end(), name) != writers.end()) continue;
    return Corrupt(
        "delta.bad_protocol",
        fmt::format("the feature {} is in readerFeatures but not in writerFeatures", name));
  }
  for (const std::string& name : *protocol.writer_features) {
    const Entry* entry = FindEntry(name);
    const auto& readers = *protocol.reader_features;
    if (!entry || !entry->feature.reader ||
        std::find(readers.begin(), readers.end(), name) != readers.end())
      continue;
    return Corrupt(
        "delta.bad_protocol",
        fmt::format("the feature {} is in writerFeatures but not in readerFeatures", name));
  }
  return {};
}

}  // namespace

std::vector<Feature> KnownFeatures() {
  std::vector<Feature> features;
  for (const Entry& entry : kEntries) features.push_back(entry.feature);
  return features;
}

bool IsCatalogManaged(const Protocol& protocol) {
  if (!protocol.reader_features) return false;
  const auto& names = *protocol.reader_features;
  return std::any_of(names.begin(), names.end(), IsCatalogFeature);
}

Status CheckReadable(const Protocol& protocol, bool ratified) {
  if (protocol.min_reader_version > kNewestReader) {
    return Unsupported("delta.unsupported_reader_feature",
                       fmt::format("the table needs reader version {}; this build reads up to {}",
                                   protocol.min_reader_version, kNewestReader),
                       "use a newer build");
  }
  LAKEHOLD_TRY(CheckProtocolShape(protocol));
  if (protocol.min_reader_version < kNewestReader) return {};
  std::vector<std::string> refused;
  for (const std::string& name : *protocol.reader_features) {
    if (ratified && IsCatalogFeature(name)) continue;
    const Entry* entry = FindEntry(name);
    if (!entry || (entry->feature.reader && entry->feature.support == kNone))
      refused.push_back(name);
  }
  if (!refused.empty() && std::all_of(refused.begin(), refused.end(), IsCatalogFeature)) {
    return Unsupported("delta.unsupported_reader_feature",
                       fmt::format("the table is managed by a catalog ({}): its folder alone does "
                                   "not say which commits count",
                                   Join(refused)),
                       "open it with the commits its catalog ratified; schema, history and file "
                       "list can be shown as the folder has them");
  }
  if (!refused.empty()) {
    return Unsupported(
        "delta.unsupported_reader_feature",
        fmt::format("the table needs features this build cannot read: {}", Join(refused)),
        "schema, history and file list can still be shown; for the rows use a newer build");
  }
  return CheckBothLists(protocol);
}

Status CheckReadable(const Field& column) { return CheckType(column, column.name); }

Status CheckColumnsReadable(const Schema& schema) {
  for (const Field& field : schema.fields) LAKEHOLD_TRY(CheckReadable(field));
  return {};
}

Status CheckWritable(const Protocol& protocol, const Metadata& metadata, const Schema& schema) {
  if (protocol.min_writer_version > kNewestWriter) {
    return Unsupported("delta.unsupported_writer_feature",
                       fmt::format("the table needs writer version {}; this build writes up to {}",
                                   protocol.min_writer_version, kNewestWriter),
                       "use a newer build");
  }
  LAKEHOLD_TRY(CheckReadable(protocol));
  LAKEHOLD_TRY(CheckColumnsReadable(schema));
  std::vector<std::string> refused;
  for (const std::string& name : ImpliedWriterFeatures(protocol)) {
    const Entry* entry = FindEntry(name);
    if (!entry || entry->feature.support == kNone) refused.push_back(name);
  }
  // What the metadata asks for counts even if the protocol forgot to name it: breaking a promise is
  // worse than refusing.
  for (const Entry& entry : kEntries) {
    if (entry.feature.support == kFull || entry.feature.name.ends_with("-preview")) continue;
    if (auto why = WhyActive(entry, metadata, schema))
      refused.push_back(fmt::format("{} ({})", entry.feature.name, *why));
  }
  if (!refused.empty()) {
    return Unsupported(
        "delta.unsupported_writer_feature",
        fmt::format("the table uses features this build cannot write: {}", Join(refused)),
        "read it, or write it with the tool that made it");
  }
  return {};
}

Result<Protocol> ProtocolFor(const Schema& schema,
                             const std::map<std::string, std::string>& properties) {
  LAKEHOLD_TRY(CheckTableProperties(properties));
  if (ContainsKind(schema, TypeKind::kVariant)) {
    return Unsupported("delta.unsupported_writer_feature",
                       "this build cannot write columns of type variant",
                       "store the values as a string of JSON");
  }
  Protocol protocol{.min_reader_version = 1,
                    .min_writer_version = 2,
                    .reader_features = {},
                    .writer_features = {}};
  const auto need = [&protocol](const std::string& feature) {
    const bool reader = FindEntry(feature)->feature.reader;
    Protocol needed{.min_reader_version = reader ? kNewestReader : 1,
                    .min_writer_version = kNewestWriter,
                    .reader_features = {},
                    .writer_features = std::vector<std::string>{feature}};
    if (reader) needed.reader_features = std::vector<std::string>{feature};
    protocol = UpgradeProtocol(protocol, needed);
  };
  if (ContainsKind(schema, TypeKind::kTimestampNtz)) need("timestampNtz");
  if (IsPropertyTrue(properties, "delta.enableDeletionVectors")) need("deletionVectors");
  if (const auto policy = properties.find("delta.checkpointPolicy");
      policy != properties.end() && AsciiLower(policy->second) == "v2")
    need("v2Checkpoint");
  if (IsPropertyTrue(properties, "delta.enableInCommitTimestamps")) need("inCommitTimestamp");
  return protocol;
}

bool Supports(const Protocol& protocol, std::string_view feature) {
  const std::vector<std::string> names = ImpliedWriterFeatures(protocol);
  return std::find(names.begin(), names.end(), feature) != names.end();
}

}  // namespace lakehold::delta
