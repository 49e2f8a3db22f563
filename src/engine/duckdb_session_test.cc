#include "engine/duckdb_session.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine_fixture_test.h"

namespace lakehold::engine {
namespace {

using testing::EngineTest;
using testing::FailureOf;
using testing::ReadAll;
using testing::ReadText;
using testing::TextOf;

class DuckDbSessionTest : public EngineTest {
 protected:
  std::unique_ptr<Session> session_ = OpenSession();
};

TEST_F(DuckDbSessionTest, ParametersByNameAndPosition) {
  EXPECT_EQ(ReadText(*session_, "SELECT $f + 1", {{"f", {"41", "BIGINT"}}}), "42");
  EXPECT_EQ(ReadText(*session_, "SELECT $F", {{"f", {"x", "VARCHAR"}}}), "x");
  EXPECT_EQ(
      ReadText(*session_, "SELECT ? || ?", {{"1", {"a", "VARCHAR"}}, {"2", {"b", "VARCHAR"}}}),
      "ab");
  EXPECT_EQ(ReadText(*session_, "SELECT $1 IS NULL", {{"1", {std::nullopt, "DATE"}}}), "true");
  EXPECT_EQ(
      ReadText(*session_, "SELECT octet_length($b)", {{"b", {std::string("a\0b", 3), "BLOB"}}}),
      "3");
  EXPECT_EQ(ReadText(*session_, "SELECT [1, 2] = $l", {{"l", {"[1, 2]", "INTEGER[]"}}}), "true");
  EXPECT_EQ(session_->Run("SELECT $f", {}).error().reason, "sql.parameter");
  EXPECT_EQ(session_->Run("SELECT 1", {{"f", {"1", "BIGINT"}}}).error().reason, "sql.parameter");
  EXPECT_EQ(session_->Run("SELECT $f", {{"f", {"x", "BIGINT"}}}).error().reason, "sql.parameter");
}

TEST_F(DuckDbSessionTest, StatementsRunInOrderAndStopAtTheFirstError) {
  auto last = session_->Run(
      "CREATE TEMP TABLE t (i BIGINT); INSERT INTO t VALUES (1), (2); SELECT sum(i) FROM t", {});
  ASSERT_TRUE(last.ok()) << last.error().ToString();
  EXPECT_EQ((*last)->changed_rows(), -1);
  EXPECT_FALSE(
      session_->Run("INSERT INTO t VALUES (3); SELECT nope; INSERT INTO t VALUES (4)", {}).ok());
  EXPECT_EQ(ReadText(*session_, "SELECT count(*) FROM t"), "3");
  EXPECT_EQ(session_->Run("  ;  ", {}).error().reason, "sql.syntax");
}

TEST_F(DuckDbSessionTest, ChangesAreCounted) {
  EXPECT_EQ((*session_->Run("CREATE TEMP TABLE t (i BIGINT)", {}))->changed_rows(), 0);
  EXPECT_EQ((*session_->Run("INSERT INTO t FROM range(10)", {}))->changed_rows(), 10);
  EXPECT_EQ((*session_->Run("DELETE FROM t WHERE i < 3", {}))->changed_rows(), 3);
  EXPECT_EQ((*session_->Run("INSERT INTO t VALUES (1) RETURNING i", {}))->changed_rows(), 1);
  auto made = session_->Run("CREATE TEMP TABLE u AS FROM t", {});
  EXPECT_EQ((*made)->changed_rows(), 8);
}

TEST_F(DuckDbSessionTest, AResultIsReadAgainAndOutlivesItsQuery) {
  auto query = session_->Run("SELECT i FROM range(300000) t(i)", {});
  ASSERT_TRUE(query.ok());
  ArrowArrayStream first, second;
  ASSERT_TRUE((*query)->Open(1000, &first).ok());
  ArrowArray array;
  ASSERT_EQ(first.get_next(&first, &array), 0);
  array.release(&array);
  ASSERT_TRUE((*query)->Open(100000, &second).ok()) << "the first stream is buffered";
  query->reset();
  ASSERT_TRUE(session_->Run("CREATE TEMP TABLE t (i BIGINT)", {}).ok());
  EXPECT_EQ(ReadAll(&second).batches, (std::vector<int64_t>{100000, 100000, 100000}));
  session_.reset();
  EXPECT_EQ(ReadAll(&first).batches.size(), 299u);
}

TEST_F(DuckDbSessionTest, ASelectSeesTheRowsOfItsMoment) {
  ASSERT_TRUE(session_->Run("CREATE TEMP TABLE t AS SELECT 1 AS i", {}).ok());
  auto query = session_->Run("SELECT CAST(sum(i) AS VARCHAR) FROM t", {});
  ASSERT_TRUE(query.ok()) << query.error().ToString();
  ASSERT_TRUE(session_->Run("INSERT INTO t VALUES (10)", {}).ok());
  EXPECT_EQ(TextOf(**query), "1");
  EXPECT_EQ(TextOf(**query), "1");
  EXPECT_EQ(ReadText(*session_, "SELECT sum(i) FROM t"), "11");
}

TEST_F(DuckDbSessionTest, InATransactionRowsAreTakenAtOnce) {
  ASSERT_TRUE(
      session_->Run("CREATE TEMP TABLE t AS SELECT 1 AS i; BEGIN; INSERT INTO t VALUES (2)", {})
          .ok());
  EXPECT_TRUE(session_->in_transaction());
  auto query = session_->Run("SELECT CAST(sum(i) AS VARCHAR) FROM t", {});
  ASSERT_TRUE(query.ok());
  ASSERT_TRUE(session_->Run("INSERT INTO t VALUES (100); ROLLBACK", {}).ok());
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(TextOf(**query), "3");
  EXPECT_EQ(ReadText(*session_, "SELECT sum(i) FROM t"), "1");
}

TEST_F(DuckDbSessionTest, SettingsAndVariablesReachASelect) {
  ASSERT_TRUE(session_->Run("SET VARIABLE v = 7; SET default_null_order = 'nulls_first'", {}).ok());
  EXPECT_EQ(ReadText(*session_, "SELECT getvariable('v')"), "7");
  EXPECT_EQ(ReadText(*session_, "SELECT current_setting('TimeZone')"), "UTC");
  EXPECT_EQ(ReadText(*session_, "SELECT '2020-06-01 00:00:00+02'::TIMESTAMPTZ"),
            "2020-05-31 22:00:00+00");
}

TEST_F(DuckDbSessionTest, InterruptStopsARunningStatement) {
  std::atomic<bool> done{false};
  std::thread interrupter([&] {
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      session_->Interrupt();
    }
  });
  auto query = session_->Run(
      "CREATE TEMP TABLE t AS SELECT count(*) FROM range(1000000000) a, range(1000) b", {});
  const std::string text =
      FailureOf(*session_, "SELECT count(*) FROM range(1000000000) a, range(1000) b");
  done = true;
  interrupter.join();
  ASSERT_FALSE(query.ok());
  EXPECT_EQ(query.error().kind, ErrorKind::kCancelled);
  EXPECT_NE(text.find("engine.interrupted"), std::string::npos) << text;
  EXPECT_EQ(ReadText(*session_, "SELECT 1"), "1") << "the session goes on";
}

TEST_F(DuckDbSessionTest, TwoSessionsRunAtTheSameTimeAndDoNotSeeEachOthersNames) {
  std::vector<std::string> sums(2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      auto session = OpenSession();
      for (int round = 0; round < 20; ++round) {
        const std::string factor = std::to_string(i + 1);
        if (!session
                 ->Run("CREATE OR REPLACE TEMP TABLE t AS SELECT i * " + factor +
                           " AS i FROM range(1000) r(i)",
                       {})
                 .ok()) {
          return;
        }
        sums[i] = ReadText(*session, "SELECT sum(i) FROM t");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sums, (std::vector<std::string>{"499500", "999000"}));
  EXPECT_EQ(session_->Run("FROM t", {}).error().reason, "sql.unknown_table");
}

TEST_F(DuckDbSessionTest, DescribeAndExplainRunNothing) {
  auto columns =
      session_->Describe("SELECT $n AS a, error('ran') AS b", {{"n", {"1", "SMALLINT"}}});
  ASSERT_TRUE(columns.ok()) << columns.error().ToString();
  EXPECT_EQ((*columns)[0].name, "a");
  EXPECT_EQ((*columns)[0].type, "SMALLINT");
  auto explanation = session_->Explain("SELECT count(*) FROM range(10)", {});
  ASSERT_TRUE(explanation.ok()) << explanation.error().ToString();
  EXPECT_NE(explanation->plan.find("RANGE"), std::string::npos) << explanation->plan;
  EXPECT_EQ(session_->Explain("CREATE TEMP TABLE x (i INTEGER)", {}).error().reason,
            "sql.not_a_select");
}

TEST_F(DuckDbSessionTest, OnlyOneScalarExpressionIsACondition) {
  for (const char* good : {"fare < 0", "a = $1 AND b LIKE 'x%'",
                           "lower(name) = 'x' OR id IN (1, 2)", "x -- why\n > 1"}) {
    const Status status = session_->CheckExpression(good);
    EXPECT_TRUE(status.ok()) << good << ": " << (status.ok() ? "" : status.error().ToString());
  }
  for (const char* bad :
       {"", "1; DROP TABLE t", "a = 1) OR (1 = 1", "a = 1 --", "1 FROM t", "a, b", "(SELECT 1) = 1",
        "sum(a) > 1", "*", "a = 1) UNION SELECT (1", "EXISTS (FROM t)", "row_number() OVER () = 1",
        "a = 1) FROM x WHERE (1"}) {
    const Status status = session_->CheckExpression(bad);
    ASSERT_FALSE(status.ok()) << bad;
    EXPECT_EQ(status.error().reason, "sql.not_an_expression") << bad;
  }
}

TEST_F(DuckDbSessionTest, AFailedResultSaysSoWhenAskedAgain) {
  auto query = session_->Run(
      "SELECT CASE WHEN i = 5000 THEN error('late') ELSE i END FROM range(10000) t(i)", {});
  ASSERT_TRUE(query.ok()) << query.error().ToString();
  ArrowArrayStream stream;
  Status opened = (*query)->Open(100, &stream);
  const std::string text = opened.ok() ? ReadAll(&stream).failure : opened.error().ToString();
  EXPECT_NE(text.find("late"), std::string::npos) << text;
  opened = (*query)->Open(100, &stream);
  if (opened.ok()) {
    EXPECT_NE(ReadAll(&stream).failure.find("late"), std::string::npos);
  } else {
    EXPECT_EQ(opened.error().reason, "engine.query_failed");
  }
}

}  // namespace
}  // namespace lakehold::engine
