#include "storage/open_store.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/sim_runtime.h"
#include "support/store_calls.h"
#include "support/temp_folder.h"

namespace lakehold::storage {
namespace {

namespace fs = std::filesystem;

class OpenStoreTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<ObjectStore>> Open(const std::string& location, bool create = true) {
    return OpenStore(location, Durability::kFull, create, runtime_.runtime());
  }
  std::string UriOf(const std::string& location) {
    const auto store = Open(location);
    return store.ok() ? std::string((*store)->uri())
                      : "<" + std::string(store.error().reason) + ">";
  }

  testing::TempFolder folder_;
  SimRuntime runtime_;
};

TEST_F(OpenStoreTest, PathsAndFileUrisMeanTheSameFolder) {
  const std::string path = folder_ / "lake";
  EXPECT_EQ(UriOf(path), path);
  EXPECT_EQ(UriOf(path + "/"), path);
  EXPECT_EQ(UriOf(folder_ / "./x/../lake//"), "<storage.bad_path>");  // x does not exist.
  fs::create_directory(folder_ / "x");
  EXPECT_EQ(UriOf(folder_ / "./x/../lake//"), path);
  EXPECT_EQ(UriOf("file:" + path), path);
  EXPECT_EQ(UriOf("file://" + path), path);
  EXPECT_EQ(UriOf("file://localhost" + path), path);
  EXPECT_EQ(UriOf(folder_ / "deep/er"), folder_ / "deep/er");
}

TEST_F(OpenStoreTest, UrisAreDecodedExactlyOnceAndPathsNever) {
  EXPECT_EQ(UriOf("file://" + folder_ / "a%20b"), folder_ / "a b");
  EXPECT_EQ(UriOf("file://" + folder_ / "a%2520b"), folder_ / "a%20b");
  EXPECT_EQ(UriOf("file://" + folder_ / "caf%C3%A9"), folder_ / "caf\xc3\xa9");
  EXPECT_EQ(UriOf(folder_ / "a%20b"), folder_ / "a%20b");
}

TEST_F(OpenStoreTest, BadUrisAreRefused) {
  for (const char* uri : {"file:relative", "file:", "file://", "file://server/share", "file:///a%2",
                          "file:///a%zz", "file:///a%00b", "file:///a?x=1", "file:///a#b"}) {
    EXPECT_EQ(UriOf(uri), "<storage.bad_uri>") << uri;
  }
}

TEST_F(OpenStoreTest, OtherSchemesAreRefusedByName) {
  for (const char* uri :
       {"s3://bucket/lake", "gs://b", "https://example.org/lake", "abfss://x@y/z"}) {
    const auto store = Open(uri);
    LAKEHOLD_EXPECT_ERROR(store, kUnsupported, "storage.unknown_scheme");
    EXPECT_NE(store.error().message.find(std::string(uri, std::string(uri).find(':'))),
              std::string::npos);
  }
}

TEST_F(OpenStoreTest, RelativePathsBelongToTheCurrentFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  EXPECT_EQ(UriOf("lake"), folder_ / "lake");
  EXPECT_EQ(UriOf("./lake"), folder_ / "lake");
  EXPECT_EQ(UriOf("."), folder_.path());
  EXPECT_EQ(UriOf("~/lake"), folder_ / "~/lake");  // Expanding '~' is the shell's work.
  EXPECT_EQ(UriOf("a:b"), folder_ / "a:b");
  fs::current_path(before);
}

TEST_F(OpenStoreTest, AnAbsentFolderIsAnErrorUnlessItMayBeMade) {
  LAKEHOLD_EXPECT_ERROR(Open(folder_ / "lake", false), kNotFound, "storage.no_folder");
  const auto store = Open(folder_ / "lake/house", true);
  LAKEHOLD_EXPECT_OK(store);
  EXPECT_FALSE(fs::exists(folder_ / "lake"));  // Until the first write.
  testing::Put(**store, "a", "text");
  EXPECT_TRUE(fs::exists(folder_ / "lake/house/a"));
  LAKEHOLD_EXPECT_OK(Open(folder_ / "lake", false));
}

TEST_F(OpenStoreTest, AFileIsNoFolder) {
  std::ofstream(folder_ / "file") << "text";
  for (const bool create : {true, false}) {
    LAKEHOLD_EXPECT_ERROR(Open(folder_ / "file", create), kInvalid, "storage.not_a_folder");
    LAKEHOLD_EXPECT_ERROR(Open(folder_ / "file/lake", create), kInvalid, "storage.not_a_folder");
  }
}

TEST_F(OpenStoreTest, NonsenseIsRefused) {
  EXPECT_EQ(UriOf(""), "<storage.bad_path>");
  EXPECT_EQ(UriOf(std::string("/a\0b", 4)), "<storage.bad_path>");
  EXPECT_EQ(UriOf(folder_ / std::string(300, 'x')), "<storage.name_too_long>");
}

}  // namespace
}  // namespace lakehold::storage
