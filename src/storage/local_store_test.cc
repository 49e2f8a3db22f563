#include "storage/local_store.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/sim_runtime.h"
#include "storage/leftover_lister.h"
#include "support/in_child.h"
#include "support/store_calls.h"
#include "support/temp_folder.h"

namespace lakehold::storage {
namespace {

using testing::InChild;
using testing::ListKeys;
using testing::Outcome;
using testing::Put;
using testing::Read;
using testing::Stage;
using testing::TempFolder;
namespace fs = std::filesystem;

class LocalStoreTest : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectStore> Open(LocalStoreOptions options = {},
                                    Durability durability = Durability::kFull) {
    auto store = OpenLocalStore(root(), durability, runtime_.runtime(), options);
    LAKEHOLD_EXPECT_OK(store);
    return *store;
  }
  std::string root() const { return folder_ / "root"; }

  TempFolder folder_;
  SimRuntime runtime_;
};

// Both ways of walking below the root.
class LinkTest : public LocalStoreTest, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Walks, LinkTest, ::testing::Values(true, false),
                         [](const auto& walk) { return walk.param ? "ByOpenat2" : "ByOpenat"; });

TEST_P(LinkTest, SymbolicLinksBelowTheRootAreNeverFollowed) {
  const auto store = Open({.use_openat2 = GetParam()});
  Put(*store, "t/a", "inside");
  fs::create_directories(folder_ / "root-sibling/log");
  std::ofstream(folder_ / "root-sibling/secret") << "outside";
  fs::create_directory_symlink(folder_ / "root-sibling", root() + "/out");
  fs::create_directory_symlink("t", root() + "/in");
  fs::create_symlink(folder_ / "root-sibling/secret", root() + "/t/link");
  for (const char* key : {"out/secret", "in/a", "t/link"}) {
    SCOPED_TRACE(key);
    LAKEHOLD_EXPECT_ERROR(store->Head(key), kInvalid, "storage.symlink");
    LAKEHOLD_EXPECT_ERROR(store->Get(key, std::nullopt), kInvalid, "storage.symlink");
    LAKEHOLD_EXPECT_ERROR(store->OpenReader(key), kInvalid, "storage.symlink");
  }
  LAKEHOLD_EXPECT_ERROR(store->OpenSink("out"), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->OpenSink("out/new"), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->PutHint("out/hint", AsBytes("x")), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->Delete("out/secret"), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->MoveFolder("out/log", "log"), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->MoveFolder("out", "moved"), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->MoveFolder("t", "out/t"), kInvalid, "storage.symlink");
  const auto staged = Stage(*store, "", "x");
  LAKEHOLD_EXPECT_ERROR(store->Publish(*staged, "out/new"), kInvalid, "storage.symlink");
  LAKEHOLD_EXPECT_ERROR(store->Publish(*staged, "t/link"), kAlreadyExists, "storage.exists");
  EXPECT_EQ(ListKeys(*store), std::vector<std::string>{"t/a"});
  EXPECT_EQ(*store->ListFolders(""), std::vector<std::string>{"t"});
  EXPECT_TRUE(fs::exists(folder_ / "root-sibling/secret"));
  EXPECT_EQ(
      std::distance(fs::directory_iterator(folder_ / "root-sibling"), fs::directory_iterator()), 2);
}

TEST_P(LinkTest, AHintReplacesALinkAndNotWhatItPointsTo) {
  const auto store = Open({.use_openat2 = GetParam()});
  Put(*store, "a", "inside");
  std::ofstream(folder_ / "secret") << "outside";
  fs::create_symlink(folder_ / "secret", root() + "/hint");
  LAKEHOLD_EXPECT_OK(store->PutHint("hint", AsBytes("new")));
  EXPECT_EQ(Read(*store, "hint"), "new");
  EXPECT_EQ(fs::file_size(folder_ / "secret"), 7u);
}

TEST_F(LocalStoreTest, TheRootItselfMayBeReachedByALink) {
  fs::create_directories(folder_ / "real/place");
  fs::create_directory_symlink(folder_ / "real", folder_ / "link");
  auto store = OpenLocalStore(folder_ / "link/place", Durability::kFull, runtime_.runtime());
  LAKEHOLD_EXPECT_OK(store);
  EXPECT_EQ((*store)->uri(), folder_ / "real/place");
  Put(**store, "a", "text");
  EXPECT_TRUE(fs::exists(folder_ / "real/place/a"));
}

