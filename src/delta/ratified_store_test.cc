#include "delta/ratified_store.h"

#include <gtest/gtest.h>

#include "delta/features.h"
#include "delta/log_bench.h"
#include "delta/readable.h"

namespace lakehold::delta {
namespace {

constexpr std::string_view kUuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";

std::string StagedName(Version version) { return fmt::format("{:020}.{}.json", version, kUuid); }

std::vector<Action> Timed(Version version, std::vector<Action> actions) {
  CommitInfo info;
  info.in_commit_timestamp_ms = 1'000 * (version + 1);
  actions.insert(actions.begin(), info);
  return actions;
}

// The table lies at the root of its store, as a handle on one has it; 0 and 1 are published.
struct RatifiedBench {
  LogBench bench;
  TableRoot root{bench.memory, ""};

  RatifiedBench() {
    Protocol protocol{3, 7, std::vector<std::string>{"catalogManaged"},
                      std::vector<std::string>{"catalogManaged", "inCommitTimestamp"}};
    Metadata metadata = MakeMetadata({{"delta.enableInCommitTimestamps", "true"}});
    Put(CommitName(0), Text(0, {protocol, metadata}));
    Put(CommitName(1), Text(1, {MakeAdd("f1", 100, "1")}));
    Put("_staged_commits/" + StagedName(2), Text(2, {MakeAdd("f2", 100, "1")}));
  }
  static std::string Text(Version version, std::vector<Action> actions) {
    return FormatCommit(Timed(version, std::move(actions)));
  }
  void Put(const std::string& name, std::string_view text) {
    (void)storage::PutIfAbsent(*bench.memory, root.LogKeyOf(name), AsBytes(text));
  }
  Result<std::shared_ptr<const Snapshot>> Load(RatifiedCommits commits,
                                               const VersionSpec& spec = Latest{}) {
    LAKEHOLD_ASSIGN(auto view, OpenRatified(bench.memory, std::move(commits), 7));
    return Snapshot::Load({view, ""}, spec, bench.context);
  }
};

TEST(RatifiedStore, StagedCommitsStandUnderTheNamesTheyWillHave) {
  RatifiedBench bench;
  auto snapshot = bench.Load({2, {{2, StagedName(2), ""}}});
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ((*snapshot)->version(), 2);
  EXPECT_EQ(LivePaths(**snapshot), (std::vector<std::string>{"f1", "f2"}));
  EXPECT_EQ((*snapshot)->timestamp_ms(), 3'000);
  EXPECT_TRUE(CheckReadable(**snapshot).ok());
}

TEST(RatifiedStore, TextsAreAsGoodAsFiles) {
  RatifiedBench bench;
  const std::string text = RatifiedBench::Text(2, {MakeAdd("inline", 100, "1")});
  auto snapshot = bench.Load({2, {{2, "", text}}});
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ(LivePaths(**snapshot), (std::vector<std::string>{"f1", "inline"}));
}

TEST(RatifiedStore, WhatLiesBeyondIsNotThere) {
  RatifiedBench bench;
  auto snapshot = bench.Load({0, {}});
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ((*snapshot)->version(), 0);
  EXPECT_EQ(bench.Load({0, {}}, AtVersion{1}).error().reason, "delta.no_such_version");
}

TEST(RatifiedStore, WhatIsMissingOrImpossibleIsRefused) {
  RatifiedBench bench;
  EXPECT_EQ(bench.Load({3, {{2, StagedName(2), ""}}}).error().reason, "delta.gap");
  EXPECT_EQ(bench.Load({2, {{2, "", ""}}}).error().reason, "delta.bad_ratified");
  EXPECT_EQ(bench.Load({2, {{2, StagedName(1), ""}}}).error().reason, "delta.bad_ratified");
  EXPECT_EQ(bench.Load({1, {{2, StagedName(2), ""}}}).error().reason, "delta.bad_ratified");
  const StagedCommit twice{2, StagedName(2), ""};
  EXPECT_EQ(bench.Load({2, {twice, twice}}).error().reason, "delta.bad_ratified");
}

TEST(RatifiedStore, NothingIsWrittenThroughIt) {
  RatifiedBench bench;
  auto view = OpenRatified(bench.bench.memory, {1, {}}, 7);
  ASSERT_TRUE(view.ok()) << view.error().message;
  EXPECT_EQ((*view)->OpenSink("").error().reason, "delta.catalog_managed");
  EXPECT_EQ((*view)->PutHint("x", {}).error().reason, "delta.catalog_managed");
  EXPECT_EQ((*view)->Delete("x").error().reason, "delta.catalog_managed");
  EXPECT_EQ(RatifiedNumber(**view), 7U);
  EXPECT_EQ(RatifiedNumber(*bench.bench.memory), 0U);
}

TEST(RatifiedStore, WithoutItTheRowsAreRefusedWithTheirPlace) {
  RatifiedBench bench;
  auto snapshot = Snapshot::Load(bench.root, Latest{}, bench.bench.context);
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  const Status readable = CheckReadableInLog(**snapshot);
  ASSERT_FALSE(readable.ok());
  EXPECT_EQ(readable.error().reason, "delta.unsupported_reader_feature");
  EXPECT_NE(readable.error().message.find("00000000000000000000.json, line 2"), std::string::npos)
      << readable.error().message;
}

}  // namespace
}  // namespace lakehold::delta
