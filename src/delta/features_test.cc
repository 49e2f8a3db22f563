#include "delta/features.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "delta/schema_json.h"
#include "delta/table_property.h"

namespace lakehold::delta {
namespace {

using Names = std::vector<std::string>;

Protocol Modern(Names readers, Names writers) {
  for (const std::string& name : readers) writers.push_back(name);
  return Protocol{readers.empty() ? 1 : 3, 7, readers.empty() ? std::optional<Names>() : readers,
                  writers};
}

Schema SchemaOf(std::string_view fields) {
  auto schema = ParseSchema("{\"type\":\"struct\",\"fields\":[" + std::string(fields) + "]}");
  EXPECT_TRUE(schema.ok()) << schema.error().message;
  return schema.ok() ? std::move(*schema) : Schema{};
}

void ExpectRefused(const Status& status, std::string_view reason, std::string_view name) {
  ASSERT_FALSE(status.ok()) << name;
  EXPECT_EQ(status.error().reason, reason);
  EXPECT_NE(status.error().message.find(name), std::string::npos) << status.error().message;
}

constexpr std::string_view kReader = "delta.unsupported_reader_feature";
constexpr std::string_view kWriter = "delta.unsupported_writer_feature";

TEST(Features, EveryNameStandsOnce) {
  std::set<std::string_view> names;
  for (const Feature& feature : KnownFeatures())
    EXPECT_TRUE(names.insert(feature.name).second) << feature.name;
}

TEST(Features, TheDocumentSaysWhatTheTableSays) {
  std::ifstream file(std::string(LAKEHOLD_SOURCE_DIR) + "/docs/features.md");
  ASSERT_TRUE(file) << "docs/features.md is missing";
  std::vector<std::string> documented, expected;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    size_t end = 0;
    for (int bar = 0; bar < 4; ++bar) end = line.find('|', end) + 1;
    documented.push_back(line.substr(0, end));
  }
  for (const Feature& feature : KnownFeatures()) {
    const bool none = feature.support == FeatureSupport::kNone;
    const std::string read = !feature.reader ? "nothing to do" : none ? "no" : "yes";
    const std::string write = none                                       ? "no"
                              : feature.support == FeatureSupport::kFull ? "yes"
                                                                         : "while inactive";
    expected.push_back("| `" + std::string(feature.name) + "` | " + read + " | " + write + " |");
  }
  EXPECT_EQ(documented, expected);
}

TEST(Features, OldAndKnownProtocolsAreReadable) {
  EXPECT_TRUE(CheckReadable({1, 2, {}, {}}).ok());
  EXPECT_TRUE(CheckReadable({2, 6, {}, {}}).ok());
  EXPECT_TRUE(CheckReadable({1, 7, {}, Names{"rowTracking", "neverHeardOf"}})
                  .ok());  // Writers' names do not stop readers.
  EXPECT_TRUE(CheckReadable(Modern({"deletionVectors", "timestampNtz", "columnMapping",
                                    "v2Checkpoint", "typeWidening-preview", "vacuumProtocolCheck"},
                                   {}))
                  .ok());
}

TEST(Features, UnknownReaderFeaturesAreAllNamed) {
  const Status status =
      CheckReadable(Modern({"deletionVectors", "geospatial-dev", "catalogManaged"}, {}));
  ExpectRefused(status, kReader, "geospatial-dev");
  ExpectRefused(status, kReader, "catalogManaged");
  ExpectRefused(CheckReadable({5, 7, Names{}, Names{}}), kReader, "version 5");
}

TEST(Features, IllegalProtocolsAreCorrupt) {
  for (const Protocol& protocol :
       {Protocol{3, 6, Names{}, {}}, Protocol{3, 7, {}, Names{}}, Protocol{1, 7, {}, {}},
        Protocol{0, 2, {}, {}}, Protocol{1, 2, Names{"deletionVectors"}, {}},
        Protocol{1, 2, {}, Names{"appendOnly"}}, Protocol{3, 7, Names{"timestampNtz"}, Names{}}}) {
    ExpectRefused(CheckReadable(protocol), "delta.bad_protocol", "");
  }
}

TEST(Features, InactiveFeaturesDoNotStopAWriter) {
  const Schema schema =
      SchemaOf(R"({"name":"a","type":"long","nullable":false,"metadata":{"comment":"x"}})");
  EXPECT_TRUE(CheckWritable({2, 6, {}, {}}, {}, schema).ok());
  EXPECT_TRUE(CheckWritable(Modern({"columnMapping", "v2Checkpoint", "typeWidening"},
                                   {"checkConstraints", "identityColumns", "icebergCompatV2",
                                    "allowColumnDefaults", "domainMetadata", "inCommitTimestamp",
                                    "changeDataFeed"}),
                            {}, schema)
                  .ok());
  const Metadata metadata{.configuration = {{"delta.appendOnly", "true"},
                                            {"delta.enableDeletionVectors", "true"},
                                            {"delta.enableInCommitTimestamps", "true"},
                                            {"mine", "x"},
                                            {"delta.enableChangeDataFeed", "true"},
                                            {"delta.enableTypeWidening", "false"},
                                            {"delta.columnMapping.mode", "none"},
                                            {"delta.checkpointPolicy", "v2"}}};
  EXPECT_TRUE(CheckWritable(Modern({"deletionVectors"},
                                   {"appendOnly", "inCommitTimestamp", "changeDataFeed"}),
                            metadata, schema)
                  .ok());
}

TEST(Features, ActivePropertiesStopAWriterByName) {
  const std::pair<std::string, std::string> cases[] = {
      {"delta.constraints.positive", "checkConstraints"},
      {"delta.columnMapping.mode", "columnMapping"},
      {"delta.enableTypeWidening", "typeWidening"},
      {"delta.enableIcebergCompatV1", "icebergCompatV1"},
      {"delta.requireCheckpointProtectionBeforeVersion", "checkpointProtection"}};
  for (const auto& [key, feature] : cases) {
    const std::string value = key == "delta.columnMapping.mode" ? "name" : "true";
    ExpectRefused(CheckWritable({2, 6, {}, {}}, Metadata{.configuration = {{key, value}}}, {}),
                  kWriter, feature);
  }
}

TEST(Features, ActiveFieldMetadataStopsAWriterWhereverItIs) {
  const std::pair<std::string, std::string> cases[] = {
      {"delta.invariants", "invariants"},
      {"delta.generationExpression", "generatedColumns"},
      {"delta.identity.start", "identityColumns"},
      {"CURRENT_DEFAULT", "allowColumnDefaults"}};
  for (const auto& [key, feature] : cases) {
    const Schema schema = SchemaOf(
        R"({"name":"s","type":{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{")" +
        key + R"(":"x"}}]},"nullable":true,"metadata":{}})");
    const Status status = CheckWritable({1, 2, {}, {}}, {}, schema);
    ExpectRefused(status, kWriter, feature);
    ExpectRefused(status, kWriter, "\"s.a\"");
  }
}

