#include "delta/history.h"

#include <gtest/gtest.h>

#include "delta/log_bench.h"

namespace lakehold::delta {
namespace {

CommitInfo MakeInfo(std::string operation, std::optional<int64_t> in_commit_ms = std::nullopt) {
  CommitInfo info;
  info.operation = std::move(operation);
  info.in_commit_timestamp_ms = in_commit_ms;
  return info;
}

TEST(HistoryTest, NewestFirstAndNoMoreThanAskedFor) {
  LogBench bench;
  bench.Create();
  for (Version v = 1; v <= 5; ++v)
    bench.Commit(v, {MakeInfo(fmt::format("OP{}", v)), MakeAdd(fmt::format("f{}", v))});
  auto history = ReadHistory(bench.root, 3, bench.context);
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*history)[i].version, static_cast<Version>(5 - i));
    EXPECT_EQ((*history)[i].info.operation, fmt::format("OP{}", 5 - i));
  }
  EXPECT_EQ(ReadHistory(bench.root, 100, bench.context)->size(), 6u);
}

TEST(HistoryTest, ATimeStandsForTheNewestVersionAtOrBeforeIt) {
  LogBench bench;
  const int64_t start = bench.world.clock.NowMs();
  bench.Fill(5);  // Version v is of start + (v + 1) s.
  for (Version v = 0; v <= 5; ++v) {
    EXPECT_EQ(*FindVersionAt(bench.root, start + (v + 1) * 1000, bench.context), v);
    EXPECT_EQ(*FindVersionAt(bench.root, start + (v + 1) * 1000 + 999, bench.context), v);
  }
  EXPECT_EQ(*FindVersionAt(bench.root, start + 1'000'000, bench.context), 5);
  auto early = FindVersionAt(bench.root, start + 999, bench.context);
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(early.error().reason, "delta.no_such_time");
  EXPECT_NE(
      early.error().message.find(
          "version 0 is of 2023-11-14T22:13:21.000000Z, version 5 of 2023-11-14T22:13:26.000000Z"),
      std::string::npos)
      << early.error().message;
  EXPECT_EQ((*bench.Load(AtTime{start + 3'500}))->version(), 2);
}

TEST(HistoryTest, ModificationTimesThatStepBackStayInOrder) {
  LogBench bench;
  bench.Create();
  const int64_t created = bench.world.clock.NowMs();
  bench.world.clock.SetNowMs(created - 100'000);
  bench.Commit(1, {MakeAdd("a")});
  bench.Commit(2, {MakeAdd("b")});
  auto history = *ReadHistory(bench.root, 10, bench.context);
  EXPECT_EQ(history[0].timestamp_ms, created + 2);
  EXPECT_EQ(history[1].timestamp_ms, created + 1);
  EXPECT_EQ(*FindVersionAt(bench.root, created + 1, bench.context), 1);
}

TEST(HistoryTest, InCommitTimesCountFromTheVersionThatEnabledThem) {
  LogBench bench;
  const int64_t start = bench.world.clock.NowMs();
  bench.Fill(3);  // start + 1 s ... start + 4 s by modification time.
  const int64_t enabled = start + 100'000;
  Metadata metadata =
      MakeMetadata({{"delta.enableInCommitTimestamps", "true"},
                    {"delta.inCommitTimestampEnablementVersion", "4"},
                    {"delta.inCommitTimestampEnablementTimestamp", std::to_string(enabled)}});
  bench.Commit(4, {MakeInfo("SET", enabled), metadata});
  bench.Commit(5, {MakeInfo("WRITE", enabled + 500), MakeAdd("a")});
  bench.Commit(6, {MakeInfo("WRITE", enabled + 700), MakeAdd("b")});
  EXPECT_EQ(*FindVersionAt(bench.root, start + 2'000, bench.context), 1);
  EXPECT_EQ(*FindVersionAt(bench.root, enabled - 1, bench.context), 3);
  EXPECT_EQ(*FindVersionAt(bench.root, enabled, bench.context), 4);
  EXPECT_EQ(*FindVersionAt(bench.root, enabled + 500, bench.context), 5);
  EXPECT_EQ(*FindVersionAt(bench.root, enabled + 699, bench.context), 5);
  EXPECT_EQ(*FindVersionAt(bench.root, enabled + 700, bench.context), 6);
  EXPECT_EQ((*ReadHistory(bench.root, 1, bench.context))[0].timestamp_ms, enabled + 700);
  EXPECT_EQ((*bench.Load())->timestamp_ms(), enabled + 700);
  EXPECT_EQ(FindVersionAt(bench.root, start, bench.context).error().reason, "delta.no_such_time");
}

TEST(HistoryTest, InCommitTimesAreFoundByHalvingWithoutAListing) {
  LogBench bench;
  bench.Create({{"delta.enableInCommitTimestamps", "true"}});
  const int64_t start = 1'800'000'000'000;
  const auto commit = [&](Version version) {
    CommitInfo info;
    info.in_commit_timestamp_ms = start + version * 10;
    bench.Put(CommitName(version),
              FormatCommit({info, MakeAdd(fmt::format("f{}", version), 1, "1")}));
  };
  CommitInfo first;
  first.in_commit_timestamp_ms = start;
  bench.Put(CommitName(0),
            FormatCommit(
                {first, Protocol{}, MakeMetadata({{"delta.enableInCommitTimestamps", "true"}})}));
  for (Version version = 1; version <= 300; ++version) commit(version);
  ASSERT_TRUE(bench.Checkpoint(300).ok());
  bench.store->Reset();
  EXPECT_EQ(*FindVersionAt(bench.root, start + 1'239, bench.context), 123);
  EXPECT_EQ(*FindVersionAt(bench.root, start + 1'240, bench.context), 124);
  EXPECT_LE(bench.store->counts().calls_of(storage::StoreVerb::kOpenReader) +
                bench.store->counts().calls_of(storage::StoreVerb::kGet),
            60u)
      << "not every commit is read";
  EXPECT_EQ(*FindVersionAt(bench.root, start + 999'999, bench.context), 300);
  EXPECT_EQ(*FindVersionAt(bench.root, start, bench.context), 0);
  EXPECT_EQ(FindVersionAt(bench.root, start - 1, bench.context).error().reason,
            "delta.no_such_time");
  // Cleaned up: what is missing is older, and what no checkpoint grounds cannot be asked for.
  for (Version version = 0; version <= 200; ++version) bench.Drop(CommitName(version));
  EXPECT_EQ(*FindVersionAt(bench.root, start + 3'000, bench.context), 300);
  EXPECT_EQ(FindVersionAt(bench.root, start + 2'500, bench.context).error().reason,
            "delta.no_such_time");
}

}  // namespace
}  // namespace lakehold::delta
