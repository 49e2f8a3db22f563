#include "delta/readable.h"

#include <gtest/gtest.h>

#include "delta/features.h"
#include "delta/history.h"
#include "delta/log_bench.h"

namespace lakehold::delta {
namespace {

using Names = std::vector<std::string>;

Metadata WithFields(std::string fields, std::map<std::string, std::string> configuration) {
  Metadata metadata = MakeMetadata(std::move(configuration));
  metadata.schema_string = R"({"type":"struct","fields":[)" + std::move(fields) + "]}";
  metadata.partition_columns = {};
  return metadata;
}

std::string Mapped(std::string_view name, std::string_view metadata) {
  return fmt::format(R"({{"name":"{}","type":"long","nullable":true,"metadata":{{{}}}}})", name,
                     metadata);
}

std::string ReasonOf(const Protocol& protocol, const Metadata& metadata) {
  LogBench bench;
  bench.Commit(0, {protocol, metadata});
  auto snapshot = bench.Load();
  if (!snapshot.ok()) return "not even opened: " + snapshot.error().message;
  const Status readable = CheckReadable(**snapshot);
  return readable.ok() ? "readable" : std::string(readable.error().reason);
}

TEST(Readable, EveryFeatureThatStopsTheRowsLeavesTheRestOpen) {
  int tried = 0;
  for (const Feature& feature : KnownFeatures()) {
    if (!feature.reader || feature.support != FeatureSupport::kNone) continue;
    ++tried;
    const Names names = {std::string(feature.name)};
    LogBench bench;
    bench.Create();
    bench.Commit(1, {MakeAdd("f1", 100, "1")});
    bench.Commit(2, {MakeTxn("app", 1), Protocol{3, 7, names, names}});
    auto snapshot = bench.Load();
    ASSERT_TRUE(snapshot.ok()) << feature.name;
    EXPECT_EQ((*snapshot)->files().live_files(), 1) << feature.name;
    const auto history = ReadHistory(bench.root, 10, bench.context);
    ASSERT_TRUE(history.ok()) << feature.name;
    EXPECT_EQ(history->size(), 3U) << feature.name;
    const Status readable = CheckReadableInLog(**snapshot);
    ASSERT_FALSE(readable.ok()) << feature.name;
    EXPECT_EQ(readable.error().reason, "delta.unsupported_reader_feature");
    EXPECT_NE(readable.error().message.find(feature.name), std::string::npos);
    EXPECT_NE(readable.error().message.find("00000000000000000002.json, line 2"), std::string::npos)
        << readable.error().message;
  }
  EXPECT_GT(tried, 5);
}

TEST(Readable, AMappedColumnNeedsAnIdentityOfItsOwn) {
  const Protocol mapping{2, 5, std::nullopt, std::nullopt};
  const auto with = [&](std::string_view mode, const std::string& fields) {
    return ReasonOf(mapping, WithFields(fields, {{"delta.columnMapping.mode", std::string(mode)}}));
  };
  const auto column = [](std::string_view name, int id, std::string_view physical) {
    return Mapped(name, fmt::format(R"("delta.columnMapping.id":{},)"
                                    R"("delta.columnMapping.physicalName":"{}")",
                                    id, physical));
  };
  EXPECT_EQ(with("id", column("a", 1, "x") + "," + column("b", 2, "y")), "readable");
  EXPECT_EQ(with("name", column("a", 1, "x") + "," + column("b", 2, "y")), "readable");
  EXPECT_EQ(with("id", column("a", 1, "x") + "," + column("b", 1, "y")),
            "delta.bad_column_mapping");
  EXPECT_EQ(with("name", column("a", 1, "x") + "," + column("b", 2, "x")),
            "delta.bad_column_mapping");
  EXPECT_EQ(with("name", Mapped("a", "")), "delta.bad_column_mapping");
  EXPECT_EQ(with("id", Mapped("a", R"("delta.columnMapping.physicalName":"x")")),
            "delta.bad_column_mapping");
  EXPECT_EQ(with("other", column("a", 1, "x")), "delta.bad_column_mapping");
  EXPECT_EQ(with("none", column("a", 1, "x")), "delta.bad_column_mapping");
  EXPECT_EQ(with("none", column("a", 1, "a")), "readable");
  EXPECT_EQ(
      ReasonOf(Protocol{}, WithFields(column("a", 1, "a"), {{"delta.columnMapping.mode", "name"}})),
      "delta.bad_protocol");
}

TEST(Readable, OnlyTypeChangesTheProtocolKnowsAreRead) {
  const auto change = [](std::string_view from, std::string_view to) {
    return ReasonOf(Protocol{},
                    WithFields(Mapped("a", fmt::format(R"("delta.typeChanges":[{{"fromType":"{}",)"
                                                       R"("toType":"{}"}}])",
                                                       from, to)),
                               {}));
  };
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"byte", "short"},
                                                        {"short", "long"},
                                                        {"float", "double"},
                                                        {"integer", "double"},
                                                        {"date", "timestamp_ntz"},
                                                        {"decimal(5,2)", "decimal(10,4)"},
                                                        {"byte", "decimal(4,1)"},
                                                        {"short", "decimal(6,1)"},
                                                        {"integer", "decimal(12,2)"},
                                                        {"long", "decimal(20,0)"}}) {
    EXPECT_EQ(change(from, to), "readable") << from << " to " << to;
  }
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"long", "integer"},
                                                        {"long", "double"},
                                                        {"string", "long"},
                                                        {"date", "timestamp"},
                                                        {"decimal(5,2)", "decimal(6,4)"},
                                                        {"short", "decimal(5,1)"},
                                                        {"integer", "decimal(10,2)"},
                                                        {"long", "decimal(19,0)"},
                                                        {"geometry", "string"}}) {
    EXPECT_EQ(change(from, to), "delta.unsupported_type_change") << from << " to " << to;
  }
}

}  // namespace
}  // namespace lakehold::delta