TEST(Features, SomeWriterFeaturesStopAWriterAsSoonAsTheyAreNamed) {
  for (const std::string name :
       {"rowTracking", "clustering", "liquid", "collations", "neverHeardOf"}) {
    ExpectRefused(CheckWritable(Modern({}, {name}), {}, {}), kWriter, name);
  }
  ExpectRefused(CheckWritable({1, 8, {}, {}}, {}, {}), kWriter, "version 8");
  ExpectRefused(CheckWritable(Modern({"catalogManaged"}, {}), {}, {}), kReader, "catalogManaged");
}

TEST(Features, NotNullBelowAListOrMapIsWritable) {
  const auto list =
      SchemaOf(R"({"name":"l","type":{"type":"array","elementType":"long","containsNull":false}})");
  EXPECT_TRUE(CheckWritable({1, 2, {}, {}}, {}, list).ok());
  const auto map =
      SchemaOf(R"({"name":"m","type":{"type":"map","keyType":"string","valueType":"long"}})");
  EXPECT_TRUE(CheckWritable({1, 2, {}, {}}, {}, map).ok());
}

TEST(Features, ANewTableGetsTheLeastProtocol) {
  EXPECT_EQ(*ProtocolFor({}, {}), (Protocol{1, 2, {}, {}}));
  EXPECT_EQ(*ProtocolFor({}, {{"delta.appendOnly", "true"}, {"mine", "x"}}),
            (Protocol{1, 2, {}, {}}));
  const auto ntz = ProtocolFor(SchemaOf(R"({"name":"a","type":"timestamp_ntz"})"), {});
  ASSERT_TRUE(ntz.ok());
  EXPECT_EQ(*ntz, (Protocol{3, 7, Names{"timestampNtz"},
                            Names{"appendOnly", "invariants", "timestampNtz"}}));
  const auto ict = ProtocolFor(
      {}, {{"delta.enableInCommitTimestamps", "true"}, {"delta.enableDeletionVectors", "false"}});
  ASSERT_TRUE(ict.ok());
  EXPECT_EQ(*ict, (Protocol{1, 7, {}, Names{"appendOnly", "invariants", "inCommitTimestamp"}}));
  const auto vectors = ProtocolFor({}, {{"delta.enableDeletionVectors", "TRUE"}});
  ASSERT_TRUE(vectors.ok());
  EXPECT_EQ(vectors->reader_features, Names{"deletionVectors"});
}