TEST_F(LocalStoreTest, APipeOrSocketIsNoObjectAndNobodyWaitsForIt) {
  const auto store = Open();
  Put(*store, "a", "text");
  ASSERT_EQ(mkfifo((root() + "/pipe").c_str(), 0666), 0);
  LAKEHOLD_EXPECT_ERROR(store->Get("pipe", std::nullopt), kNotFound, "storage.not_found");
  EXPECT_EQ(ListKeys(*store), std::vector<std::string>{"a"});
}

TEST_F(LocalStoreTest, ARootMovedAwayAndMadeAgainIsAnotherRoot) {
  const auto store = Open();
  Put(*store, "a", "old");
  fs::rename(root(), folder_ / "old");
  EXPECT_EQ(Read(*store, "a"), "<storage.not_found>");
  Put(*store, "a", "new");
  EXPECT_EQ(Read(*store, "a"), "new");
  EXPECT_TRUE(fs::exists(folder_ / "old/a"));
}

TEST_F(LocalStoreTest, FilesFollowTheUmask) {
  const mode_t before = umask(027);
  for (const bool tmpfile : {true, false}) {
    const auto store = Open({.use_tmpfile = tmpfile});
    const std::string key = tmpfile ? "t/unnamed" : "t/named";
    Put(*store, key, "text");
    struct stat status {};
    ASSERT_EQ(stat((root() + "/" + key).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0640u) << key;
    EXPECT_EQ(status.st_nlink, 1u) << key;
  }
  umask(before);
}

TEST_F(LocalStoreTest, NamesOfStagedFilesAreHiddenAndReserved) {
  const auto store = Open({.use_tmpfile = false});
  const auto staged = Stage(*store, "t", "text");
  ASSERT_EQ(std::distance(fs::directory_iterator(root() + "/t"), fs::directory_iterator()), 1);
  const std::string hidden = fs::directory_iterator(root() + "/t")->path().filename();
  EXPECT_EQ(ListKeys(*store), std::vector<std::string>{});
  LAKEHOLD_EXPECT_ERROR(store->Publish(*staged, "t/" + hidden), kInvalid, "storage.bad_key");
  LAKEHOLD_EXPECT_ERROR(store->PutHint("t/" + hidden, AsBytes("x")), kInvalid, "storage.bad_key");
}

TEST_F(LocalStoreTest, WhatADeadProcessStagedIsInvisible) {
  for (const bool tmpfile : {true, false}) {
    const std::string died = InChild([&]() -> std::string {
      const auto store = Open({.use_tmpfile = tmpfile});
      auto staged = Stage(*store, "t", "text");
      static_cast<void>(testing::Settle(*store, *staged));
      _exit(9);
    });
    EXPECT_EQ(died, "<died>");
  }
  const auto store = Open();
  EXPECT_EQ(ListKeys(*store), std::vector<std::string>{});
  Put(*store, "t/a", "text");
  EXPECT_EQ(ListKeys(*store), std::vector<std::string>{"t/a"});
}

class LeftoverTest : public LocalStoreTest {
 protected:
  // A hidden file in t whose writer died, dated `age_seconds` back. Its path.
  fs::path LeaveBehind(int64_t age_seconds) {
    const auto before = Hidden();
    const std::string died = InChild([&]() -> std::string {
      const auto store = Open({.use_tmpfile = false});
      const auto staged = Stage(*store, "t", "text");
      _exit(9);
    });
    EXPECT_EQ(died, "<died>");
    for (const auto& path : Hidden()) {
      if (before.contains(path)) continue;
      Age(path, age_seconds);
      return path;
    }
    ADD_FAILURE() << "nothing was left behind";
    return {};
  }
  static void Age(const fs::path& path, int64_t seconds) {
    fs::last_write_time(path, fs::last_write_time(path) - std::chrono::seconds(seconds));
  }
  std::set<fs::path> Hidden() const {
    std::set<fs::path> found;
    if (!fs::exists(root() + "/t")) return found;
    for (const auto& entry : fs::directory_iterator(root() + "/t")) {
      if (entry.path().filename().string().starts_with("._lakehold_staged_")) {
        found.insert(entry.path());
      }
    }
    return found;
  }
  static constexpr int64_t kOld = limits::kLeftoverAgeSeconds + 60;
};

TEST_F(LeftoverTest, AnOldOneIsRemovedByTheNextWriterOfItsFolder) {
  const auto old = LeaveBehind(kOld);
  const auto young = LeaveBehind(limits::kLeftoverAgeSeconds / 2);
  Put(*Open({.use_tmpfile = false}), "t/a", "text");
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));
}

TEST_F(LeftoverTest, AHintSweepsItsFolderToo) {
  const auto old = LeaveBehind(kOld);
  LAKEHOLD_EXPECT_OK(Open()->PutHint("t/_last_checkpoint", AsBytes("{}")));
  EXPECT_FALSE(fs::exists(old));
}

