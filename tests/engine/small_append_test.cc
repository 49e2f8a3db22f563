// Appends of few rows, written without a plan, against the same rows written by one: the same log
// entry, the same file, the same errors; and what they cost, which no history changes.
#include <functional>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "delta/log_path.h"
#include "engine/engine_fixture_test.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/metered_store.h"
#include "support/store_calls.h"
#include "support/temp_folder.h"

namespace lakehold::engine::testing {
namespace {

using lakehold::testing::ListKeys;
using lakehold::testing::Read;
using storage::ObjectStore;

// A stream that gives its schema once, as the C data interface allows, and tells of each batch.
struct TestStream {
  ArrowArrayStream inner{};
  std::function<void()> before_batch;
  bool gave_schema = false;
};

void Wrap(std::function<void()> before_batch, ArrowArrayStream* stream) {
  auto* wrapped = new TestStream{*stream, std::move(before_batch)};
  stream->private_data = wrapped;
  stream->get_schema = [](ArrowArrayStream* self, ArrowSchema* out) {
    auto& test = *static_cast<TestStream*>(self->private_data);
    if (std::exchange(test.gave_schema, true)) return EINVAL;
    return test.inner.get_schema(&test.inner, out);
  };
  stream->get_next = [](ArrowArrayStream* self, ArrowArray* out) {
    auto& test = *static_cast<TestStream*>(self->private_data);
    if (test.before_batch) test.before_batch();
    return test.inner.get_next(&test.inner, out);
  };
  stream->get_last_error = [](ArrowArrayStream* self) {
    auto& test = *static_cast<TestStream*>(self->private_data);
    return test.inner.get_last_error(&test.inner);
  };
  stream->release = [](ArrowArrayStream* self) {
    auto* test = static_cast<TestStream*>(self->private_data);
    test->inner.release(&test->inner);
    delete test;
    self->release = nullptr;
  };
}

class SmallAppend : public EngineTest {
 protected:
  // A lake with one table "t", and a session on it.
  struct Lake {
    std::string name;
    std::shared_ptr<ObjectStore> store;
    std::unique_ptr<Session> session;

    std::vector<std::string> path() const { return {name, "main", "t"}; }
    void Must(const std::string& sql) const {
      auto query = session->Run(sql, {});
      ASSERT_TRUE(query.ok()) << sql << ": " << query.error().ToString();
    }
    std::string Text(const std::string& sql) const { return ReadText(*session, sql); }
    // The rows of t, one text each, in their order within each version's file.
    std::string Rows() const {
      return Text("SELECT coalesce(string_agg(CAST(t AS VARCHAR), chr(10) ORDER BY t), '') FROM t");
    }
    int64_t versions() const {
      return std::stoll(Text("SELECT count(*) FROM lakehold_history('t')"));
    }
    Result<std::optional<CommitReport>> Few(StreamSource rows) const {
      return session->AppendFew(path(), &rows);
    }
    // The same rows by a plan.
    Result<CommitReport> Planned(StreamSource rows) const {
      LAKEHOLD_TRY(session->Register("given", std::move(rows)));
      WriteRequest request;
      request.table = path();
      request.source = "SELECT * FROM given";
      return session->Write(request);
    }
  };

  static Lake On(std::shared_ptr<ObjectStore> store) {
    static int next = 0;
    Lake lake{fmt::format("few{}", next++), std::move(store), OpenSession()};
    EXPECT_TRUE(lake.session->Attach(lake.name, lake.store, true).ok());
    return lake;
  }
  static std::shared_ptr<ObjectStore> NewStore() {
    return storage::NewMemoryStore(runtime().runtime().clock);
  }

  // The rows of a SELECT as an Arrow source.
  static StreamSource From(const std::string& sql, int64_t batch_rows = 1000,
                           std::function<void()> before_batch = nullptr) {
    std::shared_ptr<Session> session = OpenSession();
    StreamSource source;
    source.one_shot = true;
    source.open = [=, opened = std::make_shared<bool>(false)](ArrowArrayStream* out) -> Status {
      if (std::exchange(*opened, true)) return Invalid("test.opened_twice", "a one-shot source");
      LAKEHOLD_ASSIGN(auto query, session->Run(sql, {}));
      LAKEHOLD_TRY(query->Open(batch_rows, out));
      Wrap(before_batch, out);
      return {};
    };
    return source;
  }

