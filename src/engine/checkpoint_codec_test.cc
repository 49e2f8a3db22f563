#include "engine/checkpoint_codec.h"

#include <algorithm>
#include <random>
#include <variant>

#include "duckdb.hpp"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "base/thread_pool.h"
#include "delta/action_json.h"
#include "delta/snapshot.h"
#include "engine/duckdb_errors.h"
#include "engine/store_file_system.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"

namespace lakehold::engine {
namespace {

constexpr const char* kKey = "t/_delta_log/00000000000000000010.checkpoint.parquet";

class CheckpointCodecTest : public ::testing::Test {
 protected:
  CheckpointCodecTest() : store(storage::NewMemoryStore(sim.clock)), root{store, "t"}, db(nullptr) {
    db.GetFileSystem().RegisterSubSystem(MakeStoreFileSystem(stores));
    codec = MakeCheckpointCodec([this] { return duckdb::make_uniq<duckdb::Connection>(db); },
                                stores, pool);
  }

  Result<delta::WrittenCheckpoint> Write(const std::vector<delta::Action>& actions,
                                         bool stats = true) {
    size_t next = 0;
    return codec->Write(
        root, kKey,
        [&]() -> Result<std::optional<delta::Action>> {
          if (next == actions.size()) return std::optional<delta::Action>();
          return std::optional(actions[next++]);
        },
        delta::CheckpointShape{.stats_as_json = stats});
  }
  std::vector<delta::Action> Read(const delta::CheckpointColumns& columns = {true, true, true,
                                                                             true}) {
    std::vector<delta::Action> actions;
    const Status read = codec->Read(root, kKey, columns,
                                    {[&](delta::Action&& action) -> Status {
                                       actions.push_back(std::move(action));
                                       return {};
                                     },
                                     [&](delta::Sidecar&& sidecar) -> Status {
                                       sidecars.push_back(std::move(sidecar));
                                       return {};
                                     }});
    EXPECT_TRUE(read.ok()) << read.error().ToString();
    return actions;
  }
  // A checkpoint as another writer might make it.
  void MakeFile(const std::string& select, const std::string& options = "") {
    duckdb::Connection connection(db);
    const std::string handle = stores.Register(store);
    auto result =
        connection.Query("COPY (" + select + ") TO '" + StoreRegistry::PathOf(handle, kKey) +
                         "' (FORMAT parquet, USE_TMP_FILE false" + options + ")");
    ASSERT_FALSE(result->HasError()) << result->GetError();
  }

  // Adds as batches tell them, with their statistics read again; the other actions as they come.
  std::vector<delta::Action> ReadInBatches(int* batches = nullptr) {
    std::vector<delta::Action> actions;
    std::vector<delta::StatsPlace> places;
    std::vector<size_t> position;  // Of the places' adds.
    const auto take = [&](delta::FileRows&& rows) -> Status {
      if (batches != nullptr) ++*batches;
      EXPECT_TRUE(rows.stats_in_source);
      for (const delta::FileRow& row : rows.rows) {
        places.push_back({row.stats_at, row.stats_size});
        position.push_back(actions.size());
        actions.emplace_back(AddOf(rows, row));
      }
      return {};
    };
    const Status read = codec->ReadBatches(root, kKey, {true, false, true, true},
                                           {[&](delta::Action&& action) -> Status {
                                              actions.push_back(std::move(action));
                                              return {};
                                            },
                                            [](delta::Sidecar&&) { return Status(); }},
                                           take);
    EXPECT_TRUE(read.ok()) << read.error().ToString();
    const Status stats =
        codec->ReadStats(root, kKey, places, [&](size_t index, std::string_view text) {
          std::get<delta::AddFile>(actions[position[index]]).stats = text;
        });
    EXPECT_TRUE(stats.ok()) << stats.error().ToString();
    return actions;
  }

