#include "txn/aftermath.h"

#include <gtest/gtest.h>

#include "delta/log_path.h"
#include "storage/faulty_store.h"
#include "support/table_bench.h"

namespace lakehold::txn {
namespace {

using testing::TableBench;

bool IsThere(TableBench& bench, const std::string& name) {
  return bench.root.store->Head(bench.root.LogKeyOf(name)).ok();
}

TEST(AftermathTest, ATableThatAsksForCompactionFilesGetsThem) {
  TableBench bench;
  bench.Create(false, {{"lakehold.logCompactionInterval", "3"}});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(bench.Append(bench.Load()).ok());
  EXPECT_FALSE(IsThere(bench, delta::CompactedName(0, 2))) << "not on the path of the commit";
  bench.world.executor.DrainBackground(0);
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(0, 2)));
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(3, 5)));
  EXPECT_FALSE(IsThere(bench, delta::CompactedName(6, 8)));
  EXPECT_EQ(bench.Load()->files().live_files(), 6);
}

TEST(AftermathTest, WhoeverPassedOthersCompactsTheirCommitsToo) {
  TableBench bench;
  bench.Create(false, {{"lakehold.logCompactionInterval", "3"}});
  const auto base = bench.Load();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(bench.Append(base).ok());
  bench.world.executor.DrainBackground(0);
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(0, 2)));
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(3, 5)));
  EXPECT_EQ(bench.Load()->files().live_files(), 5);
}

TEST(AftermathTest, AFailingCompactionIsToldAndChangesNothing) {
  TableBench bench;
  bench.Create(false, {{"lakehold.logCompactionInterval", "3"}});
  bench.root.store = storage::NewFaultyStore(bench.memory, [](const storage::StoreCall& call) {
    const bool names = call.verb == storage::StoreVerb::kPublish &&
                       call.key.find(".compacted.") != std::string_view::npos;
    return names ? storage::Fault::kErrorBefore : storage::Fault::kNone;
  });
  std::vector<std::string> warned;
  bench.options.warn = [&](const Error& error) { warned.emplace_back(error.reason); };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.Append(bench.Load()).ok());
  bench.world.executor.DrainBackground(0);
  EXPECT_EQ(warned, std::vector<std::string>{"storage.injected"});
  EXPECT_FALSE(IsThere(bench, delta::CompactedName(0, 2)));
  EXPECT_EQ(bench.Load()->files().live_files(), 3);
}

}  // namespace
}  // namespace lakehold::txn
