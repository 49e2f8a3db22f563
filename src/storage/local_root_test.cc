#include "storage/local_root.h"

#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "support/store_calls.h"
#include "support/temp_folder.h"

namespace lakehold::storage {
namespace {

TEST(LocalRootTest, AFileSystemThatCannotSyncFoldersIsRefused) {
  InlineExecutor executor;
  LocalRoot root("/proc", true);
  const std::string folder;
  LAKEHOLD_EXPECT_ERROR(root.SyncFolders({&folder, 1}, false, executor), kUnsupported,
                        "storage.no_folder_sync");
}

// Counts the syncs of one call: each is a task.
class CountingExecutor : public InlineExecutor {
 public:
  void ParallelFor(size_t count, const std::function<void(size_t)>& task) override {
    last = count;
    InlineExecutor::ParallelFor(count, task);
  }
  size_t last = 0;
};

TEST(LocalRootTest, FoldersMadeHereSettleTheirParentsOnce) {
  testing::TempFolder folder;
  CountingExecutor executor;
  LocalRoot root(folder / "lake/house", true);
  LAKEHOLD_EXPECT_OK(root.OpenOrMakeFolder("t/p=1"));
  const std::vector<std::string> first = {"t/p=1"};
  LAKEHOLD_EXPECT_OK(root.SyncFolders(first, false, executor));
  EXPECT_EQ(executor.last,
            5u);  // t/p=1, t, the root, and the two folders that hold "house" and "lake".
  LAKEHOLD_EXPECT_OK(root.SyncFolders(first, false, executor));
  EXPECT_EQ(executor.last, 1u);
  LAKEHOLD_EXPECT_OK(root.OpenOrMakeFolder("t/p=2"));
  const std::vector<std::string> both = {"t/p=1", "t/p=2"};
  LAKEHOLD_EXPECT_OK(root.SyncFolders(both, false, executor));
  EXPECT_EQ(executor.last, 3u);  // Both and t.
  LAKEHOLD_EXPECT_OK(root.SyncFolders(first, true, executor));
  EXPECT_EQ(executor.last, 3u);  // t/p=1, t and the root: asked for every parent.
}

TEST(LocalRootTest, ParentsAreRememberedUntilTheirSyncSucceeded) {
  testing::TempFolder folder;
  CountingExecutor executor;
  LocalRoot root(folder.path(), true);
  LAKEHOLD_EXPECT_OK(root.OpenOrMakeFolder("a/b"));
  const std::vector<std::string> with_absent = {"a/b", "absent"};
  EXPECT_FALSE(root.SyncFolders(with_absent, false, executor).ok());
  const std::vector<std::string> alone = {"a/b"};
  LAKEHOLD_EXPECT_OK(root.SyncFolders(alone, false, executor));
  EXPECT_EQ(executor.last, 3u);
}

}  // namespace
}  // namespace lakehold::storage