  static delta::AddFile AddOf(const delta::FileRows& rows, const delta::FileRow& row) {
    const auto id = [](int64_t value) {
      return value == delta::FileRow::kAbsent ? std::nullopt : std::optional(value);
    };
    delta::AddFile add;
    add.path = rows.PathOf(row);
    add.partition_values = rows.partitions[row.partition];
    add.size_bytes = row.size_bytes;
    add.modified_ms = row.modified_ms;
    add.base_row_id = id(row.base_row_id);
    add.default_row_commit_version = id(row.default_commit_version);
    if (row.vector != delta::FileRow::kNone) add.deletion_vector = rows.vectors[row.vector];
    if (row.rare != delta::FileRow::kNone) {
      add.tags = rows.rares[row.rare].tags;
      add.clustering_provider = rows.rares[row.rare].clustering_provider;
    }
    return add;
  }

  SimRuntime sim;
  ThreadPool pool{3};
  std::shared_ptr<storage::MemoryStore> store;
  delta::TableRoot root;
  StoreRegistry stores;
  duckdb::DuckDB db;
  std::shared_ptr<delta::BatchCheckpointCodec> codec;
  std::vector<delta::Sidecar> sidecars;
};

class ActionMaker {
 public:
  explicit ActionMaker(uint32_t seed) : random_(seed) {}

  delta::Action Next() {
    switch (Below(8)) {
      case 0:
        return Remove();
      case 1:
        return delta::SetTransaction{Text(), Number(), Maybe(Number())};
      case 2:
        return delta::DomainMetadata{Text(), Text(), Coin()};
      default:
        return Add();
    }
  }
  delta::Metadata Metadata() {
    delta::Metadata metadata{"id",
                             Maybe(Text()),
                             Maybe(Text()),
                             "parquet",
                             {{"o", Text()}},
                             Text(),
                             {"a", "b"},
                             {{"delta.x", Text()}, {"k", ""}},
                             Maybe(Number())};
    return metadata;
  }

 private:
  uint32_t Below(uint32_t bound) { return random_() % bound; }
  bool Coin() { return Below(2) == 0; }
  int64_t Number() { return static_cast<int64_t>(random_()) * 7919; }
  std::string Text() {
    static const std::vector<std::string> kTexts = {"", "x", "a'b\"c\\", "ünï \xF0\x9F\x98\x80",
                                                    std::string(300, 'z')};
    return kTexts[Below(5)] + std::to_string(random_());
  }
  template <typename T>
  std::optional<T> Maybe(T value) {
    return Coin() ? std::optional(std::move(value)) : std::nullopt;
  }
  std::optional<delta::DeletionVectorDescriptor> Vector() {
    return Maybe(delta::DeletionVectorDescriptor{"u", Text(), Maybe(int32_t{1}), 40, Number()});
  }
  delta::PartitionValues Values() {
    delta::PartitionValues values;
    for (uint32_t i = Below(3); i > 0; i--)
      values.emplace_back("p" + std::to_string(i), Maybe(Text()));
    return values;
  }
  delta::AddFile Add() {
    return {Text(),
            Values(),
            Number(),
            Number(),
            Coin(),
            Maybe(Text()),
            Maybe(std::string(R"({"t":"1","n":null})")),
            Vector(),
            Maybe(Number()),
            Maybe(Number()),
            Maybe(Text())};
  }
  delta::RemoveFile Remove() {
    delta::RemoveFile remove;
    remove.path = Text();
    remove.deletion_timestamp_ms = Maybe(Number());
    remove.data_change = Coin();
    remove.extended_file_metadata = Coin();
    if (remove.extended_file_metadata) remove.partition_values = Values();
    remove.size_bytes = Maybe(Number());
    remove.deletion_vector = Vector();
    remove.base_row_id = Maybe(Number());
    remove.default_row_commit_version = Maybe(Number());
    return remove;
  }

