// What arguments mean: places, versions, formats, scripts.
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/line_editor.h"
#include "cli/place.h"
#include "cli/ragged_line.h"
#include "cli/statement_splitter.h"
#include "cli/word_list.h"

namespace lakehold::cli {
namespace {

int64_t TimeOf(const std::string& text) {
  const auto spec = ParseVersionSpec(text);
  if (!spec.ok() || !std::holds_alternative<AtTime>(*spec)) return -1;
  return std::get<AtTime>(*spec).time_ms;
}

TEST(Place, ATableIsTheLastPartOfItsPath) {
  EXPECT_EQ(ParseTablePlace("data/lake/trips")->lake, "data/lake");
  EXPECT_EQ(ParseTablePlace("data/lake/trips//")->table, "trips");
  EXPECT_EQ(ParseTablePlace("trips")->lake, ".");
  EXPECT_EQ(ParseTablePlace("/trips")->lake, "/");
  for (const char* bad : {"", "/", ".", "lake/.."}) {
    EXPECT_EQ(ParseTablePlace(bad).error().reason, "cli.not_a_table_path") << bad;
  }
}

TEST(Place, OneSqlArgumentIsALakeIfItExists) {
  EXPECT_EQ(*ResolveSqlArguments({"/"}).lake, "/");
  EXPECT_EQ(*ResolveSqlArguments({"s3://bucket/lake"}).lake, "s3://bucket/lake");
  const auto statement = ResolveSqlArguments({"SELECT 's3://bucket'"});
  EXPECT_FALSE(statement.lake.has_value());
  EXPECT_EQ(*statement.sql, "SELECT 's3://bucket'");
  const auto both = ResolveSqlArguments({"no/such/lake", "SELECT 1"});
  EXPECT_EQ(*both.lake, "no/such/lake");
  EXPECT_FALSE(ResolveSqlArguments({}).sql.has_value());
}

TEST(VersionSpec, IsAVersionOrATime) {
  EXPECT_EQ(std::get<AtVersion>(*ParseVersionSpec("3")).version, 3);
  constexpr int64_t kMidnight = 1'793'491'200'000;
  EXPECT_EQ(TimeOf("2026-11-01T00:00Z"), kMidnight);
  EXPECT_EQ(TimeOf("2026-11-01"), kMidnight);
  EXPECT_EQ(TimeOf("2026-11-01 00:00:00.5"), kMidnight + 500);
  EXPECT_EQ(TimeOf("2026-11-01T02:00:00+02:00"), kMidnight);
  EXPECT_EQ(TimeOf("2026-10-31T16:30-0730"), kMidnight);
  EXPECT_EQ(TimeOf("1970-01-01"), 0);
  for (const char* bad :
       {"", "-1", "3x", "2026-13-01", "2026-02-29", "2026-11-01T25:00", "2026-11-01Tnoon"}) {
    EXPECT_EQ(ParseVersionSpec(bad).error().reason, "cli.bad_version") << bad;
  }
}

Result<Format> Choose(std::string flag, std::string file, bool terminal, Content content,
                      std::string usual = "") {
  OutputFlags flags;
  flags.format = std::move(flag);
  flags.file = std::move(file);
  flags.usual_format = std::move(usual);
  return ChooseFormat(flags, terminal, content);
}

TEST(Format, IsTheFlagsThenTheFilesThenTheTerminals) {
  EXPECT_EQ(*Choose("json", "x.csv", true, Content::kRows), Format::kJson);
  EXPECT_EQ(*Choose("", "x.parquet", true, Content::kRows), Format::kParquet);
  EXPECT_EQ(*Choose("", "x.dat", true, Content::kRows), Format::kCsv);
  EXPECT_EQ(*Choose("", "", true, Content::kRows), Format::kTable);
  EXPECT_EQ(*Choose("", "-", false, Content::kRows), Format::kCsv);
  EXPECT_EQ(*Choose("", "", false, Content::kReport), Format::kNdjson);
  EXPECT_EQ(Choose("xml", "", false, Content::kRows).error().reason, "cli.unknown_format");
  EXPECT_EQ(*Choose("", "x.arrows", true, Content::kRows), Format::kArrow);
  EXPECT_EQ(*Choose("", "x.feather", true, Content::kRows), Format::kArrow);
}

TEST(Format, TheUsualOneStandsWhereNothingElseSaysIt) {
  EXPECT_EQ(*Choose("", "", true, Content::kRows, "json"), Format::kJson);
  EXPECT_EQ(*Choose("", "", false, Content::kReport, "csv"), Format::kCsv);
  EXPECT_EQ(*Choose("", "x.csv", true, Content::kRows, "json"), Format::kCsv);
  EXPECT_EQ(*Choose("table", "", true, Content::kRows, "json"), Format::kTable);
  EXPECT_EQ(*Choose("", "", false, Content::kReport, "arrow"), Format::kNdjson);
}

TEST(Format, ArrowIsAFileOnlyWhereTheNameSaysSo) {
  EXPECT_TRUE(IsArrowFileName("a/x.arrow"));
  EXPECT_TRUE(IsArrowFileName("x.feather"));
  EXPECT_FALSE(IsArrowFileName("x.arrows"));
  EXPECT_FALSE(IsArrowFileName("-"));
  EXPECT_FALSE(IsArrowFileName(""));
}

TEST(Script, IsCutAtSemicolonsOutsideOfQuotesAndComments) {
  const auto script = SplitStatements(
      "SELECT ';', \"a;b\", 'it''s;'; -- no; statement\n/* ; /* ; */ ; */ SELECT $t$;$t$;;\nrest");
  ASSERT_EQ(script.statements.size(), 2U);
  EXPECT_EQ(script.statements[0], "SELECT ';', \"a;b\", 'it''s;'");
  EXPECT_NE(script.statements[1].find("$t$;$t$"), std::string::npos);
  EXPECT_EQ(script.rest, "\nrest");
  EXPECT_EQ(SplitStatements("SELECT $1; -- done\n").rest, "");
  EXPECT_EQ(SplitStatements("SELECT 'open;").rest, "SELECT 'open;");
}

TEST(RaggedLine, IsTheFirstRecordWithAnotherNumberOfFields) {
  const auto ragged = RaggedLineOf("id,name\r\n1,\"a,\r\nb\"\r\n\r\n2,c,more\r\n3\r\n", ',');
  ASSERT_TRUE(ragged.has_value());
  EXPECT_EQ(ragged->line, 5);
  EXPECT_EQ(ragged->fields, 3);
  EXPECT_EQ(ragged->expected, 2);
  EXPECT_EQ(ragged->text, "2,c,more");
  EXPECT_FALSE(RaggedLineOf("a,b\n1,2\n3", ',').has_value());
  EXPECT_FALSE(RaggedLineOf("", ',').has_value());
}

TEST(ExitCode, FollowsTheTable) {
  EXPECT_EQ(ExitCode(ErrorKind::kInvalid), 2);
  EXPECT_EQ(ExitCode(ErrorKind::kIo), 11);
  EXPECT_EQ(ExitCode(ErrorKind::kCancelled), 130);
  EXPECT_EQ(ExitCode(ErrorKind::kInternal), 70);
  Error error{ErrorKind::kNotFound, "delta.not_a_table", "x is no table", "check the path", ""};
  EXPECT_EQ(ErrorLine(error, false), "error: x is no table. Check the path [delta.not_a_table]\n");
}

TEST(WordList, CompletesTheWordBeforeTheCursor) {
  WordList words({".tables", ".timer", ".quit"});
  words.Add("trips");
  words.Add("Trip_id");
  EXPECT_EQ(words.Complete(".t"), (std::vector<std::string>{".tables", ".timer"}));
  EXPECT_EQ(words.Complete("SELECT tri"), (std::vector<std::string>{"Trip_id", "trips"}));
  EXPECT_EQ(words.Complete("sel"), (std::vector<std::string>{"SELECT"}));
  EXPECT_TRUE(words.Complete("SELECT ").empty());
  EXPECT_EQ(SharedPrefix({".tables", ".timer"}), ".t");
  EXPECT_EQ(LastWord("SELECT t.fa"), "fa");
}

}  // namespace
}  // namespace lakehold::cli
