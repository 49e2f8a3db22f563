#include "storage/faulty_store.h"

#include <set>

#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "storage/memory_store.h"
#include "support/store_calls.h"

namespace lakehold::storage {
namespace {

using testing::ListKeys;
using testing::Outcome;
using testing::Put;
using testing::Read;
using testing::Stage;

class FaultyStoreTest : public ::testing::Test {
 protected:
  // Fails every call of one verb.
  std::shared_ptr<FaultyStore> Failing(StoreVerb verb, Fault fault) {
    return NewFaultyStore(
        inner_, [=](const StoreCall& call) { return call.verb == verb ? fault : Fault::kNone; });
  }

  SimRuntime runtime_;
  std::shared_ptr<MemoryStore> inner_ = NewMemoryStore(runtime_.clock);
};

TEST_F(FaultyStoreTest, AnErrorBeforeHasNoEffect) {
  const auto store = Failing(StoreVerb::kPublish, Fault::kErrorBefore);
  LAKEHOLD_EXPECT_ERROR(PutIfAbsent(*store, "a", AsBytes("x")), kIo, "storage.injected");
  EXPECT_EQ(ListKeys(*inner_), std::vector<std::string>{});
}

TEST_F(FaultyStoreTest, AnErrorAfterHasItsEffect) {
  const auto store = Failing(StoreVerb::kPublish, Fault::kErrorAfter);
  LAKEHOLD_EXPECT_ERROR(PutIfAbsent(*store, "a", AsBytes("x")), kIo, "storage.injected");
  EXPECT_EQ(Read(*inner_, "a"), "x");
}

TEST_F(FaultyStoreTest, ALostAnswerToPublishIsAnUnknownOutcome) {
  const auto store = Failing(StoreVerb::kPublish, Fault::kLostAnswer);
  LAKEHOLD_EXPECT_ERROR(PutIfAbsent(*store, "a", AsBytes("x")), kOutcomeUnknown,
                        "storage.lost_answer");
  EXPECT_EQ(Read(*inner_, "a"), "x");
  LAKEHOLD_EXPECT_ERROR(PutIfAbsent(*store, "a", AsBytes("y")), kAlreadyExists,
                        "storage.exists");  // No effect to lose.
}

TEST_F(FaultyStoreTest, ALostAnswerElsewhereIsAnIoError) {
  Put(*inner_, "a", "x");
  const auto store = Failing(StoreVerb::kDelete, Fault::kLostAnswer);
  LAKEHOLD_EXPECT_ERROR(store->Delete("a"), kIo, "storage.injected");
  EXPECT_EQ(ListKeys(*inner_), std::vector<std::string>{});
}

TEST_F(FaultyStoreTest, ShortAndTruncatedReadsLookLikeBrokenDisks) {
  Put(*inner_, "a", "12345678");
  LAKEHOLD_EXPECT_ERROR(Failing(StoreVerb::kGet, Fault::kShortRead)->Get("a", std::nullopt), kIo,
                        "storage.short_read");
  EXPECT_EQ(Read(*Failing(StoreVerb::kGet, Fault::kTruncated), "a"), "1234");
  const auto reader = Failing(StoreVerb::kReadAt, Fault::kShortRead)->OpenReader("a");
  std::byte byte{};
  LAKEHOLD_EXPECT_ERROR((*reader)->ReadAt(0, {&byte, 1}), kIo, "storage.short_read");
}

TEST_F(FaultyStoreTest, AfterACrashNothingHasAnEffect) {
  const auto store = NewFaultyStore(inner_, [](const StoreCall& call) {
    return call.verb == StoreVerb::kPublish ? Fault::kCrash : Fault::kNone;
  });
  const auto staged = Stage(*store, "", "x");
  LAKEHOLD_EXPECT_ERROR(store->Publish(*staged, "a"), kIo, "storage.crashed");
  EXPECT_TRUE(store->crashed());
  LAKEHOLD_EXPECT_ERROR(store->Head("a"), kIo, "storage.crashed");
  LAKEHOLD_EXPECT_ERROR(store->PutHint("h", {}), kIo, "storage.crashed");
  LAKEHOLD_EXPECT_ERROR(staged->Rewrite(AsBytes("y")), kIo, "storage.crashed");
  EXPECT_EQ(ListKeys(*inner_), std::vector<std::string>{});
}

TEST_F(FaultyStoreTest, FailingEachCallInTurnMeetsEveryVerbOfAPut) {
  std::set<std::string> names;
  uint64_t number = 0;
  for (;; ++number) {
    std::string met;
    const auto store = NewFaultyStore(inner_, [&](const StoreCall& call) {
      if (call.number == number) met = VerbName(call.verb);
      return FailNth(number, Fault::kErrorBefore)(call);
    });
    const auto put = PutIfAbsent(*store, "t/a", AsBytes("x"));
    if (put.ok()) break;
    names.insert(met);
    // Old or new, never in between.
    EXPECT_EQ(Read(*inner_, "t/a"),
              put.error().reason == "storage.not_durable" ? "x" : "<storage.not_found>")
        << met;
    LAKEHOLD_EXPECT_OK(inner_->Delete("t/a"));
  }
  EXPECT_EQ(names, (std::set<std::string>{"OpenSink", "Write", "Finish", "SettleBytes", "Publish",
                                          "SettleNames"}));
  EXPECT_EQ(number, 6u);
}

TEST_F(FaultyStoreTest, ANameThatCannotBeSettledIsAnUnknownOutcome) {
  const auto store = Failing(StoreVerb::kSettleNames, Fault::kErrorBefore);
  LAKEHOLD_EXPECT_ERROR(PutIfAbsent(*store, "a", AsBytes("x")), kOutcomeUnknown,
                        "storage.not_durable");
  EXPECT_EQ(Read(*inner_, "a"), "x");
}

}  // namespace
}  // namespace lakehold::storage