  std::mt19937 random_;
};

// Reading tells the actions a vector of rows at a time, kind by kind.
void ExpectSameActions(std::vector<delta::Action> expected, std::vector<delta::Action> found) {
  ASSERT_EQ(expected.size(), found.size());
  for (const delta::Action& action : expected) {
    const auto same = std::ranges::find(found, action);
    ASSERT_NE(same, found.end()) << "an action of kind " << action.index()
                                 << " was lost or changed";
    found.erase(same);
  }
}

TEST_F(CheckpointCodecTest, ActionsComeBackAsTheyWere) {
  for (uint32_t seed = 1; seed <= 3; seed++) {
    ActionMaker make(seed);
    std::vector<delta::Action> actions = {delta::Protocol{1, 2, {}, {}}, make.Metadata()};
    for (int i = 0; i < 3000; i++) actions.push_back(make.Next());
    const auto written = Write(actions);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
    EXPECT_EQ(written->actions, 3002);
    EXPECT_EQ(written->size_bytes, store->Head(kKey)->size_bytes);
    ExpectSameActions(actions, Read());
    ASSERT_TRUE(store->Delete(kKey).ok());
  }
}

TEST_F(CheckpointCodecTest, FeatureListsAreKept) {
  const std::vector<delta::Action> actions = {
      delta::Protocol{3, 7, std::vector<std::string>{"timestampNtz"},
                      std::vector<std::string>{"timestampNtz", "x"}},
      delta::Protocol{1, 7, {}, std::vector<std::string>{}}};
  ASSERT_TRUE(Write(actions).ok());
  ExpectSameActions(actions, Read());
}

TEST_F(CheckpointCodecTest, CommitInfoAndChangesStayOut) {
  const auto written =
      Write({delta::CommitInfo{}, delta::AddChangeFile{}, delta::SetTransaction{"a", 1, {}}});
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->actions, 1);
}

TEST_F(CheckpointCodecTest, OnlyWantedColumnsAreTold) {
  delta::AddFile add;
  add.path = "a";
  add.stats = "{}";
  delta::RemoveFile remove;
  remove.path = "r";
  ASSERT_TRUE(Write({add, remove, delta::SetTransaction{"a", 1, {}}}).ok());
  EXPECT_EQ(Read({true, false, false, true}), std::vector<delta::Action>{add});
  EXPECT_EQ(Read({false, false, true, false}).size(), 1u);
  add.stats.reset();
  EXPECT_EQ(Read({true, false, false, false}), std::vector<delta::Action>{add});
  ASSERT_TRUE(store->Delete(kKey).ok());
  add.stats = "{}";
  ASSERT_TRUE(Write({add}, /*stats=*/false).ok());
  EXPECT_EQ(std::get<delta::AddFile>(Read().at(0)).stats, std::nullopt);
}

TEST_F(CheckpointCodecTest, NothingIsOverwritten) {
  ASSERT_TRUE(Write({delta::SetTransaction{"first", 1, {}}}).ok());
  const auto again = Write({delta::SetTransaction{"second", 1, {}}});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(std::get<delta::SetTransaction>(Read().at(0)).app_id, "first");
}

TEST_F(CheckpointCodecTest, WhatIsWrittenSurvivesAPowerCut) {
  ASSERT_TRUE(Write({delta::SetTransaction{"a", 1, {}}}).ok());
  store->LoseUnsettled();
  EXPECT_EQ(Read().size(), 1u);
}

TEST_F(CheckpointCodecTest, StatisticsAreWrittenAsAStructWhereTheTableAsksForIt) {
  delta::Metadata metadata;
  metadata.id = "m";
  metadata.schema_string =
      R"j({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},)j"
      R"j({"name":"s","type":{"type":"struct","fields":[{"name":"d","type":"date","nullable":true,"metadata":{}},)j"
      R"j({"name":"t","type":"string","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}},)j"
      R"j({"name":"price","type":"decimal(9,2)","nullable":true,"metadata":{}},)j"
      R"j({"name":"p","type":"integer","nullable":true,"metadata":{}}]})j";
  metadata.partition_columns = {"p"};
  const std::vector<delta::Action> state = {delta::Protocol{}, metadata};
  const auto snapshot = delta::Snapshot::FromActions(root, state);
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().ToString();
  delta::AddFile add;
  add.path = "a";
  add.partition_values = {{"p", "7"}};
  add.tags = R"({"lakehold.noNaN":"true"})";
  add.stats =
      R"({"numRecords":3,"minValues":{"id":-5,"s":{"d":"2026-01-02","t":"x"},"price":1.25},)"
      R"("maxValues":{"id":9,"s":{"d":"2026-01-03","t":"y"},"price":2.50},"nullCount":{"id":1,"s":{"d":0,"t":2},"price":0}})";
  delta::AddFile bare;
  bare.path = "b";
  bare.partition_values = {{"p", std::nullopt}};
  std::vector<delta::Action> files = {add, bare};
  size_t next = 0;
  delta::CheckpointShape shape{.stats_as_json = false, .is_sidecar = true};
  shape.stats_as_struct = snapshot->get();
  const auto written = codec->Write(
      root, kKey,
      [&]() -> Result<std::optional<delta::Action>> {
        if (next == files.size()) return std::optional<delta::Action>();
        return std::optional(files[next++]);
      },
      shape);
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  const auto actions = Read();
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(std::get<delta::AddFile>(actions[0]).stats,
            R"({"numRecords":3,"minValues":{"id":-5,"s":{"d":"2026-01-02","t":"x"},"price":1.25},)"
            R"("maxValues":{"id":9,"s":{"d":"2026-01-03","t":"y"},"price":2.50},)"
            R"("nullCount":{"id":1,"s":{"d":0,"t":2},"price":0},"tightBounds":true})");
  EXPECT_FALSE(std::get<delta::AddFile>(actions[1]).stats.has_value());
  EXPECT_EQ(std::get<delta::AddFile>(actions[0]).partition_values, add.partition_values);
}

