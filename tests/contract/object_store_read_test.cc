// The contract of ObjectStore: names, reading and listing.
#include <algorithm>
#include <array>
#include <thread>

#include "contract/object_store_contract.h"

namespace lakehold::testing {
namespace {

using storage::ByteRange;
using Keys = std::vector<std::string>;

class ReadContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, ReadContract, ::testing::ValuesIn(AllStores()), VariantName);

std::vector<std::string> BadKeys() {
  return {"",
          ".",
          "..",
          "/",
          "/a",
          "a/",
          "a//b",
          "a/./b",
          "a/../b",
          "../a",
          "a/..",
          "../root-sibling/a",
          std::string("a\0b", 3),
          "a\nb",
          "a\x7f"};
}

TEST_P(ReadContract, KeysThatCouldEscapeAreRefusedByEveryVerb) {
  const auto staged = Stage(store(), "", "x");
  for (const std::string& key : BadKeys()) {
    SCOPED_TRACE(key);
    LAKEHOLD_EXPECT_ERROR(store().Head(key), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().Get(key, std::nullopt), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().OpenReader(key), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().Publish(*staged, key), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().PutHint(key, {}), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().Delete(key), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().MoveFolder(key, "x"), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().MoveFolder("x", key), kInvalid, "storage.bad_key");
    if (key.empty()) continue;  // As a folder it is the root.
    LAKEHOLD_EXPECT_ERROR(store().OpenSink(key), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(store().ListFolders(key), kInvalid, "storage.bad_key");
    LAKEHOLD_EXPECT_ERROR(SettleName(store(), key), kInvalid, "storage.bad_key");
  }
  for (const char* prefix : {"/", "../", "a/../b", "../root-sibling"}) {
    LAKEHOLD_EXPECT_ERROR(store().List(prefix, ""), kInvalid, "storage.bad_key");
  }
}

TEST_P(ReadContract, NamesAreBytesAndNothingIsDecoded) {
  const Keys names = {"%2e%2e", "%2e",         "..a",   "...", "a b",         "a\"b",
                      "a\\b",   "caf\xc3\xa9", "p=%2F", "~",   "\xe6\x97\xa5"};
  for (const std::string& name : names) Put(store(), "t/" + name + "/" + name, name);
  for (const std::string& name : names) EXPECT_EQ(Read(store(), "t/" + name + "/" + name), name);
  EXPECT_EQ(*store().ListFolders("t"), [&] {
    Keys sorted = names;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }());
  EXPECT_EQ(ListKeys(store()).size(), names.size());
}

TEST_P(ReadContract, ANameMayHave255BytesAndNoMore) {
  const std::string longest(255, 'x');
  Put(store(), longest + "/" + longest, "text");
  EXPECT_EQ(Read(store(), longest + "/" + longest), "text");
  LAKEHOLD_EXPECT_ERROR(store().Head("t/" + longest + "x"), kInvalid, "storage.name_too_long");
  LAKEHOLD_EXPECT_ERROR(store().OpenSink(longest + "x"), kInvalid, "storage.name_too_long");
}

TEST_P(ReadContract, BeforeTheFirstWriteThereIsNothing) {
  EXPECT_EQ(ListKeys(store()), Keys{});
  EXPECT_EQ(*store().ListFolders(""), Keys{});
  EXPECT_EQ(*store().ListFolders("t"), Keys{});
  LAKEHOLD_EXPECT_ERROR(store().Head("t/a"), kNotFound, "storage.not_found");
  LAKEHOLD_EXPECT_ERROR(store().OpenReader("t/a"), kNotFound, "storage.not_found");
  LAKEHOLD_EXPECT_OK(store().Delete("t/a"));
}

TEST_P(ReadContract, WhatIsNoObjectIsNotFound) {
  Put(store(), "t/a", "text");
  for (const char* key : {"t", "t/b", "t/a/b", "t/a/b/c", "T/a"}) {
    SCOPED_TRACE(key);
    LAKEHOLD_EXPECT_ERROR(store().Head(key), kNotFound, "storage.not_found");
    LAKEHOLD_EXPECT_ERROR(store().Get(key, std::nullopt), kNotFound, "storage.not_found");
    LAKEHOLD_EXPECT_ERROR(store().OpenReader(key), kNotFound, "storage.not_found");
  }
}

TEST_P(ReadContract, HeadTellsNameSizeTimeAndIdentity) {
  Put(store(), "t/a", "text");
  const auto meta = store().Head("t/a");
  LAKEHOLD_EXPECT_OK(meta);
  EXPECT_EQ(meta->key, "t/a");
  EXPECT_EQ(meta->size_bytes, 4u);
  EXPECT_GT(meta->modified_ns, 0);
  EXPECT_FALSE(meta->identity.empty());
  const auto listed = ListAll(store());
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].size_bytes, 4u);
  EXPECT_EQ(listed[0].identity, meta->identity);
  EXPECT_EQ(listed[0].modified_ns, meta->modified_ns);
}

