#include "engine/store_file_system.h"

#include <filesystem>
#include <string>

#include <duckdb/common/file_system.hpp>
#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "engine/duckdb_errors.h"
#include "engine/engine_fixture_test.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"

namespace lakehold::engine {
namespace {

using testing::EngineTest;
using testing::FailureOf;
using testing::ReadText;

class StoreFileSystem : public EngineTest {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("store_file_system." + std::to_string(getpid()));
    stores_.push_back(storage::NewMemoryStore(runtime().runtime().clock));
    auto local = storage::OpenLocalStore(folder_, storage::Durability::kNone, runtime().runtime());
    ASSERT_TRUE(local.ok()) << local.error().ToString();
    stores_.push_back(*local);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  StoreRegistry& registry() { return instance()->stores(); }

  std::filesystem::path folder_;
  std::vector<std::shared_ptr<storage::ObjectStore>> stores_;
};

TEST_F(StoreFileSystem, CopyWritesAndParquetReadsThroughEveryStore) {
  for (const auto& store : stores_) {
    const std::string handle = registry().Register(store);
    const std::string path = StoreRegistry::PathOf(handle, "day=2026-11-21/odd * name.parquet");
    auto session = OpenSession();
    auto copied =
        session->Run("COPY (SELECT i AS id, 'n' || i AS name FROM range(200000) t(i)) TO '" + path +
                         "' (FORMAT parquet, USE_TMP_FILE false)",
                     {});
    ASSERT_TRUE(copied.ok()) << copied.error().ToString();
    EXPECT_EQ((*copied)->changed_rows(), 200000);
    EXPECT_EQ(ReadText(*session, "SELECT sum(id) FROM read_parquet('" + path + "')"),
              "19999900000");
    EXPECT_EQ(ReadText(*session, "SELECT name FROM read_parquet('" + path + "') WHERE id = 77777"),
              "n77777");
    auto staged = registry().TakeStaged(path);
    ASSERT_NE(staged, nullptr) << "the commit settles it";
    EXPECT_EQ(staged->size_bytes(), store->Head("day=2026-11-21/odd * name.parquet")->size_bytes);
    EXPECT_EQ(registry().TakeStaged(path), nullptr);
    registry().Unregister(handle);
  }
}

TEST_F(StoreFileSystem, NothingIsOverwrittenOrRemoved) {
  const std::string handle = registry().Register(stores_[0]);
  const std::string path = StoreRegistry::PathOf(handle, "a.parquet");
  auto session = OpenSession();
  const std::string copy = "COPY (SELECT 1) TO '" + path + "' (FORMAT parquet, USE_TMP_FILE false)";
  ASSERT_TRUE(session->Run(copy, {}).ok());
  EXPECT_EQ(session->Run(copy, {}).error().reason, "storage.exists");
  auto& files = instance()->database().GetFileSystem();
  try {
    files.RemoveFile(path);
    FAIL() << "removed";
  } catch (const std::exception& exception) {
    EXPECT_EQ(ErrorFromDuckDb(exception).reason, "engine.write_once");
  }
  EXPECT_EQ(ReadText(*session, "SELECT count(*) FROM read_parquet('" + path + "')"), "1");
  registry().Unregister(handle);
}

TEST_F(StoreFileSystem, AnAbandonedFileLeavesNothing) {
  for (const auto& store : stores_) {
    const std::string handle = registry().Register(store);
    const std::string path = StoreRegistry::PathOf(handle, "half.bin");
    {
      auto file = instance()->database().GetFileSystem().OpenFile(
          path,
          duckdb::FileFlags::FILE_FLAGS_WRITE | duckdb::FileFlags::FILE_FLAGS_FILE_CREATE_NEW);
      std::string half = "half";
      file->Write(half.data(), half.size());
    }
    EXPECT_EQ(store->Head("half.bin").error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(registry().TakeStaged(path), nullptr);
    registry().Unregister(handle);
  }
}

TEST_F(StoreFileSystem, AnAbsentObjectAndAClosedStoreAreNotFound) {
  const std::string handle = registry().Register(stores_[0]);
  auto session = OpenSession();
  const std::string from =
      "SELECT * FROM read_parquet('" + StoreRegistry::PathOf(handle, "no.parquet") + "')";
  EXPECT_NE(FailureOf(*session, from).find("no.parquet"), std::string::npos);
  registry().Unregister(handle);
  EXPECT_NE(FailureOf(*session, from).find("engine.unknown_store"), std::string::npos)
      << FailureOf(*session, from);
}

TEST_F(StoreFileSystem, AStoreKeepsItsHandleWhileRegistered) {
  StoreRegistry registry;
  const std::string handle = registry.Register(stores_[0]);
  EXPECT_EQ(registry.Register(stores_[0]), handle);
  EXPECT_NE(registry.Register(stores_[1]), handle);
  registry.Unregister(handle);
  EXPECT_TRUE(registry.Find(handle).ok());
  registry.Unregister(handle);
  EXPECT_EQ(registry.Find(handle).error().reason, "engine.unknown_store");
  EXPECT_EQ(registry.Resolve("/etc/passwd").error().reason, "engine.bad_path");
}

}  // namespace
}  // namespace lakehold::engine