TEST_F(CheckpointCodecTest, AManifestNamesItsSidecarsAndASidecarHoldsFilesOnly) {
  delta::CheckpointShape shape;
  shape.v2_version = 10;
  shape.sidecars = {{"a.parquet", 11, 22}, {"b.parquet", 33, 44}};
  bool told = false;
  const delta::ActionSource one = [&]() -> Result<std::optional<delta::Action>> {
    if (std::exchange(told, true)) return std::optional<delta::Action>();
    return std::optional<delta::Action>(delta::SetTransaction{"app", 5, {}});
  };
  ASSERT_TRUE(codec->Write(root, kKey, one, shape).ok());
  std::vector<std::string> sidecars;
  std::vector<delta::Action> actions;
  const Status read =
      codec->Read(root, kKey, {true, true, true, true},
                  {[&](delta::Action&& action) -> Status {
                     actions.push_back(std::move(action));
                     return {};
                   },
                   [&](delta::Sidecar&& sidecar) -> Status {
                     sidecars.push_back(fmt::format("{} {} {}", sidecar.path, sidecar.size_bytes,
                                                    sidecar.modified_ms));
                     return {};
                   }});
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(sidecars, (std::vector<std::string>{"a.parquet 11 22", "b.parquet 33 44"}));
  EXPECT_EQ(actions, (std::vector<delta::Action>{delta::SetTransaction{"app", 5, {}}}));
  told = false;
  const auto sidecar = codec->Write(root, "t/_delta_log/_sidecars/x.parquet", one,
                                    delta::CheckpointShape{.is_sidecar = true});
  ASSERT_TRUE(sidecar.ok()) << sidecar.error().ToString();
  EXPECT_EQ(sidecar->actions, 0) << "a txn is no file";
}

TEST_F(CheckpointCodecTest, AFailingSourceWritesNothing) {
  const auto written = codec->Write(
      root, kKey,
      []() -> Result<std::optional<delta::Action>> { return Corrupt("test.bad", "no"); }, {});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().reason, "test.bad");
  EXPECT_FALSE(store->Head(kKey).ok());
}

TEST_F(CheckpointCodecTest, AFileThatIsNoParquetIsCorrupt) {
  auto sink = store->OpenSink("t/_delta_log");
  ASSERT_TRUE((*sink)->Write(AsBytes("PAR1 this is not a checkpoint at all PAR1")).ok());
  auto staged = (*sink)->Finish();
  ASSERT_TRUE(store->Publish(**staged, kKey).ok());
  const Status read =
      codec->Read(root, kKey, {}, {[](delta::Action&&) -> Status { return {}; }, {}});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().reason, "delta.bad_checkpoint");
  // The instance is none the worse for it.
  ASSERT_TRUE(store->Delete(kKey).ok());
  ASSERT_TRUE(Write({delta::SetTransaction{"a", 1, {}}}).ok());
}

