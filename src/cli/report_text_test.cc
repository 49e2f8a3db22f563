#include "cli/report_text.h"

#include <gtest/gtest.h>

#include "cli/progress.h"
#include "cli/record_table.h"

namespace lakehold::cli {
namespace {

TEST(CommitLine, SaysWhatOneCommitDid) {
  CommitReport report;
  report.table = "trips";
  report.version = 13;
  report.rows_added = 1'000;
  EXPECT_EQ(CommitLine(report, 4), "trips: +1,000 rows, version 13, 4 ms");
  report.rows_removed = 1;
  report.reader_features = {"timestampNtz"};
  EXPECT_EQ(CommitLine(report, 1'250),
            "trips: +1,000 rows, -1 row, version 13, 1.2 s; readers need timestampNtz");
  CommitReport created;
  created.table = "trips";
  created.operation = "CREATE TABLE";
  EXPECT_EQ(CommitLine(created, 61'000), "trips: CREATE TABLE, version 0, 1 min 1 s");
}

TEST(ScanLine, SaysWhichFilesAreReadAndWhy) {
  ScanReport scan;
  scan.table = "trips";
  scan.version = 12;
  scan.files = 365;
  scan.files_read = 2;
  scan.bytes = 9'100'000;
  scan.bytes_read = 400'000;
  scan.skipped_by_partition = 363;
  scan.columns = {"day"};
  scan.filter = "fare > 50";
  EXPECT_EQ(ScanLine(scan),
            "trips v12: read 2 of 365 files, 0.4 of 9.1 MB; skipped 363 by partition day; then "
            "filter fare > 50");
  scan.files_read = 1;
  scan.skipped_by_partition = 300;
  scan.skipped_by_deletion = 1;
  scan.skipped_by_limit = 53;
  scan.answered_by_log = 10;
  scan.files_with_vectors = 1;
  scan.filter.clear();
  EXPECT_EQ(ScanLine(scan),
            "trips v12: read 1 of 365 files, 0.4 of 9.1 MB; skipped 300 by partition day, 1 of "
            "deleted rows, 53 by LIMIT; answered 10 from the log; 1 with deleted rows");
}

TEST(Progress, SaysRateAndTimeLeft) {
  EXPECT_EQ(Progress::Line("import trips", 2'000, 500'000'000, 1'000'000'000),
            "import trips: 2.0 s, 500.0 MB of 1.0 GB, 250.0 MB/s, 2.0 s left");
  EXPECT_EQ(Progress::Line("running", 700, 0, 0), "running: 700 ms");
}

TEST(RecordTable, IsTheSameInEveryFormat) {
  using Kind = RecordTable::Kind;
  RecordTable records({{"version", Kind::kNumber}, {"name"}, {"more", Kind::kJson, false}});
  records.Add({"1234", "a,\"b\"", "{\"x\":1}"});
  records.Add({"5", std::nullopt, std::nullopt});
  EXPECT_EQ(records.ToJson(true),
            "{\"version\":1234,\"name\":\"a,\\\"b\\\"\",\"more\":{\"x\":1}}\n"
            "{\"version\":5,\"name\":null,\"more\":null}\n");
  EXPECT_EQ(records.ToCsv(), "version,name,more\n1234,\"a,\"\"b\"\"\",\"{\"\"x\"\":1}\"\n5,,\n");
  EXPECT_EQ(records.ToTable(0), "version  name\n-------  -----\n  1,234  a,\"b\"\n      5\n");
}

TEST(JsonObject, QuotesWhatIsNotJsonYet) {
  EXPECT_EQ(JsonObject({{"a", "1"}}, true), "{\"a\":1}");
  EXPECT_EQ(JsonObject({{"a", "1"}, {"b", "\""}}, false), "{\"a\":\"1\",\"b\":\"\\\"\"}");
}

}  // namespace
}  // namespace lakehold::cli