  // Every object but names, times and ids, which are drawn anew.
  static std::vector<std::string> Contents(ObjectStore& store) {
    static const std::regex kUuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    static const std::regex kMs("[0-9]{13}");
    std::vector<std::string> contents;
    for (const auto& key : ListKeys(store)) {
      std::string text = Read(store, key);
      if (!key.ends_with(".parquet")) {
        text = std::regex_replace(text, kUuid, "<uuid>");
        text = std::regex_replace(text, kMs, "<ms>");
      }
      contents.push_back(std::regex_replace(key, kUuid, "<uuid>") + "\n" + text);
    }
    return contents;
  }
};

// What a table is made of, and rows that fit it.
struct Fit {
  std::string name;
  std::string table;
  std::string rows;
};

class SmallAppendTwins : public SmallAppend, public ::testing::WithParamInterface<Fit> {};

TEST_P(SmallAppendTwins, WriteWhatAPlanWouldWrite) {
  const auto& fit = GetParam();
  const auto few = On(NewStore()), planned = On(NewStore());
  few.Must("CREATE TABLE t " + fit.table);
  planned.Must("CREATE TABLE t " + fit.table);
  for (const int64_t batch_rows : {1000, 7}) {
    auto report = few.Few(From(fit.rows, batch_rows));
    ASSERT_TRUE(report.ok()) << report.error().ToString();
    ASSERT_TRUE(*report) << "these rows should not need a plan";
    const auto expected = planned.Planned(From(fit.rows, batch_rows));
    ASSERT_TRUE(expected.ok()) << expected.error().ToString();
    EXPECT_EQ((*report)->version, expected->version);
    EXPECT_EQ((*report)->table, expected->table);
    EXPECT_EQ((*report)->operation, expected->operation);
    EXPECT_EQ((*report)->rows_added, expected->rows_added);
    EXPECT_EQ((*report)->files_added, expected->files_added);
    EXPECT_EQ((*report)->bytes_added, expected->bytes_added);
    ASSERT_EQ(few.session->reports().size(), 1u);
    EXPECT_EQ(few.session->reports()[0].version, (*report)->version);
  }
  EXPECT_EQ(Contents(*few.store), Contents(*planned.store));
  EXPECT_EQ(few.Rows(), planned.Rows());
}

INSTANTIATE_TEST_SUITE_P(
    Tables, SmallAppendTwins,
    ::testing::Values(
        Fit{"Numbers",
            "(a TINYINT, b SMALLINT, c INTEGER, d BIGINT, e FLOAT, f DOUBLE, g DECIMAL(10,2), "
            "h DECIMAL(38,10), i BOOLEAN)",
            "SELECT CAST(i AS TINYINT) AS a, CAST(-i AS SMALLINT) AS b, CAST(i AS INTEGER) AS c, "
            "i * 10000000000 AS d, CAST(i / 3 AS FLOAT) AS e, "
            "CASE i WHEN 5 THEN 'nan'::DOUBLE WHEN 6 THEN NULL ELSE -i / 7 END AS f, "
            "CAST(i AS DECIMAL(10,2)) AS g, CAST(i AS DECIMAL(38,10)) AS h, "
            "CASE WHEN i % 3 > 0 THEN i % 2 = 0 END AS i FROM range(20) r(i)"},
        Fit{"Texts", "(a VARCHAR, b BLOB)",
            "SELECT CASE WHEN i % 4 > 0 THEN repeat('\u00e4x', CAST(i AS INTEGER)) END AS a, "
            "encode(CAST(i AS VARCHAR)) AS b FROM range(50) r(i)"},
        Fit{"Times", "(a DATE, b TIMESTAMP, c TIMESTAMPTZ)",
            "SELECT DATE '2026-11-21' - CAST(i AS INTEGER) AS a, "
            "TIMESTAMP '1969-12-31 23:59:59.999999' + to_hours(i) AS b, "
            "TIMESTAMPTZ '2026-11-21 01:02:03.000004Z' AS c FROM range(9) r(i)"},
        Fit{"Nested", "(a STRUCT(x INTEGER, y VARCHAR), b VARCHAR[], c MAP(VARCHAR, BIGINT))",
            "SELECT {'x': CAST(i AS INTEGER), 'y': CAST(i AS VARCHAR)} AS a, "
            "CASE WHEN i % 2 > 0 THEN ['p', NULL, 'q'] END AS b, MAP {'k': i} AS c "
            "FROM range(9) r(i)"},
        Fit{"OtherOrder", "(a BIGINT NOT NULL, b VARCHAR, c BIGINT)",
            "SELECT i + 5 AS c, i AS a, CAST(i AS VARCHAR) AS b FROM range(30) r(i)"},
        Fit{"Partitions", "(a BIGINT, p VARCHAR, d DATE) PARTITIONED BY (p, d)",
            "SELECT i AS a, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN 'x y' ELSE 'z' END AS p, "
            "DATE '2026-11-01' AS d FROM range(40) r(i)"},
        Fit{"Widening", "(a BIGINT, b INTEGER, c DOUBLE, d SMALLINT, e DOUBLE)",
            "SELECT CAST(i AS INTEGER) AS a, i AS b, CAST(i / 3 AS FLOAT) AS c, "
            "CAST(i AS UTINYINT) AS d, CAST(i AS INTEGER) AS e FROM range(20) r(i)"},
        Fit{"Many", "(a BIGINT, b VARCHAR)",
            "SELECT i AS a, md5(CAST(i AS VARCHAR)) AS b FROM range(440) r(i)"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(SmallAppend, BrokenRulesAreToldAsByAPlan) {
  const auto few = On(NewStore()), planned = On(NewStore());
  for (const auto* lake : {&few, &planned})
    lake->Must("CREATE TABLE t (id BIGINT NOT NULL, s STRUCT(x INTEGER))");
  const std::string rows =
      "SELECT nullif(i, 3) AS id, {'x': CAST(i AS INTEGER)} AS s FROM range(5) r(i)";
  const auto said = few.Few(From(rows, 2));
  const auto expected = planned.Planned(From(rows, 2));
  ASSERT_FALSE(said.ok());
  ASSERT_FALSE(expected.ok());
  EXPECT_EQ(said.error().ToString(), expected.error().ToString());
  EXPECT_EQ(said.error().reason, "sql.not_null");
  EXPECT_EQ(ListKeys(*few.store).size(), 1u) << "a file was left behind";
}

TEST_F(SmallAppend, ATableThatMayNotBeWrittenIsToldAsByAPlan) {
  const auto lake = On(NewStore());
  lake.Must("CREATE TABLE t (id BIGINT)");
  const std::string entry =
      R"({"commitInfo":{"operation":"x"}})"
      "\n"
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["unheardOf"],)"
      R"("writerFeatures":["unheardOf"]}})"
      "\n";
  lakehold::testing::Put(*lake.store, "t/_delta_log/" + delta::CommitName(1), entry);
  const auto said = lake.Few(From("SELECT 1::BIGINT AS id"));
  const auto expected = lake.Planned(From("SELECT 1::BIGINT AS id"));
  ASSERT_FALSE(said.ok());
  ASSERT_FALSE(expected.ok());
  EXPECT_EQ(said.error().reason, expected.error().reason);
}

// Rows that the planner must see come back whole, from a producer that gives everything once.
TEST_F(SmallAppend, RowsThatNeedAPlanComeBackWhole) {
  const auto lake = On(NewStore());
  lake.Must("CREATE TABLE t (id BIGINT, k INTEGER)");
  const int64_t many = limits::kSmallAppendRows + 1;
  const std::vector<std::pair<std::string, int64_t>> tries = {
      {fmt::format("SELECT i AS id, 1 AS k FROM range({}) r(i)", many), many},
      {"SELECT i AS id, 1 AS k FROM range(100) r(i)", 100},            // Too many batches.
      {"SELECT i AS id, 1 AS z FROM range(3) r(i)", 3},                // Another name.
      {"SELECT i AS id, 1 AS K FROM range(3) r(i)", 3},                // Other letters.
      {"SELECT i AS id FROM range(3) r(i)", 3},                        // One is missing.
      {"SELECT i AS id, 1 AS k, 2 AS l FROM range(3) r(i)", 3},        // One too many.
      {"SELECT i AS id, '1' AS k FROM range(3) r(i)", 3},              // Text.
      {"SELECT i AS id, 1.5 AS k FROM range(3) r(i)", 3},              // Perhaps not whole.
      {"SELECT i AS id, i << 33 AS k FROM range(3) r(i)", 3},          // Out of range.
      {"SELECT i AS id, NULL AS k FROM range(3) r(i) WHERE false", 0}  // None.
  };
  for (const auto& [sql, rows] : tries) {
    auto source = From(sql, rows == 100 ? 1 : 1000);
    const auto report = lake.session->AppendFew(lake.path(), &source);
    ASSERT_TRUE(report.ok()) << sql << ": " << report.error().ToString();
    EXPECT_FALSE(*report) << sql;
    ASSERT_TRUE(lake.session->Register("back", std::move(source)).ok());
    EXPECT_EQ(lake.Text("SELECT concat(count(*), ' ', coalesce(sum(id), 0)) FROM back"),
              fmt::format("{} {}", rows, rows * (rows - 1) / 2))
        << sql;
  }
  EXPECT_EQ(lake.versions(), 1);
}

TEST_F(SmallAppend, WhatIsNoTableOfALakeIsForThePlan) {
  const auto lake = On(NewStore());
  lake.Must("CREATE TABLE t (id BIGINT)");
  for (const auto& path : std::vector<std::vector<std::string>>{{lake.name, "main", "nowhere"},
                                                                {lake.name, "nowhere", "t"},
                                                                {"memory", "main", "t"},
                                                                {"nowhere", "main", "t"},
                                                                {"t"}}) {
    auto source = From("SELECT 1::BIGINT AS id");
    const auto report = lake.session->AppendFew(path, &source);
    ASSERT_TRUE(report.ok()) << report.error().ToString();
    EXPECT_FALSE(*report);
  }
  lake.Must("BEGIN");
  const auto inside = lake.Few(From("SELECT 1::BIGINT AS id"));
  ASSERT_TRUE(inside.ok());
  EXPECT_FALSE(*inside);
  lake.Must("COMMIT");
  EXPECT_EQ(lake.versions(), 1);
}

TEST_F(SmallAppend, AProducerThatFailsIsHeard) {
  const auto lake = On(NewStore());
  lake.Must("CREATE TABLE t (id BIGINT)");
  const auto report =
      lake.Few(From("SELECT CASE WHEN i = 3 THEN error('enough') ELSE i END AS id "
                    "FROM range(5) r(i)"));
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("enough"), std::string::npos) << report.error().ToString();
  EXPECT_EQ(lake.versions(), 1);
}

// The table is replaced after its columns were looked at: the rows go into what it is now, once.
TEST_F(SmallAppend, ATableReplacedMeanwhileGetsTheRowsOnce) {
  const auto store = NewStore();
  const auto lake = On(store), other = On(store);
  lake.Must("CREATE TABLE t (id BIGINT)");
  bool done = false;
  const auto report = lake.Few(From("SELECT 7::BIGINT AS id", 1000, [&] {
    if (!std::exchange(done, true)) other.Must("CREATE OR REPLACE TABLE t (id BIGINT, k INTEGER)");
  }));
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_FALSE(*report) << "the table has a column more";
  done = false;
  lake.Must("CREATE OR REPLACE TABLE t (id BIGINT)");
  const auto again = lake.Few(From("SELECT 7::BIGINT AS id", 1000, [&] {
    if (!std::exchange(done, true)) other.Must("CREATE OR REPLACE TABLE t (id INTEGER)");
  }));
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  ASSERT_TRUE(*again);
  EXPECT_EQ((*again)->version, 4);
  EXPECT_EQ(lake.Text("SELECT concat(count(*), ' ', sum(id), ' ', max(typeof(id))) FROM t"),
            "1 7 INTEGER");
}

// A session knows the version it made last; others write, drop and make the table again meanwhile.
TEST_F(SmallAppend, OthersMayWriteInBetween) {
  const auto store = NewStore();
  const auto lake = On(store), other = On(store);
  lake.Must("CREATE TABLE t (id BIGINT)");
  const auto append = [](const Lake& to, int64_t id) {
    const auto report = to.Few(From(fmt::format("SELECT {}::BIGINT AS id", id)));
    EXPECT_TRUE(report.ok() && *report);
    return report.ok() && *report ? (*report)->version : -1;
  };
  EXPECT_EQ(append(lake, 1), 1);
  EXPECT_EQ(append(lake, 2), 2);
  EXPECT_EQ(append(other, 3), 3);
  EXPECT_EQ(append(other, 4), 4);
  EXPECT_EQ(append(lake, 5), 5);
  EXPECT_EQ(lake.Text("SELECT sum(id) FROM t"), "15");
  other.Must("DROP TABLE t");
  other.Must("CREATE TABLE t (id BIGINT)");
  EXPECT_EQ(append(lake, 6), 1);
  EXPECT_EQ(append(lake, 7), 2);
  EXPECT_EQ(other.Text("SELECT sum(id) FROM t"), "13");
  other.Must("DROP TABLE t");
  auto rows = From("SELECT 8::BIGINT AS id");
  const auto report = lake.session->AppendFew(lake.path(), &rows);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_FALSE(*report) << "there is no table";
}

// Twelve calls, whatever came before; two of them wait for the disk, one after the other.
TEST_F(SmallAppend, CostsTheSameCallsWhateverTheHistory) {
  lakehold::testing::TempFolder folder;
  auto local =
      storage::OpenLocalStore(folder.path(), storage::Durability::kFull, runtime().runtime());
  ASSERT_TRUE(local.ok());
  const auto metered = storage::NewMeteredStore(*local);
  const auto lake = On(metered);
  lake.Must("CREATE TABLE t (id BIGINT)");
  const auto calls = [&] {
    metered->Reset();
    const auto report = lake.Few(From("SELECT 1::BIGINT AS id"));
    EXPECT_TRUE(report.ok() && *report);
    const auto counts = metered->counts();
    uint64_t all = 0;
    for (const auto of_verb : counts.calls) all += of_verb;
    EXPECT_EQ(counts.serial_syncs, 2u);
    return all;
  };
  calls();  // Loads the table.
  const uint64_t first = calls();
  EXPECT_EQ(first, 12u);
  EXPECT_EQ(metered->counts().calls_of(storage::StoreVerb::kList), 0u);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(calls(), first) << "after " << i;
}

}  // namespace
}  // namespace lakehold::engine::testing
