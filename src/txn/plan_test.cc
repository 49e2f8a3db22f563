#include "txn/plan.h"

#include <gtest/gtest.h>

#include "support/table_bench.h"

namespace lakehold::txn {
namespace {

using testing::TableBench;
using testing::VersionOf;

TEST(PlanTest, ANewTableIsAtOneTwoUnlessATypeAsksForMore) {
  auto draft = PlanCreate(TableBench::Definition(true), "id-1", 5);
  ASSERT_TRUE(draft.ok()) << draft.error().ToString();
  EXPECT_EQ(draft->protocol->min_reader_version, 1);
  EXPECT_EQ(draft->protocol->min_writer_version, 2);
  EXPECT_EQ(draft->metadata->partition_columns, std::vector<std::string>{"day"});
  EXPECT_EQ(draft->metadata->id, "id-1");

  auto definition = TableBench::Definition(false);
  definition.schema.fields[1].type.kind = delta::TypeKind::kTimestampNtz;
  draft = PlanCreate(definition, "id-2", 5);
  ASSERT_TRUE(draft.ok()) << draft.error().ToString();
  EXPECT_EQ(draft->protocol->min_reader_version, 3);
  EXPECT_EQ(draft->protocol->reader_features, std::vector<std::string>{"timestampNtz"});
}

TEST(PlanTest, PartitionColumnsTakeTheSchemasSpelling) {
  auto definition = TableBench::Definition(false);
  definition.partition_columns = {"DAY"};
  auto draft = PlanCreate(definition, "id", 0);
  ASSERT_TRUE(draft.ok());
  EXPECT_EQ(draft->metadata->partition_columns, std::vector<std::string>{"day"});
}

TEST(PlanTest, WrongPartitionColumnsAreRefused) {
  auto reason = [](std::vector<std::string> columns) {
    auto definition = TableBench::Definition(false);
    definition.partition_columns = std::move(columns);
    auto draft = PlanCreate(definition, "id", 0);
    return draft.ok() ? std::string_view("ok") : draft.error().reason;
  };
  EXPECT_EQ(reason({"nope"}), "txn.unknown_partition_column");
  EXPECT_EQ(reason({"day", "Day"}), "txn.duplicate_partition_column");
  EXPECT_EQ(reason({"day", "id"}), "txn.only_partition_columns");
}

TEST(PlanTest, ReplacingKeepsTheTableAndRemovesItsFiles) {
  TableBench bench;
  bench.Create();
  ASSERT_EQ(VersionOf(bench.Append(bench.Load())), 1);
  auto draft = PlanReplace(bench.Load(), TableBench::Definition(true), 9);
  ASSERT_TRUE(draft.ok());
  EXPECT_EQ(draft->removes.size(), 1U);
  EXPECT_EQ(draft->metadata->id, bench.Load()->metadata().id);
  ASSERT_EQ(VersionOf(Commit(bench.root, *draft, {}, bench.options, bench.context)), 2);
  EXPECT_EQ(bench.Load()->files().live_files(), 0);
  EXPECT_EQ(bench.Load()->metadata().partition_columns, std::vector<std::string>{"day"});
}

TEST(PlanTest, OverwritingByAConditionOnOtherColumnsIsRefused) {
  TableBench bench;
  bench.Create(true);
  ASSERT_EQ(VersionOf(bench.Append(bench.Load(), 1, "2026-11-01")), 1);
  const auto base = bench.Load();
  const auto id = *delta::FindColumn(base->schema(), base->metadata().partition_columns, {"id"});
  auto draft =
      PlanOverwrite(base, delta::Predicate::Compare(id, delta::CompareOp::kEq, int64_t{1}));
  ASSERT_FALSE(draft.ok());
  EXPECT_EQ(draft.error().reason, "txn.overwrite_needs_partitions");
  EXPECT_FALSE(PlanOverwrite(base, delta::Predicate::Unknown()).ok());
}

TEST(PlanTest, AnAppendOnlyTableKeepsItsRows) {
  TableBench bench;
  bench.Create(false, {{"delta.appendOnly", "true"}});
  EXPECT_TRUE(PlanAppend(bench.Load()).ok());
  auto draft = PlanOverwrite(bench.Load(), std::nullopt);
  ASSERT_FALSE(draft.ok());
  EXPECT_EQ(draft.error().reason, "txn.append_only");
}

}  // namespace
}  // namespace lakehold::txn
