#include "engine/duckdb_errors.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine_fixture_test.h"

namespace lakehold::engine {
namespace {

using testing::EngineTest;

class DuckDbErrors : public EngineTest {
 protected:
  Error ErrorOf(const std::string& sql, const Parameters& parameters = {}) {
    auto session = OpenSession();
    auto query = session->Run(
        "CREATE TEMP TABLE trips (id INTEGER NOT NULL, fare DOUBLE CHECK (fare < 100)); " + sql,
        parameters);
    if (!query.ok()) return std::move(query).error();
    return Internal("test.no_error", "it worked");
  }
};

TEST_F(DuckDbErrors, EachKindOfMistakeHasItsReason) {
  struct Case {
    const char* sql;
    ErrorKind kind;
    const char* reason;
  };
  const Case cases[] = {
      {"SELECT * FROM trps", ErrorKind::kNotFound, "sql.unknown_table"},
      {"SELECT CAST(1 AS NO_SUCH_TYPE)", ErrorKind::kInvalid, "sql.unknown_type"},
      {"SELECT nope(1)", ErrorKind::kNotFound, "sql.unknown_function"},
      {"SELECT fair FROM trips", ErrorKind::kInvalid, "sql.unknown_column"},
      {"SELECT t.fair FROM trips t", ErrorKind::kInvalid, "sql.unknown_column"},
      {"SELEC 1", ErrorKind::kInvalid, "sql.syntax"},
      {"INSERT INTO trips SELECT 'seven', 1", ErrorKind::kInvalid, "sql.conversion"},
      {"INSERT INTO trips VALUES (NULL, 1)", ErrorKind::kInvalid, "sql.constraint"},
      {"INSERT INTO trips VALUES (1, 200)", ErrorKind::kInvalid, "sql.constraint"},
      {"CREATE TEMP TABLE trips (a INTEGER)", ErrorKind::kAlreadyExists, "sql.exists"},
      {"SELECT sum(sum(id)) FROM trips", ErrorKind::kInvalid, "sql.bind"},
      {"SELECT * FROM read_csv('/no/such/file.csv')", ErrorKind::kNotFound, "sql.no_such_file"},
      {"SET no_such_setting = 1", ErrorKind::kInvalid, "sql.setting"},
      {"COMMIT", ErrorKind::kInvalid, "sql.transaction"},
      {"INSERT INTO trips VALUES ($id, 1)", ErrorKind::kInvalid, "sql.parameter"},
  };
  for (const Case& test : cases) {
    const Error error = ErrorOf(test.sql);
    EXPECT_EQ(error.reason, test.reason) << test.sql << ": " << error.ToString();
    EXPECT_EQ(error.kind, test.kind) << test.sql << ": " << error.ToString();
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  }
}

TEST_F(DuckDbErrors, ContextTravelsThroughDuckDbAndNamesAreTold) {
  using Context = std::vector<std::pair<std::string, std::string>>;
  const Error given = Invalid("test.reason", "no", "do").With("column", "c").With("row", "7");
  Context carried = ErrorFromDuckDb(ErrorDataOf(given)).context;
  std::sort(carried.begin(), carried.end());
  EXPECT_EQ(carried, (Context{{"column", "c"}, {"row", "7"}}));
  EXPECT_EQ(Error(given).With("row", "8").context, given.context);
  EXPECT_EQ(ErrorOf("SELECT fair FROM trips").context, (Context{{"column", "fair"}}));
  EXPECT_EQ(ErrorOf("SELECT * FROM trps").context, (Context{{"table", "trps"}}));
}

TEST_F(DuckDbErrors, TheNearestNameIsSuggested) {
  EXPECT_EQ(ErrorOf("SELECT fair FROM trips").hint, "Did you mean \"fare\"?");
  EXPECT_EQ(ErrorOf("SELECT * FROM trps").hint, "Did you mean \"trips\"?");
}

TEST_F(DuckDbErrors, OurErrorTravelsThroughUnchanged) {
  const Error cases[] = {
      Conflict("txn.concurrent_append", "version 7 won", "Read again"),
      OutcomeUnknown("storage.lost_answer", "perhaps", "0b0f2c2e"),
      IoError("storage.disk_full", "100 % of /data"),
      NotFound("delta.no_such_version", "5 of {1, 2}: \"quoted\" \\ back"),
      Unsupported("delta.feature", "variant"),
      Corrupt("delta.gap", "no 3"),
  };
  for (const Error& error : cases) {
    try {
      ThrowError(error);
    } catch (const std::exception& exception) {
      const Error back = ErrorFromDuckDb(exception);
      EXPECT_EQ(back.kind, error.kind);
      EXPECT_EQ(back.reason, error.reason);
      EXPECT_EQ(back.message, error.message);
      EXPECT_EQ(back.hint, error.hint);
      EXPECT_EQ(back.transaction_id, error.transaction_id);
    }
    EXPECT_EQ(ErrorFromDuckDb(ErrorDataOf(error)).reason, error.reason);
  }
}

TEST_F(DuckDbErrors, AClosedResultTellsOfWhatItFailed) {
  const Error error = ErrorFromDuckDb(duckdb::InvalidInputException(
      "Attempting to execute an unsuccessful or closed pending query result\nError: Conversion "
      "Error: Could not convert string 'x' to INT32\nLINE 1: SELECT"));
  EXPECT_EQ(error.reason, "sql.conversion");
  EXPECT_EQ(error.message, "Could not convert string 'x' to INT32");
}

TEST_F(DuckDbErrors, AFailureDoesNotPoisonTheInstance) {
  auto session = OpenSession();
  EXPECT_FALSE(session->Run("SELECT * FROM lakehold_arrow('nothing')", {}).ok());
  EXPECT_EQ(testing::ReadText(*session, "SELECT 1"), "1");
}

}  // namespace
}  // namespace lakehold::engine
