// Readers of a log from which somebody takes old commits and checkpoints at the same time.
#include <functional>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "delta/history.h"
#include "delta/log_bench.h"
#include "delta/log_listing.h"
#include "delta/table_head.h"
#include "storage/faulty_store.h"

namespace lakehold::delta {
namespace {

using storage::StoreVerb;

// Every version v has v files. `before` is told of every call on the store of `root`.
struct CleanupBench : LogBench {
  explicit CleanupBench(bool in_commit_times = false) : in_commit_times(in_commit_times) {
    root.store = storage::NewFaultyStore(store, [this](const storage::StoreCall& call) {
      if (before && !is_busy) {
        is_busy = true;
        before(call);
        is_busy = false;
      }
      return storage::Fault::kNone;
    });
    CommitInfo info = Info(0);
    Commit(
        0,
        {info, Protocol{},
         MakeMetadata({{"delta.enableInCommitTimestamps", in_commit_times ? "true" : "false"}})});
    Append(8);
    EXPECT_TRUE(Checkpoint(4).ok());
  }
  CommitInfo Info(Version version) {
    CommitInfo info;
    info.operation = fmt::format("OP{}", version);
    if (in_commit_times) info.in_commit_timestamp_ms = 1'800'000'000'000 + version;
    return info;
  }
  void Append(Version until) {
    for (; newest < until; ++newest) {
      const Version version = newest + 1;
      Commit(version, {Info(version), MakeAdd(fmt::format("f{}", version), 100 + version, "1")});
    }
  }
  // Three more versions, a checkpoint of the last but one, and nothing that is older than that.
  void CleanUp() {
    Append(newest + 3);
    ASSERT_TRUE(Checkpoint(newest - 1).ok());
    for (; oldest < newest - 1; ++oldest) {
      Drop(ClassicCheckpointName(oldest));
      Drop(CommitName(oldest));
    }
  }

  std::function<void(const storage::StoreCall&)> before;
  bool is_busy = false;
  bool in_commit_times = false;
  Version newest = 0;
  Version oldest = 0;
};

// Asks while the log is cleaned up before the nth call, for every n, and once more some calls
// later.
void ExpectSoundWhenever(const std::function<void(CleanupBench&)>& ask,
                         bool in_commit_times = false) {
  for (const bool with_hint : {true, false}) {
    for (const int again : {0, 1, 2, 5, 9}) {
      if (!with_hint && again > 0) continue;  // Two empty listings and no hint: no table.
      bool happened = true;
      for (int nth = 1; happened; ++nth) {
        SCOPED_TRACE(fmt::format("call {}, again after {}, hint {}", nth, again, with_hint));
        CleanupBench bench(in_commit_times);
        if (!with_hint) bench.Drop(std::string(kLastCheckpointName));
        int calls = 0;
        happened = false;
        bench.before = [&](const storage::StoreCall&) {
          ++calls;
          if (calls != nth && (again == 0 || calls != nth + again)) return;
          happened = true;
          bench.CleanUp();
          if (!with_hint) bench.Drop(std::string(kLastCheckpointName));
        };
        ask(bench);
        ASSERT_LT(nth, 500);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(LogCleanupTest, ASnapshotIsOfAWholeVersionWheneverTheLogIsCleanedUp) {
  ExpectSoundWhenever([](CleanupBench& bench) {
    const auto loaded = bench.Load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_GE((*loaded)->version(), 8);
    EXPECT_EQ((*loaded)->files().live_files(), (*loaded)->version());
  });
}

TEST(LogCleanupTest, ASnapshotIsRefreshedWheneverTheLogIsCleanedUp) {
  for (const Version held : {3, 8}) {
    ExpectSoundWhenever([&](CleanupBench& bench) {
      const auto before = std::exchange(bench.before, nullptr);
      const auto older = *bench.Load(AtVersion{held});
      bench.before = before;
      const auto fresh = Snapshot::Refresh(older, bench.context);
      ASSERT_TRUE(fresh.ok()) << fresh.error().ToString();
      EXPECT_GE((*fresh)->version(), 8);
      EXPECT_EQ((*fresh)->files().live_files(), (*fresh)->version());
    });
  }
}

TEST(LogCleanupTest, AVersionIsWholeOrNoLongerThereWheneverTheLogIsCleanedUp) {
  ExpectSoundWhenever([](CleanupBench& bench) {
    const auto loaded = bench.Load(AtVersion{6});
    if (loaded.ok()) {
      EXPECT_EQ((*loaded)->files().live_files(), 6);
    } else {
      EXPECT_EQ(loaded.error().reason, "delta.no_such_version") << loaded.error().ToString();
    }
  });
}

TEST(LogCleanupTest, ATableHeadIsFoundWheneverTheLogIsCleanedUp) {
  ExpectSoundWhenever([](CleanupBench& bench) {
    const auto head = LoadTableHead(bench.root, Latest{}, bench.context);
    ASSERT_TRUE(head.ok()) << head.error().ToString();
    EXPECT_GE(head->version, 8);
    EXPECT_EQ(head->schema.fields.size(), 2u);
  });
}

TEST(LogCleanupTest, HistoryEndsWithTheNewestWheneverTheLogIsCleanedUp) {
  ExpectSoundWhenever([](CleanupBench& bench) {
    const auto history = ReadHistory(bench.root, 5, bench.context);
    ASSERT_TRUE(history.ok()) << history.error().ToString();
    ASSERT_FALSE(history->empty());
    EXPECT_GE(history->front().version, 8);
    for (size_t i = 0; i < history->size(); ++i)
      EXPECT_EQ((*history)[i].version, history->front().version - static_cast<Version>(i));
  });
}

TEST(LogCleanupTest, ATimeStandsForItsVersionOrNoneWheneverTheLogIsCleanedUp) {
  for (const bool in_commit_times : {false, true}) {
    // Of the last second of all there is, and of one amidst.
    for (const Version asked : {6, 1'000'000}) {
      ExpectSoundWhenever(
          [&](CleanupBench& bench) {
            const int64_t start =
                in_commit_times ? 1'800'000'000'000 : bench.world.clock.NowMs() - 8'000;
            const int64_t time_ms = start + asked * (in_commit_times ? 1 : 1'000);
            const auto version = FindVersionAt(bench.root, time_ms, bench.context);
            if (version.ok()) {
              EXPECT_TRUE(asked == 6 ? *version == 6 : *version >= 8) << *version;
            } else {
              EXPECT_EQ(asked, 6);
              EXPECT_EQ(version.error().reason, "delta.no_such_time") << version.error().ToString();
            }
          },
          in_commit_times);
    }
  }
}

TEST(LogCleanupTest, AGapIsAGapHoweverMuchIsCommittedMeanwhile) {
  CleanupBench bench;
  bench.Drop(CommitName(6));
  bench.store->Reset();
  EXPECT_EQ(bench.Load().error().reason, "delta.gap");
  EXPECT_EQ(bench.store->counts().calls_of(StoreVerb::kList), 2u);
  bench.before = [&](const storage::StoreCall& call) {
    if (call.verb == StoreVerb::kList) bench.Append(bench.newest + 1);
  };
  bench.store->Reset();
  EXPECT_EQ(bench.Load().error().reason, "delta.gap");
  EXPECT_EQ(bench.store->counts().calls_of(StoreVerb::kList),
            static_cast<uint64_t>(limits::kLogListings));
  EXPECT_EQ(ListAllCommits(bench.root).error().reason, "delta.gap");
}

}  // namespace
}  // namespace lakehold::delta
