#include "storage/metered_store.h"

#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "storage/memory_store.h"
#include "support/store_calls.h"

namespace lakehold::storage {
namespace {

TEST(MeteredStoreTest, CountsCallsBytesAndSyncs) {
  SimRuntime runtime;
  const auto store = NewMeteredStore(NewMemoryStore(runtime.clock));
  testing::Put(*store, "t/a", "12345");
  EXPECT_EQ(testing::Read(*store, "t/a"), "12345");
  EXPECT_EQ(testing::Read(*store, "t/b"), "<storage.not_found>");
  const StoreCounts counts = store->counts();
  EXPECT_EQ(counts.calls_of(StoreVerb::kPublish), 1u);
  EXPECT_EQ(counts.calls_of(StoreVerb::kGet), 2u);
  EXPECT_EQ(counts.bytes_written, 5u);
  EXPECT_EQ(counts.bytes_read, 5u);
  EXPECT_EQ(counts.serial_syncs, 2u);
  store->Reset();
  EXPECT_EQ(store->counts().serial_syncs, 0u);
}

TEST(MeteredStoreTest, TellsEachCallWithItsKeyAndOutcome) {
  SimRuntime runtime;
  std::string told;
  const auto store = NewMeteredStore(NewMemoryStore(runtime.clock), [&](const MeteredCall& call) {
    told += std::string(VerbName(call.verb)) + " " + call.key + (call.ok ? "\n" : " failed\n");
  });
  testing::Put(*store, "t/a", "x");
  const auto late = testing::Stage(*store, "t", "y");
  EXPECT_FALSE(store->Publish(*late, "t/a").ok());
  EXPECT_EQ(told,
            "OpenSink t\nWrite t\nFinish t\nSettleBytes t\nPublish t/a\nSettleNames t\n"
            "OpenSink t\nWrite t\nFinish t\nPublish t/a failed\n");
}

}  // namespace
}  // namespace lakehold::storage
