// Tables written by hand, read through the catalog: values, mapping, vectors, time travel.
#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

using L = ScanLake;

std::string Mapping(int id, const std::string& name) {
  return R"({"delta.columnMapping.id":)" + std::to_string(id) +
         R"(,"delta.columnMapping.physicalName":")" + name + "\"}";
}

// Two files of three rows, partitioned by day; the second lacks `note`.
void MakeTrips(ScanLake& lake) {
  lake.Log(
      "trips", 0,
      {L::Protocol(),
       L::Metadata(L::Field("id", "long", R"({"comment":"the key"})", false) + "," +
                       L::Field("fare", "double") + "," + L::Field("note", "string") + "," +
                       L::Field("day", "date"),
                   R"(["day"])"),
       lake.Parquet(
           "trips", "a.parquet",
           "SELECT i AS id, i * 1.5::DOUBLE AS fare, 'n' || i AS note FROM range(1, 4) t(i)",
           R"({"numRecords":3,"minValues":{"id":1,"fare":1.5},"maxValues":{"id":3,"fare":4.5},"nullCount":{"id":0,"fare":0,"note":0}})",
           R"({"day":"2026-01-01"})")});
  lake.Log(
      "trips", 1,
      {lake.Parquet(
          "trips", "b.parquet", "SELECT i AS id, i * 1.5::DOUBLE AS fare FROM range(4, 7) t(i)",
          R"({"numRecords":3,"minValues":{"id":4,"fare":6},"maxValues":{"id":6,"fare":9},"nullCount":{"id":0,"fare":0}})",
          R"({"day":"2026-01-02"})")});
}

TEST(Scan, ReadsPartitionConstantsAndNullsForMissingColumns) {
  ScanLake lake;
  MakeTrips(lake);
  EXPECT_EQ(lake.Rows("SELECT * FROM lake.trips ORDER BY id"),
            "1|1.5|n1|2026-01-01\n2|3.0|n2|2026-01-01\n3|4.5|n3|2026-01-01\n"
            "4|6.0|NULL|2026-01-02\n5|7.5|NULL|2026-01-02\n6|9.0|NULL|2026-01-02\n");
  EXPECT_EQ(lake.Rows("SELECT id FROM lake.trips WHERE note IS NULL AND fare > 7 ORDER BY id"),
            "5\n6\n");
  EXPECT_EQ(lake.Rows("SELECT day, sum(id) FROM lake.trips GROUP BY day ORDER BY day"),
            "2026-01-01|6\n2026-01-02|15\n");
}

TEST(Scan, DescribesColumnsConstraintsAndComments) {
  ScanLake lake;
  MakeTrips(lake);
  EXPECT_EQ(lake.Rows("SELECT column_name, column_type, \"null\" FROM (DESCRIBE lake.trips)"),
            "id|BIGINT|NO\nfare|DOUBLE|YES\nnote|VARCHAR|YES\nday|DATE|YES\n");
  EXPECT_EQ(lake.Rows("SELECT comment FROM duckdb_columns() WHERE database_name = 'lake' AND "
                      "column_name = 'id'"),
            "the key\n");
  EXPECT_EQ(
      lake.Rows(
          "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = 'lake'"),
      "trips|6\n");
}

TEST(Scan, VirtualColumnsNameTheFileAndTheRow) {
  ScanLake lake;
  MakeTrips(lake);
  EXPECT_EQ(lake.Rows("SELECT filename, file_row_number FROM lake.trips WHERE id = 5"),
            lake.path() + "/trips/b.parquet|1\n");
}

TEST(Scan, TravelsByVersionAndByTime) {
  ScanLake lake;
  MakeTrips(lake);
  EXPECT_EQ(lake.Rows("SELECT count(*), max(id) FROM lake.trips AT (VERSION => 0)"), "3|3\n");
  EXPECT_EQ(
      lake.Rows(
          "SELECT count(*) FROM lake.trips a JOIN lake.trips AS b AT (VERSION => 0) USING (id)"),
      "3\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.trips AT (TIMESTAMP => '2100-01-01')"), "6\n");
  EXPECT_EQ(lake.Fails("FROM lake.trips AT (VERSION => 7)").reason, "delta.no_such_version");
  EXPECT_EQ(lake.Fails("FROM lake.trips AT (TIMESTAMP => '1999-01-01')").reason,
            "delta.no_such_time");
  EXPECT_EQ(lake.Fails("FROM lake.trips AT (VERSION => 'x')").kind, ErrorKind::kInvalid);
}

