#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "engine/engine_fixture_test.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/metered_store.h"

namespace lakehold::engine {
namespace {

using testing::EngineTest;
using testing::FailureOf;
using testing::ReadText;

class LakeSession : public EngineTest {
 protected:
  void SetUp() override {
    store_ = storage::NewMemoryStore(runtime().runtime().clock);
    session_ = OpenSession();
    ASSERT_TRUE(session_->Attach("lake", store_, true).ok());
  }
  void Must(const std::string& sql) {
    auto query = session_->Run(sql, {});
    ASSERT_TRUE(query.ok()) << sql << ": " << query.error().ToString();
  }
  WriteRequest Append(const std::string& source) {
    WriteRequest request;
    request.table = {"lake", "main", "trips"};
    request.source = source;
    return request;
  }

  std::shared_ptr<storage::ObjectStore> store_;
  std::unique_ptr<Session> session_;
};

TEST_F(LakeSession, RowsGoInComeOutAndAreReadInThePast) {
  Must("CREATE TABLE trips (id BIGINT NOT NULL, fare DOUBLE, day DATE) PARTITIONED BY (day)");
  ASSERT_EQ(session_->reports().size(), 1u);
  EXPECT_EQ(session_->reports()[0].version, 0);
  Must("INSERT INTO trips VALUES (1, 1.5, DATE '2026-11-01'), (2, 2.5, DATE '2026-11-02')");
  EXPECT_EQ(session_->reports().at(0).rows_added, 2);
  Must("INSERT INTO trips BY NAME SELECT 3 AS id, DATE '2026-11-02' AS day");
  EXPECT_EQ(ReadText(*session_, "SELECT sum(id) FROM trips"), "6");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM trips AS t AT (VERSION => 1)"), "2");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM lakehold_history('trips')"), "3");
  EXPECT_EQ(ReadText(*session_, "SELECT sum(rows) FROM lakehold_files('trips')"), "3");
  EXPECT_EQ(ReadText(*session_, "SELECT max(partition_values['day']) FROM lakehold_files('trips')"),
            "2026-11-02");
}

TEST_F(LakeSession, TheOptimizerKnowsTheBoundsInTheLog) {
  Must("CREATE TABLE trips (id BIGINT, moment TIMESTAMPTZ, fare DOUBLE)");
  Must("INSERT INTO trips VALUES (3, TIMESTAMPTZ '2026-11-01 00:00:00.0005Z', 1.5)");
  Must("INSERT INTO trips VALUES (7, NULL, 'nan'), (5, TIMESTAMPTZ '2026-11-02 00:00:00Z', 2.5)");
  const std::string id = ReadText(*session_, "SELECT stats(id) FROM trips LIMIT 1");
  EXPECT_NE(id.find("Min: 3, Max: 7"), std::string::npos) << id;
  EXPECT_NE(id.find("Has Null: false"), std::string::npos) << id;
  const std::string at = ReadText(*session_, "SELECT stats(moment) FROM trips LIMIT 1");
  EXPECT_NE(at.find("Has Null: true"), std::string::npos) << at;
  EXPECT_EQ(
      ReadText(*session_,
               "SELECT count(*) FROM trips WHERE moment <= TIMESTAMPTZ '2026-11-02 00:00:00Z'"),
      "2");
  EXPECT_EQ(
      ReadText(*session_,
               "SELECT count(*) FROM trips WHERE moment > TIMESTAMPTZ '2026-11-01 00:00:00.0004Z'"),
      "2");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM trips WHERE fare > 100"), "1");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM trips WHERE id >= 3"), "3");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM trips WHERE id > 7"), "0");
}

