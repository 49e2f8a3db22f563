// The contract of ObjectStore: how objects come to be, and how they go.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "contract/object_store_contract.h"

namespace lakehold::testing {
namespace {

using storage::ObjectMeta;
using storage::Staged;

class PublishContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, PublishContract, ::testing::ValuesIn(AllStores()), VariantName);

TEST_P(PublishContract, AnObjectIsInvisibleUntilItIsPublished) {
  const auto staged = Stage(store(), "t", "text");
  EXPECT_EQ(ListKeys(store()), std::vector<std::string>{});
  EXPECT_EQ(Read(store(), "t/a"), "<storage.not_found>");
  LAKEHOLD_EXPECT_OK(store().Publish(*staged, "t/a"));
  EXPECT_EQ(ListKeys(store()), std::vector<std::string>{"t/a"});
  EXPECT_EQ(Read(store(), "t/a"), "text");
}

TEST_P(PublishContract, ATakenNameIsNeverReplaced) {
  Put(store(), "a", "first");
  const auto late = Stage(store(), "", "second");
  LAKEHOLD_EXPECT_ERROR(store().Publish(*late, "a"), kAlreadyExists, "storage.exists");
  EXPECT_EQ(Read(store(), "a"), "first");
}

TEST_P(PublishContract, ALoserMayPublishTheSameBytesUnderAnotherName) {
  Put(store(), "log/1", "winner");
  const auto loser = Stage(store(), "log", "loser");
  LAKEHOLD_EXPECT_OK(Settle(store(), *loser));
  LAKEHOLD_EXPECT_ERROR(store().Publish(*loser, "log/1"), kAlreadyExists, "storage.exists");
  const auto meta = store().Publish(*loser, "log/2");
  LAKEHOLD_EXPECT_OK(meta);
  EXPECT_EQ(meta->key, "log/2");
  EXPECT_EQ(meta->size_bytes, 5u);
  EXPECT_EQ(Read(store(), "log/2"), "loser");
}

TEST_P(PublishContract, ALoserMayRewriteItsBytesWhileTheyHaveNoName) {
  Put(store(), "log/1", "winner");
  const auto loser = Stage(store(), "log", "a longer text than the next one");
  LAKEHOLD_EXPECT_ERROR(store().Publish(*loser, "log/1"), kAlreadyExists, "storage.exists");
  LAKEHOLD_EXPECT_OK(loser->Rewrite(AsBytes("rewritten")));
  EXPECT_EQ(loser->size_bytes(), 9u);
  LAKEHOLD_EXPECT_OK(Settle(store(), *loser));
  LAKEHOLD_EXPECT_OK(store().Publish(*loser, "log/2"));
  EXPECT_EQ(Read(store(), "log/2"), "rewritten");
  LAKEHOLD_EXPECT_ERROR(loser->Rewrite(AsBytes("x")), kInternal, "storage.already_published");
}

TEST_P(PublishContract, AnObjectHasOneNameOnly) {
  const auto staged = Stage(store(), "", "text");
  LAKEHOLD_EXPECT_OK(store().Publish(*staged, "a"));
  LAKEHOLD_EXPECT_ERROR(store().Publish(*staged, "b"), kInternal, "storage.already_published");
  EXPECT_EQ(ListKeys(store()), std::vector<std::string>{"a"});
}

TEST_P(PublishContract, OfManyRacingPublishersExactlyOneWinsEachName) {
  constexpr int kThreads = 8, kNames = 20;
  std::atomic<int> wins{0}, errors{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kNames; ++n) {
        const std::string text = "writer " + std::to_string(t);
        const auto staged = Stage(store(), "race", text);
        const std::string key = "race/" + std::to_string(n);
        const auto meta = store().Publish(*staged, key);
        if (meta.ok()) ++wins;
        if (!meta.ok() && meta.error().kind != ErrorKind::kAlreadyExists) ++errors;
        if (meta.ok() && Read(store(), key) != text) ++errors;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wins, kNames);
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(ListKeys(store()).size(), static_cast<size_t>(kNames));
}

TEST_P(PublishContract, RacingLosersWalkOnUntilEveryOneHasAName) {
  constexpr int kThreads = 8, kEach = 10;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0, version = 0; n < kEach; ++n) {
        const auto staged = Stage(store(), "log", std::to_string(t));
        while (!store().Publish(*staged, "log/" + std::to_string(1000 + version)).ok()) ++version;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto keys = ListKeys(store());
  ASSERT_EQ(keys.size(), static_cast<size_t>(kThreads * kEach));
  EXPECT_EQ(keys.back(), "log/" + std::to_string(1000 + kThreads * kEach - 1));  // No gap.
}

TEST_P(PublishContract, ManyThreadsMayMakeTheSameNewFolderAtOnce) {
  constexpr int kThreads = 8;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string folder = "new/deep/er/folder";
      const auto staged = Stage(store(), folder, "x");
      if (staged == nullptr || !store().Publish(*staged, folder + "/" + std::to_string(t)).ok())
        ++failures;
      if (!SettleName(store(), folder).ok()) ++failures;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(ListKeys(store(), "new/").size(), static_cast<size_t>(kThreads));
}

TEST_P(PublishContract, WhatIsDroppedBeforePublishingLeavesNothing) {
  {
    auto sink = store().OpenSink("t");
    LAKEHOLD_EXPECT_OK(sink);
    LAKEHOLD_EXPECT_OK((*sink)->Write(AsBytes("text")));
  }
  { const auto staged = Stage(store(), "t", "text"); }
  {
    const auto staged = Stage(store(), "t", "text");
    LAKEHOLD_EXPECT_OK(Settle(store(), *staged));
  }
  EXPECT_EQ(ListKeys(store()), std::vector<std::string>{});
  if (!GetParam().on_disk) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
    EXPECT_TRUE(entry.is_directory()) << entry.path() << " was left behind";
  }
}

