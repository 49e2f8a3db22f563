#include "txn/rebase.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/table_bench.h"

namespace lakehold::txn {
namespace {

using delta::Action;
using testing::TableBench;
using testing::VersionOf;

// One table with a file a day; each test drafts against it and meets one winner.
class RebaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.Create(true);
    for (const char* day : {"2026-11-01", "2026-11-02"})
      ASSERT_GE(VersionOf(bench_.Append(bench_.Load(), 1, day)), 1);
    base_ = bench_.Load();
  }

  Draft Append() { return PlanAppend(base_).value(); }
  Draft OverwriteAll() { return PlanOverwrite(base_, std::nullopt).value(); }
  delta::ColumnRef Day() const {
    return *delta::FindColumn(base_->schema(), base_->metadata().partition_columns, {"day"});
  }
  // DATE '2026-11-01' is day 20758.
  delta::Predicate DayIs(int64_t day) {
    return delta::Predicate::Compare(Day(), delta::CompareOp::kEq, day);
  }
  Draft OverwriteDay(int64_t day) { return PlanOverwrite(base_, DayIs(day)).value(); }

  static delta::AddFile Add(const std::string& day) {
    delta::AddFile add;
    add.path = "part-theirs.parquet";
    add.partition_values = {{"day", day}};
    add.stats = R"({"numRecords":1})";
    return add;
  }
  delta::RemoveFile Remove(delta::FileOrdinal ordinal, bool data_change = true) const {
    delta::RemoveFile remove;
    remove.path = std::string(base_->files().Get(ordinal).path);
    remove.data_change = data_change;
    return remove;
  }
  static delta::CommitInfo Info(bool blind, std::optional<int64_t> timestamp_ms = std::nullopt) {
    delta::CommitInfo info;
    info.operation = "WRITE";
    info.is_blind_append = blind;
    info.in_commit_timestamp_ms = timestamp_ms;
    return info;
  }
  // "" if `mine` passes the winner, else the reason.
  std::string Meet(const Draft& mine, const std::vector<Action>& theirs) {
    auto verdict = Rebase(mine, base_->version() + 1, theirs);
    EXPECT_TRUE(verdict.ok());
    const auto* conflict = std::get_if<Conflicted>(&*verdict);
    return conflict != nullptr ? std::string(conflict->reason) : "";
  }

  TableBench bench_;
  std::shared_ptr<const delta::Snapshot> base_;
};

TEST_F(RebaseTest, BlindAppendPassesAppendsRemovesAndRewrites) {
  EXPECT_EQ(Meet(Append(), {Info(true), Add("2026-11-01")}), "");
  EXPECT_EQ(Meet(Append(), {Info(false), Remove(0), Remove(1), Add("2026-11-01")}), "");
  EXPECT_EQ(Meet(Append(), {Info(false), Remove(0, false)}), "");
}

TEST_F(RebaseTest, WholeOverwriteMeetsAnyAppend) {
  EXPECT_EQ(Meet(OverwriteAll(), {Info(true), Add("2026-11-09")}), "txn.concurrent_append");
}

TEST_F(RebaseTest, PartitionOverwriteMeetsOnlyItsOwnPartitions) {
  EXPECT_EQ(Meet(OverwriteDay(20758), {Info(true), Add("2026-11-01")}), "txn.concurrent_append");
  EXPECT_EQ(Meet(OverwriteDay(20758), {Info(true), Add("2026-11-02")}), "");
}

TEST_F(RebaseTest, TwoRemovesOfOneFileConflict) {
  auto mine = OverwriteDay(20758);
  ASSERT_EQ(mine.removes.size(), 1U);
  const auto other = mine.removes.front() == 0 ? 1U : 0U;
  EXPECT_EQ(Meet(mine, {Info(false), Remove(mine.removes.front())}),
            "txn.concurrent_delete_delete");
  EXPECT_EQ(Meet(mine, {Info(false), Remove(mine.removes.front(), false)}),
            "txn.concurrent_delete_delete");
  EXPECT_EQ(Meet(mine, {Info(false), Remove(other)}), "");
}

TEST_F(RebaseTest, ARemovedFileThatWasReadConflictsUnlessOnlyRewritten) {
  auto mine = Append();
  mine.reads.files = {0};
  EXPECT_EQ(Meet(mine, {Info(false), Remove(0)}), "txn.concurrent_delete_read");
  EXPECT_EQ(Meet(mine, {Info(false), Remove(0, false)}), "");
  EXPECT_EQ(Meet(mine, {Info(false), Remove(1)}), "");
}

