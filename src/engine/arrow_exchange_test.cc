#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "engine/engine_fixture_test.h"

namespace lakehold::engine {
namespace {

using testing::EngineTest;
using testing::ReadAll;
using testing::ReadText;

class ArrowExchange : public EngineTest {
 protected:
  // A source that runs `sql` on a session of its own each time it is opened.
  StreamSource SourceOf(const std::string& sql, bool one_shot, int64_t batch_rows = 1000) {
    auto producer = std::shared_ptr<Session>(OpenSession());
    StreamSource source;
    source.one_shot = one_shot;
    source.open = [producer, sql, batch_rows, this](ArrowArrayStream* out) -> Status {
      ++opened_;
      LAKEHOLD_ASSIGN(auto query, producer->Run(sql, {}));
      return query->Open(batch_rows, out);
    };
    return source;
  }
  int opened_ = 0;
};

constexpr const char* kAllTypes =
    "SELECT i % 2 = 0 AS b, i::TINYINT AS i8, i::SMALLINT AS i16, i::INTEGER AS i32, i AS i64, "
    "i::UTINYINT AS u8, "
    "i::UBIGINT AS u64, i / 3.0::FLOAT AS f, i / 7.0::DOUBLE AS d, (i / 100.0)::DECIMAL(9, 2) AS "
    "dec9, "
    "(i * 1000000000000)::DECIMAL(38, 4) AS dec38, DATE '2020-01-01' + i::INTEGER AS day, "
    "TIMESTAMP '2020-01-01 01:02:03.456789' + INTERVAL (i) HOUR AS ts, "
    "TIMESTAMPTZ '2020-01-01 01:02:03.456789+00' + INTERVAL (i) HOUR AS tstz, "
    "CASE WHEN i % 5 = 0 THEN NULL ELSE 'text ' || repeat('x', i::INTEGER) END AS s, "
    "('bytes' || i)::BLOB AS bytes, {'a': i, 'b': 'n' || i} AS st, [i, NULL, i + 1] AS li, MAP "
    "{'k' || i: i} AS mp, "
    "[{'x': [i]}] AS deep FROM range(100) t(i)";

TEST_F(ArrowExchange, EveryTypeSurvivesARoundTrip) {
  auto session = OpenSession();
  ASSERT_TRUE(session->Register("given", SourceOf(kAllTypes, false, 7)).ok());
  const std::string difference = "SELECT count(*) FROM ((FROM given EXCEPT ALL (" +
                                 std::string(kAllTypes) + ")) UNION ALL ((" + kAllTypes +
                                 ") EXCEPT ALL FROM given))";
  EXPECT_EQ(ReadText(*session, difference), "0");
  EXPECT_EQ(ReadText(*session, "SELECT count(*) FROM given"), "100");
}

TEST_F(ArrowExchange, FiltersAndProjectionsOnAnInputAreExact) {
  auto session = OpenSession();
  ASSERT_TRUE(
      session
          ->Register("given", SourceOf("SELECT i AS id, 'n' || (i % 7) AS name, i * 2 AS twice "
                                       "FROM range(100000) t(i)",
                                       false))
          .ok());
  EXPECT_EQ(ReadText(*session, "SELECT count(*) FROM given WHERE id BETWEEN 50000 AND 51000"),
            "1001");
  EXPECT_EQ(ReadText(*session, "SELECT max(name) FROM given WHERE id < 10"), "n6");
  EXPECT_EQ(ReadText(*session, "SELECT sum(twice) FROM given WHERE name = 'n3' AND id < 20"), "60");
  EXPECT_EQ(
      ReadText(*session, "SELECT count(*) FROM given a JOIN given b USING (id) WHERE b.id % 3 = 0"),
      "33334");
  EXPECT_EQ(ReadText(*session, "SELECT name FROM given WHERE twice = 14"), "n0");
}

TEST_F(ArrowExchange, AOneShotInputIsReadOnceAndOpenedOnce) {
  auto session = OpenSession();
  ASSERT_TRUE(session->Register("given", SourceOf("SELECT i FROM range(10) t(i)", true)).ok());
  EXPECT_EQ(ReadText(*session, "SELECT sum(i) FROM given"), "45");
  auto query = session->Run("SELECT sum(i) FROM given", {});
  ASSERT_TRUE(query.ok()) << query.error().ToString();
  ArrowArrayStream stream;
  const Status opened = (*query)->Open(10, &stream);
  std::string text = opened.ok() ? ReadAll(&stream).failure : opened.error().ToString();
  EXPECT_NE(text.find("engine.consumed"), std::string::npos) << text;
  EXPECT_EQ(opened_, 1);
}

TEST_F(ArrowExchange, AReopenableInputIsReadAgain) {
  auto session = OpenSession();
  ASSERT_TRUE(session->Register("given", SourceOf("SELECT i FROM range(10) t(i)", false)).ok());
  EXPECT_EQ(ReadText(*session, "SELECT sum(i) FROM given"), "45");
  EXPECT_EQ(ReadText(*session, "SELECT sum(i) FROM given"), "45");
}

TEST_F(ArrowExchange, AnInputShadowsUntilItIsUnregistered) {
  auto session = OpenSession();
  ASSERT_TRUE(session->Run("CREATE TEMP TABLE other AS SELECT 1 AS i", {}).ok());
  ASSERT_TRUE(session->Register("given", SourceOf("SELECT i FROM range(3) t(i)", false)).ok());
  auto bound = session->Run("SELECT CAST(count(*) AS VARCHAR) FROM given", {});
  ASSERT_TRUE(bound.ok());
  ASSERT_TRUE(session->Unregister("GIVEN").ok());
  EXPECT_EQ(session->Run("FROM given", {}).error().reason, "sql.unknown_table");
  EXPECT_EQ(session->Unregister("given").error().reason, "engine.unknown_input");
  EXPECT_EQ(testing::TextOf(**bound), "3") << "a SELECT bound before keeps its input";
}

TEST_F(ArrowExchange, TheProducersOwnWordsComeThrough) {
  StreamSource source;
  source.open = [](ArrowArrayStream* out) -> Status {
    out->get_schema = [](ArrowArrayStream*, ArrowSchema* schema) {
      testing::OneColumnSchema(schema, "l", "i");
      return 0;
    };
    out->get_next = [](ArrowArrayStream*, ArrowArray*) { return EIO; };
    out->get_last_error = [](ArrowArrayStream*) { return "the tape is torn"; };
    out->release = [](ArrowArrayStream* stream) { stream->release = nullptr; };
    return {};
  };
  auto session = OpenSession();
  ASSERT_TRUE(session->Register("given", source).ok());
  const std::string text = testing::FailureOf(*session, "SELECT sum(i) FROM given");
  EXPECT_NE(text.find("the tape is torn"), std::string::npos) << text;
  EXPECT_NE(text.find("engine.input_failed"), std::string::npos) << text;
}

TEST_F(ArrowExchange, TextIsPlainUtf8AndInstantsAreUtc) {
  auto session = OpenSession();
  auto query = session->Run(
      "SELECT 'x' AS s, now() AS t, sum(1::BIGINT) AS h, uuid() AS u, {'a': 1}::JSON AS j", {});
  ASSERT_TRUE(query.ok()) << query.error().ToString();
  ArrowArrayStream stream;
  ASSERT_TRUE((*query)->Open(10, &stream).ok());
  ArrowSchema schema;
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  std::vector<std::string> formats;
  for (int64_t i = 0; i < schema.n_children; ++i) formats.emplace_back(schema.children[i]->format);
  EXPECT_EQ(formats, (std::vector<std::string>{"u", "tsu:UTC", "d:38,0", "u", "u"}));
  schema.release(&schema);
  stream.release(&stream);
}

TEST_F(ArrowExchange, BatchesHaveTheAskedSize) {
  auto session = OpenSession();
  auto query = session->Run("SELECT i FROM range(10000) t(i)", {});
  ASSERT_TRUE(query.ok());
  ArrowArrayStream stream;
  ASSERT_TRUE((*query)->Open(3000, &stream).ok());
  EXPECT_EQ(ReadAll(&stream).batches, (std::vector<int64_t>{3000, 3000, 3000, 1000}));
}

}  // namespace
}  // namespace lakehold::engine