TEST_F(CheckpointCodecTest, AnAbsentFileIsNotFound) {
  const Status read =
      codec->Read(root, kKey, {}, {[](delta::Action&&) -> Status { return {}; }, {}});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kNotFound);
}

TEST_F(CheckpointCodecTest, AnErrorOfTheVisitorStopsTheRead) {
  ASSERT_TRUE(Write({delta::SetTransaction{"a", 1, {}}}).ok());
  const Status read = codec->Read(
      root, kKey, {}, {[](delta::Action&&) -> Status { return Invalid("test.stop", "stop"); }, {}});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().reason, "test.stop");
}

TEST_F(CheckpointCodecTest, OtherWritersMaySayNothingInOtherWays) {
  // A struct of NULLs instead of a NULL struct, for the vector and for whole actions; missing and
  // foreign columns.
  MakeFile(
      R"(SELECT {'path': 'a', 'size': 7, 'deletionVector': {'storageType': NULL::VARCHAR, 'offset': NULL::INTEGER},
                      'partitionValues': MAP {'p': NULL::VARCHAR}, 'strange': 1} AS "add",
                     {'path': NULL::VARCHAR} AS "remove", {'minReaderVersion': NULL::INTEGER} AS protocol, 5 AS foreign)");
  const auto actions = Read();
  ASSERT_EQ(actions.size(), 1u);
  const auto& add = std::get<delta::AddFile>(actions[0]);
  EXPECT_EQ(add.path, "a");
  EXPECT_EQ(add.size_bytes, 7);
  EXPECT_EQ(add.deletion_vector, std::nullopt);
  EXPECT_EQ(add.partition_values, (delta::PartitionValues{{"p", std::nullopt}}));
}

TEST_F(CheckpointCodecTest, StructStatisticsBecomeTheSameJson) {
  MakeFile(
      R"(SELECT {'path': 'a', 'stats_parsed': {'numRecords': 3, 'minValues': {'i': 1, 's': 'a"b', 'd': 1.50::DECIMAL(5,2),
                'day': DATE '2026-11-01', 't': TIMESTAMPTZ '2026-11-01 10:00:00.5+00', 'n': NULL::INTEGER, 'st': {'x': 0.1::DOUBLE}},
                'nullCount': {'i': 0}, 'tightBounds': true}} AS "add")");
  EXPECT_EQ(
      std::get<delta::AddFile>(Read().at(0)).stats,
      R"({"numRecords":3,"minValues":{"i":1,"s":"a\"b","d":1.50,"day":"2026-11-01","t":"2026-11-01T10:00:00.500Z",)"
      R"("st":{"x":0.1}},"nullCount":{"i":0},"tightBounds":true})");
}

