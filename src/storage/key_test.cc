#include "storage/key.h"

#include <gtest/gtest.h>

namespace lakehold::storage {
namespace {

TEST(KeyTest, FolderAndNameTakeAKeyApart) {
  EXPECT_EQ(FolderOf("a/b/c"), "a/b");
  EXPECT_EQ(NameOf("a/b/c"), "c");
  EXPECT_EQ(FolderOf("c"), "");
  EXPECT_EQ(NameOf("c"), "c");
  EXPECT_EQ(JoinKey("a/b", "c"), "a/b/c");
  EXPECT_EQ(JoinKey("", "c"), "c");
}

TEST(KeyTest, OnlyPlainRelativeNamesAreKeys) {
  for (const char* key :
       {"a", "a/b", "..a", "a..", "%2e%2e/a", "-", "a b", "_delta_log/00.json", "\xc3\xa9"}) {
    EXPECT_TRUE(IsValidKey(key)) << key;
  }
  for (const char* key :
       {"", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/..", "a/../b", "a\nb", "a\x01"}) {
    EXPECT_FALSE(IsValidKey(key)) << key;
  }
}

TEST(KeyTest, MessagesNeverRepeatControlCharacters) {
  const Status checked = CheckKey("a\x1b[2Jb");
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().message,
            "'a\\x1b[2Jb' cannot name an object: it has a control character");
}

TEST(KeyTest, APrefixIsAFolderAndTheBeginningOfAName) {
  for (const char* prefix : {"", "a", "a/", "a/b", "a/b/", "..", "a/."})
    EXPECT_TRUE(CheckPrefix(prefix).ok()) << prefix;
  for (const char* prefix : {"/", "/a", "../", "a//", "a/../b"})
    EXPECT_FALSE(CheckPrefix(prefix).ok()) << prefix;
}

}  // namespace
}  // namespace lakehold::storage