TEST_F(LakeSession, ABoundSelectKeepsItsVersion) {
  Must("CREATE TABLE trips AS SELECT 1 AS id");
  auto query = session_->Run("SELECT CAST(count(*) AS VARCHAR) FROM trips", {});
  ASSERT_TRUE(query.ok()) << query.error().ToString();
  Must("INSERT INTO trips VALUES (2)");
  EXPECT_EQ(testing::TextOf(**query), "1");
  EXPECT_EQ(testing::TextOf(**query), "1");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM trips"), "2");
}

TEST_F(LakeSession, WriteMatchesColumnsByNameAndRefusesWhatWouldBeLost) {
  Must("CREATE TABLE trips (id BIGINT, note VARCHAR)");
  auto report = session_->Write(Append("SELECT 'x' AS NOTE, 7.0 AS Id"));
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->rows_added, 1);
  EXPECT_EQ(report->version, 1);
  EXPECT_EQ(ReadText(*session_, "SELECT id FROM trips"), "7");
  EXPECT_EQ(session_->Write(Append("SELECT 1.5::DOUBLE AS id, 'x' AS note")).error().reason,
            "write.inexact_value");
  EXPECT_EQ(session_->Write(Append("SELECT '7' AS id, 'x' AS note")).error().reason, "write.type");
  EXPECT_EQ(session_->Write(Append("SELECT 1 AS id, 'x' AS nte, 2 AS more")).error().reason,
            "write.columns");
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM trips"), "1");
}

TEST_F(LakeSession, OverwriteReplacesEverythingOrThePartitionsAsked) {
  Must("CREATE TABLE trips (id BIGINT, day DATE) PARTITIONED BY (day)");
  Must("INSERT INTO trips VALUES (1, DATE '2026-11-01'), (2, DATE '2026-11-02')");
  WriteRequest request = Append("SELECT 20 AS id, DATE '2026-11-02' AS day");
  request.mode = WriteMode::kOverwrite;
  request.where = "day = $d";
  request.parameters = {{"d", {"2026-11-02", "DATE"}}};
  auto report = session_->Write(request);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(ReadText(*session_, "SELECT sum(id) FROM trips"), "21");
  request.source = "SELECT 30 AS id, DATE '2026-11-03' AS day";
  EXPECT_FALSE(session_->Write(request).ok()) << "a row outside of the condition";
  EXPECT_EQ(ReadText(*session_, "SELECT sum(id) FROM trips"), "21");
  request.where.reset();
  request.parameters.clear();
  ASSERT_TRUE(session_->Write(request).ok());
  EXPECT_EQ(ReadText(*session_, "SELECT sum(id) FROM trips"), "30");
}

TEST_F(LakeSession, ExplainTellsWhichFilesAreRead) {
  Must("CREATE TABLE trips (id BIGINT, day DATE) PARTITIONED BY (day)");
  Must("INSERT INTO trips VALUES (1, DATE '2026-11-01'), (2, DATE '2026-11-02')");
  auto explanation = session_->Explain("SELECT * FROM trips WHERE day = DATE '2026-11-02'", {});
  ASSERT_TRUE(explanation.ok()) << explanation.error().ToString();
  ASSERT_EQ(explanation->scans.size(), 1u);
  EXPECT_EQ(explanation->scans[0].files, 2);
  EXPECT_EQ(explanation->scans[0].files_read, 1);
}