TEST_P(PublishContract, ASinkIsFinishedOnce) {
  auto sink = store().OpenSink("");
  LAKEHOLD_EXPECT_OK(sink);
  LAKEHOLD_EXPECT_OK((*sink)->Finish());
  LAKEHOLD_EXPECT_ERROR((*sink)->Finish(), kInternal, "storage.sink_finished");
  LAKEHOLD_EXPECT_ERROR((*sink)->Write(AsBytes("x")), kInternal, "storage.sink_finished");
}

TEST_P(PublishContract, BytesMayBeSettledBeforeOrAfterPublishing) {
  const auto before = Stage(store(), "t", "before"), after = Stage(store(), "t", "after");
  LAKEHOLD_EXPECT_OK(Settle(store(), *before));
  LAKEHOLD_EXPECT_OK(store().Publish(*before, "t/before"));
  LAKEHOLD_EXPECT_OK(store().Publish(*after, "t/after"));
  const std::array<Staged*, 2> both = {before.get(), after.get()};
  LAKEHOLD_EXPECT_OK(store().SettleBytes(both));
  LAKEHOLD_EXPECT_OK(SettleName(store(), "t"));
  EXPECT_EQ(Read(store(), "t/before") + Read(store(), "t/after"), "beforeafter");
}

TEST_P(PublishContract, ManyObjectsAreSettledInOneCall) {
  std::vector<std::unique_ptr<Staged>> objects;
  std::vector<Staged*> all;
  for (int i = 0; i < 20; ++i) {
    objects.push_back(Stage(store(), "p=" + std::to_string(i), "x"));
    all.push_back(objects.back().get());
  }
  LAKEHOLD_EXPECT_OK(store().SettleBytes(all));
  std::vector<std::string> folders;
  for (int i = 0; i < 20; ++i) {
    folders.push_back("p=" + std::to_string(i));
    LAKEHOLD_EXPECT_OK(store().Publish(*all[static_cast<size_t>(i)], folders.back() + "/f"));
  }
  LAKEHOLD_EXPECT_OK(store().SettleNames(folders));
  EXPECT_EQ(ListKeys(store()).size(), 20u);
}

TEST_P(PublishContract, TheModificationTimeIsThatOfPublishing) {
  const auto staged = Stage(store(), "", "text");
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  const int64_t before = runtime_.runtime().clock.NowMs();
  const auto meta = store().Publish(*staged, "a");
  LAKEHOLD_EXPECT_OK(meta);
  constexpr int64_t kTickMs = 20;  // File times are those of the last timer tick.
  EXPECT_GE(meta->modified_ns / 1'000'000, before - kTickMs);
  EXPECT_LE(meta->modified_ns / 1'000'000, runtime_.runtime().clock.NowMs());
  EXPECT_EQ(store().Head("a")->modified_ns, meta->modified_ns);
}

TEST_P(PublishContract, AnotherObjectUnderTheSameNameHasAnotherIdentity) {
  Put(store(), "a", "text");
  const std::string first = store().Head("a")->identity;
  EXPECT_EQ(store().Head("a")->identity, first);
  LAKEHOLD_EXPECT_OK(store().Delete("a"));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  Put(store(), "a", "text");
  EXPECT_NE(store().Head("a")->identity, first);
}