TEST_F(LeftoverTest, WhatALivingWriterHoldsStaysHoweverOld) {
  const auto writer = Open({.use_tmpfile = false});
  const auto staged = Stage(*writer, "t", "text");
  for (const auto& path : Hidden()) Age(path, 10 * kOld);
  Put(*Open({.use_tmpfile = false}), "t/b", "text");
  EXPECT_EQ(Hidden().size(), 1U);
  LAKEHOLD_EXPECT_OK(writer->Publish(*staged, "t/a"));
  EXPECT_EQ(Read(*writer, "t/a"), "text");
}

TEST_F(LeftoverTest, AnObjectWithANameOfItsOwnOutlivesItsHiddenOne) {
  const auto old = LeaveBehind(0);
  fs::create_hard_link(old, root() + "/t/a");
  Age(old, kOld);
  const auto store = Open({.use_tmpfile = false});
  Put(*store, "t/b", "text");
  EXPECT_FALSE(fs::exists(old));
  EXPECT_EQ(Read(*store, "t/a"), "text");
}

TEST_F(LeftoverTest, ThoseOfDeadWritersAreListedAndNoOthers) {
  const auto store = Open({.use_tmpfile = false});
  auto* lister = dynamic_cast<LeftoverLister*>(store.get());
  ASSERT_NE(lister, nullptr);
  const auto none = lister->ListLeftovers("");
  LAKEHOLD_EXPECT_OK(none);
  EXPECT_TRUE(none->empty());
  const auto left = LeaveBehind(0);
  const auto mine = Stage(*store, "t", "text");
  const auto listed = lister->ListLeftovers("");
  LAKEHOLD_EXPECT_OK(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().key, "t/" + left.filename().string());
  EXPECT_EQ(listed->front().size_bytes, 4U);
}

// What a file server's client sees when the answer to its first request was lost: the name is
// taken, by itself.
TEST_F(LocalStoreTest, ANameTakenByTheSameInodeIsSuccess) {
  const auto store = Open({.use_tmpfile = false});
  const auto staged = Stage(*store, "t", "text");
  const fs::path hidden = fs::directory_iterator(root() + "/t")->path();
  fs::create_hard_link(hidden, root() + "/t/a");
  LAKEHOLD_EXPECT_OK(store->Publish(*staged, "t/a"));
  EXPECT_EQ(Read(*store, "t/a"), "text");
  EXPECT_FALSE(fs::exists(hidden));
}

// The descriptor of the one staged file of this process, found as the kernel shows it.
int FindStagedFd(const std::string& root) {
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const std::string target = fs::read_symlink(entry.path(), ignored).string();
    if (target.starts_with(root) && target.ends_with("(deleted)"))
      return std::stoi(entry.path().filename().string());
  }
  return -1;
}

TEST_F(LocalStoreTest, AfterAFailedSyncTheObjectIsDiscarded) {
  const auto store = Open();
  const auto staged = Stage(*store, "t", "text");
  const int fd = FindStagedFd(root());
  ASSERT_GE(fd, 0);
  const int file = dup(fd);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(dup2(ends[0], fd), fd);  // A pipe cannot be synced.
  EXPECT_FALSE(testing::Settle(*store, *staged).ok());
  ASSERT_EQ(dup2(file, fd), fd);  // Now it could, as after an error of the disk.
  for (const int one : {file, ends[0], ends[1]}) close(one);
  LAKEHOLD_EXPECT_ERROR(testing::Settle(*store, *staged), kIo, "storage.discarded");
  LAKEHOLD_EXPECT_ERROR(store->Publish(*staged, "t/a"), kIo, "storage.discarded");
  LAKEHOLD_EXPECT_ERROR(staged->Rewrite(AsBytes("x")), kIo, "storage.discarded");
  EXPECT_EQ(ListKeys(*store), std::vector<std::string>{});
}

TEST_F(LocalStoreTest, AFailedWriteDiscardsTheObject) {
  const std::string outcome = InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const auto store = Open();
    auto sink = store->OpenSink("t");
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string large(2 << 20, 'x');
    const std::string first = Outcome((*sink)->Write(AsBytes(large)));
    return first + " " + Outcome((*sink)->Write(AsBytes("x"))) + " " + Outcome((*sink)->Finish());
  });
  EXPECT_EQ(outcome, "storage.file_too_big storage.discarded storage.discarded");
}