TEST(Scan, SeesNewCommitsOutsideAndKeepsItsPinInsideATransaction) {
  ScanLake lake;
  MakeTrips(lake);
  auto other = lake.Connect();
  EXPECT_EQ(lake.Rows(*other, "BEGIN; SELECT count(*) FROM lake.trips"), "6\n");
  lake.Log("trips", 2,
           {lake.Parquet("trips", "c.parquet", "SELECT 7::BIGINT AS id", R"({"numRecords":1})",
                         R"({"day":null})")});
  EXPECT_EQ(lake.Rows(*other, "SELECT count(*) FROM lake.trips"), "6\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.trips"), "7\n");
  EXPECT_EQ(lake.Rows(*other, "COMMIT; SELECT count(*), count(day) FROM lake.trips"), "7|6\n");
}

TEST(Scan, ReadsRenamedColumnsByPhysicalName) {
  ScanLake lake;
  lake.Log(
      "t", 0,
      {L::Protocol(2, 5),
       L::Metadata(L::Field("new", "long", Mapping(1, "col-1")) + "," +
                       L::Field("s",
                                R"({"type":"struct","fields":[)" +
                                    L::Field("x", "integer", Mapping(3, "col-3")) + "," +
                                    L::Field("added", "string", Mapping(9, "col-9")) + "]}",
                                Mapping(2, "col-2")) +
                       "," +
                       L::Field("l",
                                R"({"type":"array","elementType":{"type":"struct","fields":[)" +
                                    L::Field("y", "integer", Mapping(5, "col-5")) +
                                    R"(]},"containsNull":true})",
                                Mapping(4, "col-4")),
                   "[]",
                   R"({"delta.columnMapping.mode":"name","delta.columnMapping.maxColumnId":"9"})"),
       lake.Parquet(
           "t", "a.parquet",
           R"(SELECT 1::BIGINT AS "col-1", {'col-3': 7} AS "col-2", [{'col-5': 8}, NULL] AS "col-4"
                            UNION ALL SELECT 2, NULL, NULL)",
           R"({"numRecords":2})")});
  EXPECT_EQ(lake.Rows("SELECT * FROM lake.t ORDER BY new"),
            "1|{'x': 7, 'added': NULL}|[{'y': 8}, NULL]\n2|NULL|NULL\n");
  EXPECT_EQ(lake.Rows("SELECT s.x, l[1].y FROM lake.t WHERE s.x > 3"), "7|8\n");
}

TEST(Scan, ReadsByFieldIdAndNeverByNameInIdMode) {
  ScanLake lake;
  const auto fields =
      L::Field("a", "long", Mapping(1, "p1")) + "," + L::Field("b", "string", Mapping(2, "p2"));
  lake.Log(
      "t", 0,
      {L::Protocol(2, 5),
       L::Metadata(fields, "[]",
                   R"({"delta.columnMapping.mode":"id","delta.columnMapping.maxColumnId":"2"})"),
       lake.Parquet("t", "a.parquet", "SELECT 5::BIGINT AS whatever, 'x' AS other",
                    R"({"numRecords":1})", "{}", ", FIELD_IDS {whatever: 1, other: 2}"),
       lake.Parquet("t", "b.parquet", "SELECT 6::BIGINT AS p1, 'y' AS p2", R"({"numRecords":1})")});
  EXPECT_EQ(lake.Rows("SELECT * FROM lake.t ORDER BY a NULLS LAST"), "5|x\nNULL|NULL\n");
}

TEST(Scan, WidensTypesAndKeepsFiltersExact) {
  ScanLake lake;
  lake.Log(
      "t", 0,
      {L::Protocol(),
       L::Metadata(L::Field("i", "long") + "," + L::Field("f", "double") + "," +
                   L::Field("d", "timestamp_ntz")),
       lake.Parquet("t", "a.parquet",
                    "SELECT 5::INTEGER AS i, 0.1::FLOAT AS f, DATE '2026-01-01' AS d",
                    R"({"numRecords":1})"),
       lake.Parquet("t", "b.parquet",
                    "SELECT 6000000000 AS i, 0.5::DOUBLE AS f, TIMESTAMP '2026-01-02 03:00' AS d",
                    R"({"numRecords":1})")});
  // 0.1 as a FLOAT is a little more than 0.1.
  EXPECT_EQ(lake.Rows("SELECT i FROM lake.t WHERE f > 0.1 ORDER BY i"), "5\n6000000000\n");
  EXPECT_EQ(lake.Rows("SELECT i FROM lake.t WHERE d >= TIMESTAMP '2026-01-01 12:00'"),
            "6000000000\n");
  EXPECT_EQ(lake.Rows("SELECT i FROM lake.t WHERE i > 5000000000"), "6000000000\n");
  lake.Do("CREATE TEMP TABLE keys AS SELECT i::BIGINT AS k FROM range(3) t(i) UNION ALL SELECT 5");
  EXPECT_EQ(lake.Rows("SELECT i FROM lake.t JOIN keys ON i = k WHERE k > 1"), "5\n");
}