TEST_P(ReadContract, RangesAreExactOrRefused) {
  Put(store(), "a", "0123456789");
  const auto range = [&](uint64_t offset, uint64_t length) {
    return store().Get("a", ByteRange{offset, length});
  };
  EXPECT_EQ(range(0, 10)->view(), "0123456789");
  EXPECT_EQ(range(3, 4)->view(), "3456");
  EXPECT_EQ(range(10, 0)->view(), "");
  LAKEHOLD_EXPECT_ERROR(range(0, 11), kInvalid, "storage.bad_range");
  LAKEHOLD_EXPECT_ERROR(range(11, 0), kInvalid, "storage.bad_range");
  LAKEHOLD_EXPECT_ERROR(range(1, ~uint64_t{0}), kInvalid, "storage.bad_range");
}

TEST_P(ReadContract, AReaderReadsAnywhereFromManyThreads) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>('a' + i % 23);
  Put(store(), "a", text);
  const auto reader = store().OpenReader("a");
  LAKEHOLD_EXPECT_OK(reader);
  EXPECT_EQ((*reader)->meta().size_bytes, text.size());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::string part(1000, ' ');
      for (size_t at = t * 7; at + part.size() <= text.size(); at += 4999) {
        if (!(*reader)->ReadAt(at, std::as_writable_bytes(std::span(part))).ok() ||
            std::string_view(text).substr(at, part.size()) != part) {
          ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  std::array<std::byte, 10> past{};
  LAKEHOLD_EXPECT_ERROR((*reader)->ReadAt(text.size() - 9, past), kIo, "storage.short_read");
}

TEST_P(ReadContract, AnOpenReaderOutlivesTheName) {
  Put(store(), "a", "text");
  const auto reader = store().OpenReader("a");
  LAKEHOLD_EXPECT_OK(store().Delete("a"));
  std::string text(4, ' ');
  LAKEHOLD_EXPECT_OK((*reader)->ReadAt(0, std::as_writable_bytes(std::span(text))));
  EXPECT_EQ(text, "text");
}

TEST_P(ReadContract, ListingIsInByteOrderOfWholeKeys) {
  const Keys sorted = {"A",       "a-b", "a.c/x", "a/b", "a/b-c",   "a/b.d/e",
                       "a/c/d/e", "a0",  "aa",    "b",   "\xc3\xa9"};
  for (auto it = sorted.rbegin(); it != sorted.rend(); ++it) Put(store(), *it, "x");
  EXPECT_EQ(ListKeys(store()), sorted);
}

TEST_P(ReadContract, ListingStartsStrictlyAfterAnyKey) {
  const Keys all = {"a-b", "a/b", "a/c/d", "a/c/e", "a0", "b/c"};
  for (const std::string& key : all) Put(store(), key, "x");
  for (const std::string& start : Keys{"", "a", "a-", "a-b", "a/", "a/b", "a/bb", "a/c", "a/c/",
                                       "a/c/d", "a/c/z", "a/d", "a0", "a00", "b", "b/c", "z"}) {
    SCOPED_TRACE(start);
    Keys expected;
    for (const std::string& key : all) {
      if (key > start) expected.push_back(key);
    }
    EXPECT_EQ(ListKeys(store(), "", start), expected);
  }
}

TEST_P(ReadContract, APrefixIsTextAndKnowsNoFolders) {
  const Keys all = {"t/a", "t/log/1", "t/log/10", "t/log/2", "t/logs/1", "t2/log/1"};
  for (const std::string& key : all) Put(store(), key, "x");
  for (const std::string& prefix :
       Keys{"", "t", "t/", "t/l", "t/log", "t/log/", "t/log/1", "t/log/10", "t/log/100", "t/logs",
            "t2", "x", "x/y/", "t/a/"}) {
    SCOPED_TRACE(prefix);
    Keys expected;
    for (const std::string& key : all) {
      if (key.starts_with(prefix)) expected.push_back(key);
    }
    EXPECT_EQ(ListKeys(store(), prefix), expected);
  }
  EXPECT_EQ(ListKeys(store(), "t/log/", "t/log/1"), (Keys{"t/log/10", "t/log/2"}));
  EXPECT_EQ(ListKeys(store(), "t/log/", "s"), (Keys{"t/log/1", "t/log/10", "t/log/2"}));
}

TEST_P(ReadContract, ListFoldersNamesThoseDirectlyBelow) {
  for (const char* key : {"b/x/y", "a/x", "a/z/w", "c", "a-b/x"}) Put(store(), key, "x");
  EXPECT_EQ(*store().ListFolders(""), (Keys{"a", "a-b", "b"}));
  EXPECT_EQ(*store().ListFolders("a"), (Keys{"z"}));
  EXPECT_EQ(*store().ListFolders("c"), Keys{});
}

TEST_P(ReadContract, AnObjectDeletedWhileListingIsLeftOut) {
  for (const char* key : {"a", "b", "c"}) Put(store(), key, "x");
  auto lister = store().List("", "");
  LAKEHOLD_EXPECT_OK(lister);
  EXPECT_EQ((**(*lister)->Next()).key, "a");
  LAKEHOLD_EXPECT_OK(store().Delete("b"));
  const auto next = (*lister)->Next();
  LAKEHOLD_EXPECT_OK(next);
  EXPECT_TRUE((**next).key == "c" ||
              (!GetParam().on_disk && (**next).key == "b"));  // A snapshot is as good.
}

}  // namespace
}  // namespace lakehold::testing
