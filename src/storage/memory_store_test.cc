#include "storage/memory_store.h"

#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "support/store_calls.h"

namespace lakehold::storage {
namespace {

using testing::ListKeys;
using testing::Read;
using testing::Settle;
using testing::SettleName;
using testing::Stage;

class MemoryStoreTest : public ::testing::Test {
 protected:
  SimRuntime runtime_;
  std::shared_ptr<MemoryStore> store_ = NewMemoryStore(runtime_.clock);
};

TEST_F(MemoryStoreTest, APowerCutKeepsWhatWasSettled) {
  testing::Put(*store_, "t/log/0", "settled");
  store_->LoseUnsettled();
  EXPECT_EQ(Read(*store_, "t/log/0"), "settled");
}

TEST_F(MemoryStoreTest, APowerCutTakesNamesThatWereNotSettled) {
  const auto staged = Stage(*store_, "t", "text");
  LAKEHOLD_EXPECT_OK(Settle(*store_, *staged));
  LAKEHOLD_EXPECT_OK(store_->Publish(*staged, "t/a"));
  LAKEHOLD_EXPECT_OK(SettleName(*store_, ""));  // Another folder.
  store_->LoseUnsettled();
  EXPECT_EQ(ListKeys(*store_), std::vector<std::string>{});
}

TEST_F(MemoryStoreTest, ANameSettledWithoutItsBytesSurvivesEmpty) {
  const auto staged = Stage(*store_, "t", "text");
  LAKEHOLD_EXPECT_OK(store_->Publish(*staged, "t/a"));
  LAKEHOLD_EXPECT_OK(SettleName(*store_, "t"));
  store_->LoseUnsettled();
  EXPECT_EQ(Read(*store_, "t/a"), "");
  EXPECT_EQ(store_->Head("t/a")->size_bytes, 0u);
}

TEST_F(MemoryStoreTest, BytesSettledAfterPublishingAreKept) {
  const auto staged = Stage(*store_, "t", "text");
  LAKEHOLD_EXPECT_OK(store_->Publish(*staged, "t/a"));
  LAKEHOLD_EXPECT_OK(Settle(*store_, *staged));
  LAKEHOLD_EXPECT_OK(SettleName(*store_, "t"));
  store_->LoseUnsettled();
  EXPECT_EQ(Read(*store_, "t/a"), "text");
}

TEST_F(MemoryStoreTest, RewritingUnsettlesTheBytes) {
  const auto staged = Stage(*store_, "t", "text");
  LAKEHOLD_EXPECT_OK(Settle(*store_, *staged));
  LAKEHOLD_EXPECT_OK(staged->Rewrite(AsBytes("other")));
  LAKEHOLD_EXPECT_OK(store_->Publish(*staged, "t/a"));
  LAKEHOLD_EXPECT_OK(SettleName(*store_, "t"));
  store_->LoseUnsettled();
  EXPECT_EQ(Read(*store_, "t/a"), "");
}

TEST_F(MemoryStoreTest, HintsAreLostInAPowerCut) {
  LAKEHOLD_EXPECT_OK(store_->PutHint("t/_last", AsBytes("hint")));
  store_->LoseUnsettled();
  EXPECT_EQ(Read(*store_, "t/_last"), "<storage.not_found>");
}

TEST_F(MemoryStoreTest, TimesComeFromTheClock) {
  const auto staged = Stage(*store_, "t", "text");
  runtime_.clock.SetNowMs(42);
  EXPECT_EQ(store_->Publish(*staged, "t/a")->modified_ns, 42'000'000);
}

TEST_F(MemoryStoreTest, ATestMayAskForNamesOutOfOrder) {
  EXPECT_TRUE(store_->NamesSettleInOrder());
  store_->SetNamesSettleInOrder(false);
  EXPECT_FALSE(store_->NamesSettleInOrder());
}

}  // namespace
}  // namespace lakehold::storage
