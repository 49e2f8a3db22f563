#include "txn/background_failures.h"

#include <gtest/gtest.h>

#include "delta/text_checkpoint_codec.h"
#include "support/table_bench.h"

namespace lakehold::txn {
namespace {

using testing::TableBench;
using testing::VersionOf;

TEST(BackgroundFailuresTest, ACheckpointThatCannotBeWrittenIsToldAndForgottenWhenOneCan) {
  TableBench bench;
  const auto codec = std::make_shared<delta::TextCheckpointCodec>();
  bench.context.checkpoint_codec = codec;
  BackgroundFailures failures;
  bench.options.behind = [&](std::string_view work, const Status& outcome) {
    failures.Tell(bench.root, work, outcome);
  };
  bench.Create(false, {{"delta.checkpointInterval", "1"}});
  codec->lose_file = true;
  ASSERT_EQ(VersionOf(bench.Append(bench.Load())), 1);
  EXPECT_EQ(failures.Of(bench.root), "") << "nobody has waited for it yet";
  bench.world.executor.DrainBackground(0);
  EXPECT_EQ(failures.Of(bench.root).rfind("checkpoint: ", 0), 0U);
  const std::string told = failures.Of(bench.root);
  EXPECT_NE(told.find("does not hold"), std::string::npos) << told;
  codec->lose_file = false;
  ASSERT_EQ(VersionOf(bench.Append(bench.Load())), 2);
  bench.world.executor.DrainBackground(0);
  EXPECT_EQ(failures.Of(bench.root), "");
  EXPECT_EQ(bench.Load()->last_checkpoint(), 2);
}

TEST(BackgroundFailuresTest, FailuresAreKeptByTableAndBounded) {
  BackgroundFailures failures;
  const auto at = [](int i) { return delta::TableRoot{nullptr, "t" + std::to_string(i)}; };
  for (int i = 0; i < 1'000; ++i) failures.Tell(at(i), "checkpoint", Internal("test.failed", "no"));
  int kept = 0;
  for (int i = 0; i < 1'000; ++i) kept += failures.Of(at(i)).empty() ? 0 : 1;
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 100);
  failures.Tell(at(999), "log compaction", {});
  EXPECT_NE(failures.Of(at(999)), "") << "a success of other work";
  failures.Tell(at(999), "checkpoint", {});
  EXPECT_EQ(failures.Of(at(999)), "");
}

}  // namespace
}  // namespace lakehold::txn
