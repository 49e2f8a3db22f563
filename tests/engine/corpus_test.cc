// Foreign tables (tests/../../shared/corpus or $LAKEHOLD_CORPUS): every row of every table this
// build claims to read.
#include <cstdlib>
#include <map>
#include <sstream>

#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

namespace fs = std::filesystem;

std::string CorpusFolder() {
  if (const char* given = std::getenv("LAKEHOLD_CORPUS")) return given;
  for (fs::path up = LAKEHOLD_SOURCE_DIR; up.has_relative_path(); up = up.parent_path()) {
    const auto candidate = up / "shared" / "corpus";
    if (fs::exists(candidate / "expected.tsv")) return candidate.string();
  }
  return {};
}

std::vector<std::map<std::string, std::string>> ReadTsv(const std::string& path) {
  std::vector<std::map<std::string, std::string>> rows;
  std::vector<std::string> names;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::stringstream cut(line);
    for (std::string cell; std::getline(cut, cell, '\t');) cells.push_back(cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    std::map<std::string, std::string> row;
    for (size_t i = 0; i < names.size(); ++i) row[names[i]] = i < cells.size() ? cells[i] : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = CorpusFolder();
    if (folder.empty()) GTEST_SKIP() << "no corpus: set LAKEHOLD_CORPUS";
    lake.Do("ATTACH '" + folder + "/tables' AS corpus (TYPE lakehold)");
    lake.Do("SET TimeZone = 'UTC'");
  }

  // A projection under which both sides have the same types: the expected file's names and types.
  std::string Columns(const std::string& expected) {
    std::string columns;
    auto result = lake.connection().Query("SELECT column_name, column_type FROM (DESCRIBE FROM '" +
                                          expected + "')");
    for (auto& row : *result) {
      if (!columns.empty()) columns += ", ";
      columns +=
          "CAST(\"" + row.GetValue<std::string>(0) + "\" AS " + row.GetValue<std::string>(1) + ")";
    }
    return columns;
  }

  // Empty if the contents are equal, else what is wrong.
  std::string Differences(const std::string& source, const std::string& expected) {
    const std::string columns = Columns(expected);
    const std::string ours = "SELECT " + columns + " FROM " + source,
                      theirs = "SELECT " + columns + " FROM '" + expected + "'";
    const auto missing = lake.Rows("SELECT count(*) FROM (" + theirs + " EXCEPT ALL " + ours + ")");
    const auto extra = lake.Rows("SELECT count(*) FROM (" + ours + " EXCEPT ALL " + theirs + ")");
    if (missing == "0\n" && extra == "0\n") return {};
    return "missing " + missing + ", extra " + extra;
  }

  std::string folder;
  ScanLake lake;
};

TEST_F(Corpus, EveryReadableTableHasTheExpectedRows) {
  int compared = 0, counted = 0;
  for (auto& row : ReadTsv(folder + "/expected.tsv")) {
    if (row["expect"] != "read") continue;
    const std::string name = row["name"], source = "corpus.\"" + name + "\"";
    const auto count = lake.Rows("SELECT count(*) FROM (SELECT * FROM " + source + ")");
    EXPECT_EQ(count, row["rows"] + "\n") << name;
    ++counted;
    const std::string expected = folder + "/expected/" + name + ".parquet";
    if (!fs::exists(expected) || count.substr(0, 5) == "error") continue;
    // The expected file has their bytes, which no SQL gives: tests/e2e/test_corpus.py compares
    // them.
    if (row["features"].find("type:variant") != std::string::npos) continue;
    EXPECT_EQ(Differences(source, expected), "") << name;
    ++compared;
  }
  std::printf("corpus: %d tables counted, %d compared row by row\n", counted, compared);
  EXPECT_GT(counted, 30);
}

TEST_F(Corpus, OldVersionsHaveTheExpectedNumberOfRows) {
  int checked = 0;
  for (auto& row : ReadTsv(folder + "/versions.tsv")) {
    if (row["expect"] != "read") continue;
    const auto count = lake.Rows("SELECT count(*) FROM (SELECT * FROM corpus.\"" + row["name"] +
                                 "\" AT (VERSION => " + row["version"] + "))");
    EXPECT_EQ(count, row["rows"] + "\n") << row["name"] << " version " << row["version"];
    ++checked;
  }
  std::printf("corpus: %d versions counted\n", checked);
  EXPECT_GT(checked, 50);
}

TEST_F(Corpus, WhatMustBeRefusedIsRefused) {
  for (auto& row : ReadTsv(folder + "/expected.tsv")) {
    if (row["expect"] != "reject") continue;
    const auto rows = lake.Rows("SELECT * FROM corpus.\"" + row["name"] + "\"");
    EXPECT_EQ(rows.substr(0, 5), "error") << row["name"] << " (" << row["reason"] << ")";
    EXPECT_EQ(rows.find("INTERNAL"), std::string::npos) << row["name"] << ": " << rows;
  }
}

}  // namespace
}  // namespace lakehold::engine