TEST_F(LocalStoreTest, RunningOutOfDescriptorsSaysSo) {
  const std::string outcome = InChild([&]() -> std::string {
    const auto store = Open();
    Put(*store, "a", "text");
    // Once without the limit, and the usual one again at the end: UBSan opens a pipe to look at a
    // type it meets first.
    if (!store->Head("a").ok() || !store->OpenSink("t").ok() || !store->List("", "").ok())
      return "unusable";
    rlimit usual{};
    getrlimit(RLIMIT_NOFILE, &usual);
    const rlimit none{3, usual.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    const std::string outcome = Outcome(store->Head("a")) + " " + Outcome(store->OpenSink("t")) +
                                " " + Outcome(store->List("", ""));
    setrlimit(RLIMIT_NOFILE, &usual);
    return outcome;
  });
  EXPECT_EQ(outcome, "storage.too_many_files storage.too_many_files storage.too_many_files");
}

TEST_F(LocalStoreTest, AFolderWithoutRightsIsDenied) {
  const auto store = Open();
  Put(*store, "t/a", "text");
  Put(*store, "closed/a", "text");
  fs::permissions(root() + "/t", fs::perms(0555));
  fs::permissions(root() + "/closed", fs::perms(0000));
  const std::string outcome = InChild([&]() -> std::string {
    if (geteuid() == 0) {  // Nothing is denied to the superuser.
      if (chmod(folder_.path().c_str(), 0755) != 0 || seteuid(65534) != 0) return "skipped";
    }
    return Outcome(store->OpenSink("t")) + " " + Outcome(store->OpenSink("t/new")) + " " +
           Outcome(store->Delete("t/a")) + " " + Outcome(store->Head("closed/a")) + " " +
           Outcome(store->List("closed/", "")) + " " + Read(*store, "t/a");
  });
  fs::permissions(root() + "/closed", fs::perms(0755));
  if (outcome == "skipped")
    GTEST_SKIP() << "running as root without the right to become somebody else";
  EXPECT_EQ(outcome,
            "storage.denied storage.denied storage.denied storage.denied storage.denied text");
}

// A file system of its own for a child: a tmpfs of 256 KiB on root/. "" if mounting is not allowed
// here.
bool MountSmall(const std::string& root) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  fs::create_directories(root);
  return mount("tmpfs", root.c_str(), "tmpfs", 0, "size=256k") == 0;
}

TEST_F(LocalStoreTest, AFullDiskSaysSoAndLeavesNothing) {
  const std::string outcome = InChild([&]() -> std::string {
    if (!MountSmall(root())) return "skipped";
    const auto store = Open();
    Put(*store, "a", "text");
    const std::string large(1 << 20, 'x');
    const std::string text = Outcome(PutIfAbsent(*store, "t/b", AsBytes(large))) + " " +
                             Outcome(store->PutHint("t/hint", AsBytes(large)));
    Put(*store, "t/c", std::string(100'000, 'x'));  // The space is free again.
    return text + " " + std::to_string(ListKeys(*store).size());
  });
  if (outcome == "skipped") GTEST_SKIP() << "mounting a small file system is not allowed here";
  EXPECT_EQ(outcome, "storage.disk_full storage.disk_full 2");
}

TEST_F(LocalStoreTest, AReadOnlyFileSystemSaysSoAndCanBeRead) {
  const std::string outcome = InChild([&]() -> std::string {
    if (!MountSmall(root())) return "skipped";
    const auto store = Open();
    Put(*store, "t/a", "text");
    if (mount(nullptr, root().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return "skipped";
    return Outcome(store->OpenSink("t")) + " " + Outcome(store->OpenSink("new")) + " " +
           Outcome(store->PutHint("t/h", AsBytes("x"))) + " " + Outcome(store->Delete("t/a")) +
           " " + Read(*store, "t/a");
  });
  if (outcome == "skipped") GTEST_SKIP() << "mounting a small file system is not allowed here";
  EXPECT_EQ(outcome,
            "storage.read_only storage.read_only storage.read_only storage.read_only text");
}

TEST_F(LocalStoreTest, NamesOutOfOrderAreReportedSo) {
  EXPECT_FALSE(Open({.names_in_order = false})->NamesSettleInOrder());
  EXPECT_TRUE(Open({.names_in_order = false}, Durability::kNone)->NamesSettleInOrder());
}

TEST_F(LocalStoreTest, SettlingTheNamesOfAFolderThatIsGoneIsAnError) {
  const auto store = Open();
  Put(*store, "t/a", "text");
  fs::remove_all(root() + "/t");
  const Status settled = testing::SettleName(*store, "t");
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().reason, "storage.not_durable");
}

}  // namespace
}  // namespace lakehold::storage