// Counted at the store: what is skipped is not even opened, and the rest is opened once.
TEST_F(LakeSession, DataFilesAreOpenedOnceOrNotAtAll) {
  std::atomic<int> opened = 0, read = 0;
  auto metered = storage::NewMeteredStore(store_, [&](const storage::MeteredCall& call) {
    if (!call.key.ends_with(".parquet")) return;
    if (call.verb == storage::StoreVerb::kOpenReader) ++opened;
    if (call.verb == storage::StoreVerb::kReadAt) ++read;
  });
  session_ = OpenSession();
  ASSERT_TRUE(session_->Attach("counted", metered, true).ok());
  Must("CREATE TABLE trips (id BIGINT, day DATE) PARTITIONED BY (day)");
  for (int i = 0; i < 12; ++i) {
    Must("INSERT INTO trips SELECT " + std::to_string(i * 5 % 12 * 10) +
         " + i, DATE '2026-11-01' + " + std::to_string(i % 3) + " FROM range(10) t(i)");
  }
  auto opens = [&](const std::string& sql, const std::string& answer) {
    opened = read = 0;
    EXPECT_EQ(ReadText(*session_, sql), answer) << sql;
    EXPECT_EQ(read, opened) << "a small file is read at once: " << sql;
    return opened.load();
  };
  EXPECT_EQ(opens("SELECT sum(id) FROM trips", "7140"), 12);
  EXPECT_EQ(opens("SELECT max(c) FROM (SELECT count(*) AS c FROM trips GROUP BY day)", "40"), 0);
  EXPECT_EQ(opens("SELECT count(*) FROM (SELECT DISTINCT day FROM trips)", "3"), 0);
  EXPECT_EQ(opens("SELECT count(*) FROM trips WHERE day > '2026-11-01'", "80"), 0);
  EXPECT_EQ(opens("SELECT max(id) - min(id) FROM trips", "119"), 0);
  EXPECT_EQ(opens("SELECT count(*) FROM trips WHERE id > 14", "105"), 1);
  // Two threads, and what they had begun when the bound was known.
  EXPECT_LE(
      opens("SELECT list(id) FROM (SELECT id FROM trips ORDER BY id DESC LIMIT 2)", "[119, 118]"),
      4);
  EXPECT_EQ(opens("SELECT count(*) FROM (SELECT id FROM trips LIMIT 15)", "15"), 2);
  EXPECT_EQ(opens("SELECT count(*) FROM trips JOIN (SELECT 37 AS k) ON id = k", "1"), 1);
}

TEST_F(LakeSession, ALakeIsSharedByNameAndStore) {
  Must("CREATE TABLE trips AS SELECT 1 AS id");
  auto other = OpenSession();
  ASSERT_TRUE(other->Attach("LAKE", store_, true).ok());
  EXPECT_EQ(ReadText(*other, "SELECT count(*) FROM trips"), "1");
  auto third = OpenSession();
  auto another = storage::NewMemoryStore(runtime().runtime().clock);
  EXPECT_EQ(third->Attach("lake", another, true).error().reason, "engine.name_taken");
  session_.reset();
  EXPECT_EQ(ReadText(*other, "SELECT count(*) FROM trips"), "1");
  ASSERT_TRUE(other->Detach("lake").ok());
  EXPECT_EQ(other->Detach("lake").error().reason, "engine.no_such_lake");
  EXPECT_TRUE(third->Attach("lake", another, true).ok());
}

TEST_F(LakeSession, ADeltaFolderIsATableInFrom) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("lake_session." + std::to_string(getpid()));
  auto local = storage::OpenLocalStore(folder, storage::Durability::kNone, runtime().runtime());
  ASSERT_TRUE(local.ok());
  ASSERT_TRUE(session_->Attach("disk", *local, true).ok());
  Must("CREATE TABLE trips AS SELECT 1 AS id");
  Must("INSERT INTO trips VALUES (2)");
  const std::string path = "'" + (folder / "trips").string() + "'";
  auto other = OpenSession();
  EXPECT_EQ(ReadText(*other, "SELECT sum(id) FROM " + path), "3");
  EXPECT_EQ(ReadText(*other, "SELECT sum(id) FROM lakehold_scan(" + path + ", version => 0)"), "1");
  EXPECT_EQ(ReadText(*other, "SELECT sum(id) FROM delta_scan(" + path + ")"), "3");
  EXPECT_EQ(ReadText(*other, "SELECT count(*) FROM lakehold_files(" + path + ")"), "2");
  EXPECT_NE(
      FailureOf(*other, "FROM lakehold_scan('" + folder.string() + "')").find("delta.not_a_table"),
      std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lakehold::engine