TEST_F(RebaseTest, StatisticsNarrowWhatAReadCanSee) {
  auto mine = Append();
  const auto id = *delta::FindColumn(base_->schema(), base_->metadata().partition_columns, {"id"});
  mine.reads.predicates = {delta::Predicate::Compare(id, delta::CompareOp::kGt, int64_t{100})};
  auto low = Add("2026-11-01");
  low.stats =
      R"({"numRecords":2,"minValues":{"id":1},"maxValues":{"id":100},"nullCount":{"id":0}})";
  auto high = low;
  high.stats =
      R"({"numRecords":2,"minValues":{"id":1},"maxValues":{"id":101},"nullCount":{"id":0}})";
  auto unknown = low;
  unknown.stats.reset();
  EXPECT_EQ(Meet(mine, {Info(true), low}), "");
  EXPECT_EQ(Meet(mine, {Info(true), high}), "txn.concurrent_append");
  EXPECT_EQ(Meet(mine, {Info(true), unknown}), "txn.concurrent_append");
}

TEST_F(RebaseTest, AddsThatChangeNoDataAreNotSeen) {
  auto add = Add("2026-11-01");
  add.data_change = false;
  EXPECT_EQ(Meet(OverwriteDay(20758), {Info(false), add}), "");
}

TEST_F(RebaseTest, MetadataChangesConflictUnlessTheyAreHarmless) {
  auto metadata = base_->metadata();
  metadata.configuration["delta.enableDeletionVectors"] = "true";
  EXPECT_EQ(Meet(Append(), {metadata}), "");
  metadata.configuration["delta.appendOnly"] = "true";
  EXPECT_EQ(Meet(Append(), {metadata}), "txn.concurrent_metadata");
  auto schema = base_->metadata();
  schema.schema_string = R"({"type":"struct","fields":[]})";
  EXPECT_EQ(Meet(Append(), {schema}), "txn.concurrent_metadata");
}

TEST_F(RebaseTest, TwoMetadataChangesConflict) {
  auto mine = PlanReplace(base_, TableBench::Definition(false), 0).value();
  EXPECT_EQ(Meet(mine, {base_->metadata()}), "txn.concurrent_metadata");
}

TEST_F(RebaseTest, AProtocolWeCannotWriteConflicts) {
  delta::Protocol known{3, 7, std::vector<std::string>{"deletionVectors"},
                        std::vector<std::string>{"deletionVectors", "appendOnly", "invariants"}};
  EXPECT_EQ(Meet(Append(), {known}), "");
  delta::Protocol strange = known;
  strange.writer_features->push_back("tomorrowsFeature");
  strange.reader_features->push_back("tomorrowsFeature");
  EXPECT_EQ(Meet(Append(), {strange}), "txn.concurrent_protocol");
  delta::Protocol dropped = known;
  dropped.writer_features = std::vector<std::string>{"deletionVectors"};
  EXPECT_EQ(Meet(Append(), {dropped}), "txn.concurrent_protocol");
}

TEST_F(RebaseTest, OneDomainAndOneApplicationHaveOneWriter) {
  auto mine = Append();
  mine.domains = {{"a", "{}", false}};
  EXPECT_EQ(Meet(mine, {delta::DomainMetadata{"a", "{}", false}}), "txn.concurrent_domain");
  EXPECT_EQ(Meet(mine, {delta::DomainMetadata{"b", "{}", false}}), "");
  mine = Append();
  mine.reads.app_ids = {"app"};
  EXPECT_EQ(Meet(mine, {delta::SetTransaction{"app", 7, std::nullopt}}),
            "txn.concurrent_transaction");
  EXPECT_EQ(Meet(mine, {delta::SetTransaction{"other", 7, std::nullopt}}), "");
}

TEST_F(RebaseTest, InCommitTimestampsMovePastTheWinner) {
  auto mine = Append();
  mine.info.in_commit_timestamp_ms = 1000;
  auto verdict = Rebase(mine, 9, std::vector<Action>{Info(true, 1500)});
  const auto& moved = std::get<Rebased>(*verdict);
  EXPECT_EQ(moved.draft.info.in_commit_timestamp_ms, 1501);
  EXPECT_FALSE(moved.bytes_unchanged);
  verdict = Rebase(mine, 9, std::vector<Action>{Info(true, 999)});
  EXPECT_TRUE(std::get<Rebased>(*verdict).bytes_unchanged);
}

TEST_F(RebaseTest, WriteSerializableForgivesBlindAppendsOnly) {
  Draft relax;
  relax.base = base_;
  relax.metadata = base_->metadata();
  relax.metadata->configuration["delta.isolationLevel"] = "WriteSerializable";
  ASSERT_EQ(VersionOf(Commit(bench_.root, relax, {}, bench_.options, bench_.context)), 3);
  base_ = bench_.Load();
  EXPECT_EQ(Meet(OverwriteAll(), {Info(true), Add("2026-11-01")}), "");
  EXPECT_EQ(Meet(OverwriteAll(), {Info(false), Add("2026-11-01")}), "txn.concurrent_append");
}

}  // namespace
}  // namespace lakehold::txn