TEST_P(PublishContract, EmptyAndLargeObjectsComeBackWhole) {
  Put(store(), "empty", "");
  EXPECT_EQ(Read(store(), "empty"), "");
  EXPECT_EQ(store().Head("empty")->size_bytes, 0u);
  std::string large;
  for (int i = 0; large.size() < (5u << 20); ++i) large += std::to_string(i);
  auto sink = store().OpenSink("");
  LAKEHOLD_EXPECT_OK(sink);
  for (size_t at = 0, step = 1; at < large.size(); at += step, step = step * 3 % 400'009 + 1) {
    LAKEHOLD_EXPECT_OK((*sink)->Write(AsBytes(std::string_view(large).substr(at, step))));
  }
  EXPECT_EQ((*sink)->size_bytes(), large.size());
  auto staged = (*sink)->Finish();
  LAKEHOLD_EXPECT_OK(store().Publish(**staged, "large"));
  EXPECT_TRUE(Read(store(), "large") == large);
}

TEST_P(PublishContract, HintsAreReplaced) {
  LAKEHOLD_EXPECT_OK(store().PutHint("t/_last", AsBytes("one, and longer")));
  LAKEHOLD_EXPECT_OK(store().PutHint("t/_last", AsBytes("two")));
  EXPECT_EQ(Read(store(), "t/_last"), "two");
  EXPECT_EQ(ListKeys(store()), std::vector<std::string>{"t/_last"});
}

TEST_P(PublishContract, DeletingIsIdempotentAndNeverDeletesAFolder) {
  Put(store(), "t/a", "text");
  LAKEHOLD_EXPECT_OK(store().Delete("t/a"));
  LAKEHOLD_EXPECT_OK(store().Delete("t/a"));
  LAKEHOLD_EXPECT_OK(store().Delete("nowhere/at/all"));
  Put(store(), "t/b", "text");
  LAKEHOLD_EXPECT_OK(store().Delete("t"));
  LAKEHOLD_EXPECT_OK(store().Delete("t/b/c"));
  EXPECT_EQ(Read(store(), "t/b"), "text");
}

TEST_P(PublishContract, AFolderMovesWholeToAFreeNameOnly) {
  Put(store(), "t/log/1", "one");
  Put(store(), "t/a", "two");
  Put(store(), "t2/a", "other");
  LAKEHOLD_EXPECT_ERROR(store().MoveFolder("absent", "x"), kNotFound, "storage.not_found");
  LAKEHOLD_EXPECT_ERROR(store().MoveFolder("t", "t2"), kAlreadyExists, "storage.exists");
  LAKEHOLD_EXPECT_ERROR(store().MoveFolder("t/a", "x"), kNotFound, "storage.not_found");
  LAKEHOLD_EXPECT_ERROR(store().MoveFolder("t", "t/log/t"), kInvalid, "storage.bad_move");
  LAKEHOLD_EXPECT_OK(store().MoveFolder("t", "_lakehold/dropped/id"));
  EXPECT_EQ(ListKeys(store()), (std::vector<std::string>{"_lakehold/dropped/id/a",
                                                         "_lakehold/dropped/id/log/1", "t2/a"}));
  EXPECT_EQ(Read(store(), "_lakehold/dropped/id/log/1"), "one");
  EXPECT_EQ(*store().ListFolders(""), (std::vector<std::string>{"_lakehold", "t2"}));
}

TEST_P(PublishContract, AnObjectIsNoFolderAndAFolderIsNoObject) {
  Put(store(), "a", "text");
  Put(store(), "folder/b", "text");
  LAKEHOLD_EXPECT_ERROR(store().OpenSink("a"), kInvalid, "storage.not_a_folder");
  LAKEHOLD_EXPECT_ERROR(store().OpenSink("a/b"), kInvalid, "storage.not_a_folder");
  LAKEHOLD_EXPECT_ERROR(store().PutHint("a/b", AsBytes("x")), kInvalid, "storage.not_a_folder");
  LAKEHOLD_EXPECT_ERROR(store().PutHint("folder", AsBytes("x")), kInvalid, "storage.is_a_folder");
  const auto staged = Stage(store(), "", "x");
  LAKEHOLD_EXPECT_ERROR(store().Publish(*staged, "folder"), kAlreadyExists, "storage.exists");
  LAKEHOLD_EXPECT_ERROR(store().Publish(*staged, "a/b"), kInvalid, "storage.not_a_folder");
  LAKEHOLD_EXPECT_OK(store().Publish(*staged, "c"));
}

TEST_P(PublishContract, AStagedObjectOfAnotherStoreIsRefused) {
  TempFolder elsewhere;
  SystemRuntime runtime;
  const StoreVariant other = GetParam().on_disk ? AllStores()[6] : AllStores()[0];
  const auto foreign = other.make(elsewhere / "root", runtime.runtime());
  const auto staged = Stage(*foreign, "", "x");
  LAKEHOLD_EXPECT_ERROR(store().Publish(*staged, "a"), kInternal, "storage.foreign_staged");
  LAKEHOLD_EXPECT_ERROR(Settle(store(), *staged), kInternal, "storage.foreign_staged");
}

}  // namespace
}  // namespace lakehold::testing