TEST(Features, LegacyNumbersImplyTheirFeatures) {
  EXPECT_TRUE(Supports({1, 2, {}, {}}, "appendOnly"));
  EXPECT_FALSE(Supports({1, 2, {}, {}}, "changeDataFeed"));
  EXPECT_TRUE(Supports({1, 4, {}, {}}, "changeDataFeed"));
  EXPECT_FALSE(Supports(Modern({}, {"inCommitTimestamp"}), "appendOnly"));
}

TEST(TableProperties, ValuesAreChecked) {
  const std::pair<std::string, std::string> good[] = {
      {"delta.checkpointInterval", "10"},       {"delta.logRetentionDuration", "interval 30 days"},
      {"delta.targetFileSize", "128mb"},        {"delta.dataSkippingNumIndexedCols", "-1"},
      {"delta.isolationLevel", "Serializable"}, {"delta.parquet.compression.codec", "ZSTD"},
      {"delta.enableRowTracking", "false"},     {"delta.columnMapping.mode", "none"}};
  for (const auto& [key, value] : good)
    EXPECT_TRUE(CheckTableProperties({{key, value}}).ok()) << key;
  const std::pair<std::string, std::string> bad[] = {
      {"delta.checkpointInterval", "0"},
      {"delta.checkpointInterval", "ten"},
      {"delta.appendOnly", "yes"},
      {"delta.logRetentionDuration", "interval 1 month"},
      {"delta.targetFileSize", "-5"},
      {"delta.logRetentionDuration", ""},
      {"delta.dataSkippingNumIndexedCols", "-2"}};
  for (const auto& [key, value] : bad)
    ExpectRefused(CheckTableProperties({{key, value}}), "delta.bad_property", key);
  const std::pair<std::string, std::string> unsupported[] = {
      {"delta.enableRowTracking", "true"},
      {"delta.columnMapping.mode", "name"},
      {"delta.checkpointPolicy", "v3"},
      {"delta.constraints.a", "a > 0"},
      {"delta.feature.deletionVectors", "supported"},
      {"delta.parquet.compression.codec", "lzo"},
      {"delta.enableChangeDataFeed", "true"}};
  for (const auto& [key, value] : unsupported) {
    ExpectRefused(CheckTableProperties({{key, value}}), "delta.unsupported_property", key);
  }
}

TEST(TableProperties, AnUnknownKeyNamesTheNearestOne) {
  const Status status = CheckTableProperties({{"delta.apendOnly", "true"}});
  ExpectRefused(status, "delta.unknown_property", "delta.apendOnly");
  EXPECT_NE(status.error().hint.find("delta.appendOnly"), std::string::npos);
  EXPECT_NE(
      CheckTableProperties({{"Delta.AppendOnly", "true"}}).error().hint.find("delta.appendOnly"),
      std::string::npos);
  EXPECT_FALSE(CheckTableProperties({{"delta.somethingElseEntirely", "1"}}).ok());
}

TEST(TableProperties, IntervalsAndSizesHaveOneMeaning) {
  EXPECT_EQ(ParseIntervalMs("interval 1 week"), 604'800'000);
  EXPECT_EQ(ParseIntervalMs("INTERVAL 2 days 3 hours"), 183'600'000);
  EXPECT_EQ(ParseIntervalMs("0 seconds"), 0);
  for (const char* text :
       {"", "interval", "1", "-1 days", "1 month", "99999999999999999 weeks", "interval 1 day x"}) {
    EXPECT_FALSE(ParseIntervalMs(text)) << text;
  }
  EXPECT_EQ(ParseByteSize("134217728"), 134217728);
  EXPECT_EQ(ParseByteSize("1 GB"), 1 << 30);
  EXPECT_EQ(ParseByteSize("2k"), 2048);
  for (const char* text : {"", "mb", "1x", "99999999999tb", "-1"})
    EXPECT_FALSE(ParseByteSize(text)) << text;
}

}  // namespace
}  // namespace lakehold::delta