TEST(Scan, FiltersOnFieldsAFileDoesNotHave) {
  ScanLake lake;
  lake.Log(
      "t", 0,
      {L::Protocol(),
       L::Metadata(
           L::Field("id", "long") + "," +
           L::Field("s", R"({"type":"struct","fields":[)" + L::Field("x", "integer") + "," +
                             L::Field("y", "integer") + "]}") +
           "," +
           L::Field("m",
                    R"({"type":"map","keyType":"string","valueType":{"type":"struct","fields":[)" +
                        L::Field("a", "integer") + "," + L::Field("b", "string") +
                        R"(]},"valueContainsNull":true})")),
       lake.Parquet(
           "t", "a.parquet",
           "SELECT 1::BIGINT AS id, {'x': 1, 'y': 2} AS s, MAP {'k': {'b': 'B', 'a': 7}} AS m",
           R"({"numRecords":1})"),
       lake.Parquet("t", "b.parquet", "SELECT 2::BIGINT AS id", R"({"numRecords":1})"),
       lake.Parquet("t", "c.parquet",
                    "SELECT 3::BIGINT AS id, {'y': 5} AS s, MAP {'k': {'a': 8}} AS m",
                    R"({"numRecords":1})"),
       lake.Parquet("t", "d.parquet", "SELECT 4::BIGINT AS id, NULL::STRUCT(y INTEGER) AS s",
                    R"({"numRecords":1})")});
  auto ids = [&](const std::string& where) {
    return lake.Rows("SELECT id FROM lake.t WHERE " + where + " ORDER BY id");
  };
  EXPECT_EQ(lake.Rows("SELECT * FROM lake.t ORDER BY id"),
            "1|{'x': 1, 'y': 2}|{k={'a': 7, 'b': B}}\n2|NULL|NULL\n3|{'x': NULL, 'y': 5}|{k={'a': "
            "8, 'b': NULL}}\n4|NULL|NULL\n");
  EXPECT_EQ(ids("s.x = 1"), "1\n");
  EXPECT_EQ(ids("s.y > 1"), "1\n3\n");
  EXPECT_EQ(ids("s.x IS NULL"), "2\n3\n4\n");
  EXPECT_EQ(ids("s.x IS NOT NULL"), "1\n");
  EXPECT_EQ(ids("s IS NULL"), "2\n4\n");
  EXPECT_EQ(ids("s.x IS DISTINCT FROM 1"), "2\n3\n4\n");
  EXPECT_EQ(ids("s.x = 1 OR s.y = 5"), "1\n3\n");
  EXPECT_EQ(ids("m['k'].a = 8"), "3\n");
}

TEST(Scan, LeavesOutDeletedRows) {
  ScanLake lake;
  const auto add =
      lake.Parquet("t", "a.parquet", "SELECT i AS id FROM range(30) t(i)", R"({"numRecords":30})");
  // Rows 3, 4, 7, 11, 18 and 29.
  const std::string vector =
      R"(,"deletionVector":{"storageType":"i","pathOrInlineDv":"^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":44,"cardinality":6}}})";
  lake.Log(
      "t", 0,
      {R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}})",
       L::Metadata(L::Field("id", "long")), add.substr(0, add.size() - 2) + vector});
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "24\n");
  EXPECT_EQ(lake.Rows("SELECT count(id), sum(id) FROM lake.t"), "24|363\n");
  EXPECT_EQ(
      lake.Rows("SELECT id, file_row_number FROM lake.t WHERE id BETWEEN 2 AND 8 ORDER BY id"),
      "2|2\n5|5\n6|6\n8|8\n");
}

TEST(Scan, RefusesUnreadableTablesOnlyWhenTheyAreRead) {
  ScanLake lake;
  lake.Log(
      "t", 0,
      {R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["flyingCarpets"],"writerFeatures":["flyingCarpets"]}})",
       L::Metadata(L::Field("id", "long")), L::Add("a.parquet", 10, R"({"numRecords":3})", "{}")});
  EXPECT_EQ(lake.Rows("SELECT column_name FROM (DESCRIBE lake.t)"), "id\n");
  const auto error = lake.Fails("SELECT * FROM lake.t");
  EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
  EXPECT_NE(error.message.find("flyingCarpets"), std::string::npos) << error.message;
  EXPECT_EQ(lake.Fails("SELECT count(*) FROM lake.t").kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace lakehold::engine
