// The public C++ API as a program uses it: nothing here looks behind include/lakehold/.
#include "facade/public_lake.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "support/in_child.h"
#include "support/temp_folder.h"

namespace lakehold {
namespace {

constexpr OpenOptions kFast{Durability::kNone};

class PublicLake : public ::testing::Test {
 protected:
  PublicLake() : lake_(*Lake::Connect(folder_ / "lake", kFast)) {}

  Table MakeTrips() {
    CreateRequest request;
    request.table = "trips";
    request.columns = "id BIGINT NOT NULL, fare DOUBLE";
    auto table = lake_.Create(request);
    EXPECT_TRUE(table.ok()) << table.error().ToString();
    return std::move(table).value();
  }
  static int64_t Rows(Table& table) {
    const auto count = table.Count();
    EXPECT_TRUE(count.ok()) << count.error().ToString();
    return count.ok() ? *count : -1;
  }

  testing::TempFolder folder_;
  Lake lake_;
};

TEST_F(PublicLake, CreatesWritesAndCounts) {
  auto trips = MakeTrips();
  const auto report = trips.Write(AppendTrips());
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->version, 1);
  EXPECT_EQ(report->rows_added, 3);
  EXPECT_EQ(Rows(trips), 3);
  EXPECT_EQ(Count(lake_, "trips WHERE fare > 10"), 1);
  EXPECT_EQ(*lake_.Tables(), std::vector<std::string>{"trips"});
}

TEST_F(PublicLake, CreatesATableWithTheColumnsAndRowsOfAStream) {
  CreateRequest request;
  request.table = "trips";
  request.like = Trips();
  request.with_rows = true;
  auto trips = lake_.Create(request);
  ASSERT_TRUE(trips.ok()) << trips.error().ToString();
  const auto status = trips->Describe();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->version, 0);
  EXPECT_EQ(status->rows, 3);
  EXPECT_EQ(status->columns[1].type, "double");
}

TEST_F(PublicLake, ATypeOfAnotherBuildHidesItsOwnValuesOnly) {
  MakeTrips();
  const auto commit = folder_ / "lake/trips/_delta_log/00000000000000000000.json";
  std::stringstream read;
  read << std::ifstream(commit).rdbuf();
  std::string text = read.str();
  const std::string known = R"(\"type\":\"double\")";
  ASSERT_NE(text.find(known), std::string::npos) << text;
  text.replace(text.find(known), known.size(), R"(\"type\":\"geography\")");
  std::ofstream(commit, std::ios::trunc) << text;
  std::filesystem::remove(folder_ / "lake/trips/_delta_log/00000000000000000000.crc");

  auto lake = Lake::Connect(folder_ / "lake", kFast);
  auto trips = Table::Open(folder_ / "lake/trips");
  ASSERT_TRUE(trips.ok()) << trips.error().ToString();
  const auto status = trips->Describe();
  ASSERT_TRUE(status.ok()) << status.error().ToString();
  EXPECT_EQ(status->columns[1].type, "geography");
  EXPECT_NE(status->unreadable.find("\"fare\" has the type \"geography\""), std::string::npos);
  EXPECT_TRUE(trips->History().ok());
  EXPECT_TRUE(trips->Files().ok());
  EXPECT_EQ(Rows(*trips), 0);
  EXPECT_EQ(Count(*lake, "(SELECT id FROM trips)"), 0);
  EXPECT_FALSE(trips->Write(AppendTrips()).ok());
}

TEST_F(PublicLake, APinnedTableStaysAndCannotBeWritten) {
  auto trips = MakeTrips();
  ASSERT_TRUE(trips.Write(AppendTrips()).ok());
  auto pinned = trips.At(AtVersion{1});
  ASSERT_TRUE(pinned.ok());
  ASSERT_TRUE(trips.Write(AppendTrips()).ok());
  EXPECT_EQ(Rows(*pinned), 3);
  EXPECT_EQ(Rows(trips), 6);
  EXPECT_EQ(pinned->Write(AppendTrips()).error().reason, "table.pinned");
  EXPECT_EQ(trips.At(AtVersion{9}).error().reason, "delta.no_such_version");
  EXPECT_EQ(pinned->History()->front().version, 1);
}