TEST_F(CheckpointCodecTest, BatchesTellTheSameAsActions) {
  ActionMaker maker(11);
  std::vector<delta::Action> actions;
  for (int i = 0; i < 5'000; ++i) actions.push_back(maker.Next());
  ASSERT_TRUE(Write(actions).ok());
  const auto sorted = [](std::vector<delta::Action> all) {
    std::vector<std::string> lines;
    for (delta::Action& action : all) {
      if (std::holds_alternative<delta::RemoveFile>(action)) continue;
      if (auto* add = std::get_if<delta::AddFile>(&action)) add->data_change = false;
      delta::AppendActionJson(action, lines.emplace_back());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  int batches = 0;
  EXPECT_EQ(sorted(ReadInBatches(&batches)), sorted(Read()));
  EXPECT_GE(batches, 3);
}

TEST_F(CheckpointCodecTest, BatchesOfManyRowGroupsComeInOrder) {
  MakeFile(
      "SELECT {'path': 'f' || i, 'size': i, 'partitionValues': MAP {'p': (i % 3)::VARCHAR}, "
      "'stats': CASE WHEN i % 7 <> 0 THEN '{\"numRecords\":' || i || '}' END} AS \"add\" "
      "FROM range(30000) t(i)",
      ", ROW_GROUP_SIZE 2048");
  const auto actions = ReadInBatches();
  ASSERT_EQ(actions.size(), 30'000u);
  for (int i = 0; i < 30'000; ++i) {
    const auto& add = std::get<delta::AddFile>(actions[static_cast<size_t>(i)]);
    ASSERT_EQ(add.path, "f" + std::to_string(i));
    ASSERT_EQ(add.partition_values, (delta::PartitionValues{{"p", std::to_string(i % 3)}}));
    if (i % 7 == 0) {
      ASSERT_EQ(add.stats, std::nullopt);
    } else {
      ASSERT_EQ(add.stats, "{\"numRecords\":" + std::to_string(i) + "}");
    }
  }
}

TEST_F(CheckpointCodecTest, BatchesKnowTheParsedNumberOfRows) {
  MakeFile(
      "SELECT {'path': 'f' || i, 'size': 1, 'stats_parsed': {'numRecords': i, 'minValues': {'a': "
      "i}}} AS \"add\" FROM range(5) t(i)");
  std::vector<int64_t> records;
  const delta::BatchVisitor take = [&](delta::FileRows&& rows) -> Status {
    for (const auto& row : rows.rows) records.push_back(row.num_records);
    return {};
  };
  const Status read = codec->ReadBatches(
      root, kKey, {},
      {[](delta::Action&&) { return Status(); }, [](delta::Sidecar&&) { return Status(); }}, take);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(records, (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(std::get<delta::AddFile>(ReadInBatches().at(3)).stats,
            R"({"numRecords":3,"minValues":{"a":3}})");
}

// The statistics of a snapshot's files stay in its checkpoint, which may go.
TEST_F(CheckpointCodecTest, StatisticsOutliveTheNameOfTheirCheckpoint) {
  std::vector<delta::Action> actions = {
      delta::Protocol{},
      delta::Metadata{
          .id = "i",
          .schema_string =
              R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})"}};
  for (int i = 0; i < 3'000; ++i) {
    delta::AddFile add{.path = "f" + std::to_string(i), .size_bytes = 1};
    if (i % 5 != 0)
      add.stats = fmt::format(R"({{"numRecords":{},"minValues":{{"id":{}}}}})", i, -i);
    actions.emplace_back(add);
  }
  ASSERT_TRUE(Write(actions).ok());
  const delta::LogContext context{{sim.clock, sim.random, pool}, codec};
  const auto snapshot = delta::Snapshot::Load(root, delta::Latest{}, context);
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().ToString();
  ASSERT_TRUE(store->Delete(kKey).ok());
  const delta::FileTable& files = (*snapshot)->files();
  ASSERT_EQ(files.slots(), 3'000u);
  const auto column = files.Stats({"id"}, (*snapshot)->schema().fields[0].type);
  for (delta::FileOrdinal i = 0; i < 3'000; ++i) {
    const auto& add = std::get<delta::AddFile>(actions[i + 2]);
    ASSERT_EQ(files.NumRecords()[i], add.stats ? int64_t{i} : -1);
    ASSERT_EQ(*files.StatsJson(i), add.stats.value_or(""));
    ASSERT_EQ(delta::IsNull(column->Get(i).min), !add.stats.has_value());
  }
}

TEST_F(CheckpointCodecTest, SidecarsAreAlwaysTold) {
  MakeFile("SELECT {'path': 's.parquet', 'sizeInBytes': 9, 'modificationTime': 5} AS sidecar");
  EXPECT_TRUE(Read({false, false, false, false}).empty());
  ASSERT_EQ(sidecars.size(), 1u);
  EXPECT_EQ(sidecars[0].path, "s.parquet");
  EXPECT_EQ(sidecars[0].size_bytes, 9u);
}

}  // namespace
}  // namespace lakehold::engine