TEST_F(PublicLake, OneTableIsTheSameByLakeAndByPath) {
  auto by_lake = MakeTrips();
  auto by_path = Table::Open(folder_ / "lake/trips", Latest{}, kFast);
  ASSERT_TRUE(by_path.ok()) << by_path.error().ToString();
  ASSERT_TRUE(by_path->Write(AppendTrips()).ok());
  EXPECT_EQ(Rows(by_lake), 3);
  ASSERT_TRUE(by_lake.Write(AppendTrips()).ok());
  EXPECT_EQ(Rows(*by_path), 6);
  EXPECT_EQ(by_path->Describe()->id, by_lake.Describe()->id);
}

TEST_F(PublicLake, TwoLakesOfOneProcessDoNotMeet) {
  MakeTrips();
  auto other = Lake::Connect(folder_ / "other", kFast);
  ASSERT_TRUE(other.ok());
  Do(*other, "CREATE TABLE trips (a BIGINT)");
  Do(*other, "INSERT INTO trips VALUES (1)");
  EXPECT_EQ(Count(lake_, "trips"), 0);
  EXPECT_EQ(Count(*other, "trips"), 1);
  auto session = lake_.Session();
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(Count(*session, "trips"), 0);
}

TEST_F(PublicLake, AnUncommittedWriteIsSeenByItsSessionAlone) {
  auto trips = MakeTrips();
  Do(lake_, "BEGIN");
  Do(lake_, "INSERT INTO trips VALUES (1, 2.0)");
  EXPECT_TRUE(lake_.in_transaction());
  EXPECT_EQ(Count(lake_, "trips"), 1);
  auto other = Table::Open(folder_ / "lake/trips", Latest{}, kFast);
  EXPECT_EQ(Rows(*other), 0);
  Do(lake_, "COMMIT");
  EXPECT_EQ(Rows(*other), 1);
}

TEST_F(PublicLake, ErrorsNameTheRightCall) {
  MakeTrips();
  EXPECT_EQ(Lake::Connect(folder_ / "lake/trips").error().reason, "facade.is_a_table");
  EXPECT_EQ(Table::Open(folder_ / "lake").error().reason, "facade.is_a_lake");
  EXPECT_EQ(lake_.OpenTable("trip").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(lake_.Sql("SELECT nothing FROM trips").error().reason, "sql.unknown_column");
  CreateRequest again;
  again.table = "trips";
  again.columns = "a BIGINT";
  EXPECT_EQ(lake_.Create(again).error().kind, ErrorKind::kAlreadyExists);
}

TEST_F(PublicLake, AForkedChildReadsAndWritesWithTheSameHandles) {
  auto trips = MakeTrips();
  ASSERT_TRUE(trips.Write(AppendTrips()).ok());
  EXPECT_EQ(Count(lake_, "trips"), 3);
  const auto told = testing::InChild([&] {
    const auto report = trips.Write(AppendTrips());
    if (!report.ok()) return report.error().ToString();
    return std::to_string(report->version) + " " + std::to_string(Count(lake_, "trips"));
  });
  EXPECT_EQ(told, "2 6");
  EXPECT_EQ(Rows(trips), 6);
}

TEST_F(PublicLake, AForkedChildCannotGoOnWithATransaction) {
  MakeTrips();
  Do(lake_, "BEGIN");
  Do(lake_, "INSERT INTO trips VALUES (1, 2.0)");
  const auto told = testing::InChild([&] {
    const auto rows = lake_.Sql("COMMIT");
    return rows.ok() ? std::string("committed") : std::string(rows.error().reason);
  });
  EXPECT_EQ(told, "facade.forked_transaction");
  Do(lake_, "COMMIT");
  EXPECT_EQ(Count(lake_, "trips"), 1);
}

}  // namespace
}  // namespace lakehold
