#include "delta/deletion_vector.h"

#include <algorithm>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/sim_runtime.h"
#include "delta/roaring_format.h"
#include "storage/memory_store.h"

namespace lakehold::delta {
namespace {

using Rows = std::vector<uint64_t>;

std::string Unhex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

// Files of tables written by Spark.
const std::string kRows0And9 = Unhex(
    "0100000024d1d339640100000000000000000000003a300000010000000000010010000000000009002a671846");
const std::string kRows0And1And2 = Unhex(
    "0100000026d1d339640100000000000000000000003a3000000100000000000200100000000000010002"
    "00748ad0d0");
constexpr std::string_view kRows0And9Path = "vBn[lx{q8@P<9BNH/isA";
constexpr std::string_view kInline = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
// The example of the protocol's text, which is in the old layout with big-endian numbers.
constexpr std::string_view kInlineNative = "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";

Rows RowsOf(const DeletionVector& vector, uint64_t end) {
  Rows rows;
  for (uint64_t row = 0; row < end; ++row) {
    if (vector.Contains(row)) rows.push_back(row);
  }
  return rows;
}

class DeletionVectorStore : public ::testing::Test {
 protected:
  void Put(const std::string& key, const std::string& bytes) {
    size_t slash = key.rfind('/');
    auto sink = store_->OpenSink(slash == std::string::npos ? "" : key.substr(0, slash));
    ASSERT_TRUE(sink.ok());
    ASSERT_TRUE((*sink)->Write(AsBytes(bytes)).ok());
    auto staged = (*sink)->Finish();
    ASSERT_TRUE(staged.ok());
    ASSERT_TRUE(store_->Publish(**staged, key).ok());
  }
  Result<std::shared_ptr<const DeletionVector>> Load(const DeletionVectorDescriptor& descriptor) {
    return DeletionVector::Load({store_, "lake/t"}, descriptor);
  }
  DeletionVectorDescriptor Small() const { return {"u", std::string(kRows0And9Path), 1, 36, 2}; }
  static constexpr const char* kSmallKey =
      "lake/t/deletion_vector_61d16c75-6994-46b7-a15b-8b538852e50e.bin";

  SimClock clock_;
  std::shared_ptr<storage::MemoryStore> store_ = storage::NewMemoryStore(clock_);
};

TEST(Z85, ReadsAndWritesTheRfcExample) {
  EXPECT_EQ(EncodeZ85(Unhex("864fd26fb559f75b")), "HelloWorld");
  EXPECT_EQ(DecodeZ85("HelloWorld").value(), Unhex("864fd26fb559f75b"));
  for (std::string_view bad : {"Hell", "Hell\"", "#####", "Hell\xff"}) {
    EXPECT_EQ(DecodeZ85(bad).error().reason, "delta.bad_z85") << bad;
  }
}

TEST(DeletionVectorKey, JoinsPrefixAndUuid) {
  EXPECT_EQ(DeletionVectorKey({"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6}).value(),
            "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  EXPECT_EQ(DeletionVectorKey({"u", "vBn[lx{q8@P<9BNH/isA", 1, 36, 2}).value(),
            "deletion_vector_61d16c75-6994-46b7-a15b-8b538852e50e.bin");
  for (std::string bad :
       {"short", "../vBn[lx{q8@P<9BNH/isA", "/vBn[lx{q8@P<9BNH/isA", "..vBn[lx{q8@P<9BNH/isA"}) {
    EXPECT_EQ(DeletionVectorKey({"u", bad, 1, 36, 2}).error().kind, ErrorKind::kCorrupt) << bad;
  }
}

TEST_F(DeletionVectorStore, LoadsAnInlineVector) {
  auto vector = Load({"i", std::string(kInline), std::nullopt, 44, 6});
  ASSERT_TRUE(vector.ok()) << vector.error().message;
  EXPECT_EQ(RowsOf(**vector, 100), (Rows{3, 4, 7, 11, 18, 29}));
  auto native = Load({"i", std::string(kInlineNative), std::nullopt, 40, 6});
  ASSERT_TRUE(native.ok()) << native.error().message;
  EXPECT_EQ(RowsOf(**native, 100), (Rows{3, 4, 7, 11, 18, 29}));
}

TEST_F(DeletionVectorStore, LoadsAFileAtAnOffsetOrBehindTheVersionByte) {
  Put(kSmallKey, kRows0And9 + kRows0And1And2.substr(1));
  for (std::optional<int32_t> offset : {std::optional<int32_t>(1), std::optional<int32_t>()}) {
    auto descriptor = Small();
    descriptor.offset = offset;
    auto vector = Load(descriptor);
    ASSERT_TRUE(vector.ok()) << vector.error().message;
    EXPECT_EQ(RowsOf(**vector, 10), (Rows{0, 9}));
  }
  auto second =
      Load({"u", std::string(kRows0And9Path), static_cast<int32_t>(kRows0And9.size()), 38, 3});
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(RowsOf(**second, 10), (Rows{0, 1, 2}));
}

TEST_F(DeletionVectorStore, LoadsAnAbsolutePathUnderTheTableOnly) {
  Put(kSmallKey, kRows0And9);
  TableRoot root{store_, "lake/t"};
  auto descriptor = Small();
  descriptor.storage_type = "p";
  descriptor.path_or_inline =
      root.uri() + "/deletion_vector_61d16c75-6994-46b7-a15b-8b538852e50e.bin";
  auto vector = Load(descriptor);
  ASSERT_TRUE(vector.ok()) << vector.error().message;
  EXPECT_EQ((*vector)->cardinality(), 2U);
  descriptor.path_or_inline = "s3://elsewhere/deletion_vector.bin";
  EXPECT_FALSE(Load(descriptor).ok());
}

TEST_F(DeletionVectorStore, RefusesWhateverDoesNotAgree) {
  Put(kSmallKey, kRows0And9);
  auto refused = [&](auto change) {
    auto descriptor = Small();
    change(descriptor);
    auto result = Load(descriptor);
    return !result.ok() && result.error().kind == ErrorKind::kCorrupt;
  };
  EXPECT_FALSE(refused([](auto&) {}));
  EXPECT_TRUE(refused([](auto& d) { d.cardinality = 3; }));
  EXPECT_TRUE(refused([](auto& d) { d.cardinality = -1; }));
  EXPECT_TRUE(refused([](auto& d) { d.size_bytes = 35; }));
  EXPECT_TRUE(refused([](auto& d) { d.size_bytes = 37; }));
  EXPECT_TRUE(refused([](auto& d) { d.size_bytes = -1; }));
  EXPECT_TRUE(refused([](auto& d) { d.size_bytes = 2'000'000'000; }));
  EXPECT_TRUE(refused([](auto& d) { d.offset = 0; }));
  EXPECT_TRUE(refused([](auto& d) { d.offset = 2; }));
  EXPECT_TRUE(refused([](auto& d) { d.offset = -5; }));
  EXPECT_TRUE(refused([](auto& d) { d.storage_type = "x"; }));
  EXPECT_TRUE(refused([](auto& d) { d.storage_type = "i"; }));
  EXPECT_EQ(Load({"u", std::string(kRows0And9Path.rbegin(), kRows0And9Path.rend()), 1, 36, 2})
                .error()
                .kind,
            ErrorKind::kNotFound);
}

TEST_F(DeletionVectorStore, RefusesEveryFlippedBit) {
  for (size_t i = 0; i < kRows0And9.size(); ++i) {
    std::string broken = kRows0And9;
    broken[i] = static_cast<char>(broken[i] ^ 0x10);
    ASSERT_TRUE(store_->Delete(kSmallKey).ok());
    Put(kSmallKey, broken);
    EXPECT_EQ(Load(Small()).error().kind, ErrorKind::kCorrupt) << i;
  }
}

Rows RandomRows(std::mt19937_64& random) {
  Rows rows;
  size_t runs = random() % 40;
  for (size_t i = 0; i < runs; ++i) {
    // Few buckets and containers, with scattered rows, dense runs and every second row.
    uint64_t start = (random() % 3) * (uint64_t{1} << 32) + random() % 200'000;
    uint64_t length = 1 + random() % (i % 7 == 0 ? 9'000 : 5);
    uint64_t step = 1 + random() % 2;
    for (uint64_t k = 0; k < length; ++k) rows.push_back(start + k * step);
  }
  std::shuffle(rows.begin(), rows.end(), random);
  return rows;
}

TEST(DeletionVector, DecodesWhatItEncoded) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 60; ++round) {
    Rows rows = RandomRows(random);
    std::set<uint64_t> wanted(rows.begin(), rows.end());
    auto vector = DeletionVector::FromRows(rows);
    std::string bytes = vector->Encode();
    auto back = DeletionVector::Decode(bytes);
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_EQ((*back)->cardinality(), wanted.size());
    for (uint64_t row : wanted) ASSERT_TRUE((*back)->Contains(row));
    ASSERT_EQ((*back)->Encode(), bytes);
  }
}

TEST(DeletionVector, EncodesAsSparkDoes) {
  Rows rows{9, 0, 9};
  EXPECT_EQ(DeletionVector::FromRows(rows)->Encode(), kRows0And9.substr(5, 36));
}

TEST(DeletionVector, ReadsTheLittleEndianNativeLayout) {
  std::string bitmap = kRows0And9.substr(5 + 16, 20);
  std::string native = Unhex(
                           "d0d33964"
                           "02000000"
                           "14000000") +
                       bitmap + Unhex("14000000") + bitmap;
  auto vector = DeletionVector::Decode(native);
  ASSERT_TRUE(vector.ok()) << vector.error().message;
  EXPECT_EQ((*vector)->cardinality(), 4U);
  EXPECT_TRUE((*vector)->Contains((uint64_t{1} << 32) + 9));
}

TEST(DeletionVector, SelectsTheRowsThatAreLeft) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 300; ++round) {
    auto vector = DeletionVector::FromRows(RandomRows(random));
    uint64_t start = (random() % 4) * (uint64_t{1} << 32) + random() % 210'000;
    if (random() % 4 == 0) start = (uint64_t{1} << 32) - random() % 3'000;
    size_t count = random() % 5'000;
    std::vector<uint32_t> wanted;
    for (uint32_t i = 0; i < count; ++i) {
      if (!vector->Contains(start + i)) wanted.push_back(i);
    }
    // What is too much must stay within the room given.
    std::vector<uint32_t> kept(count + 1, 77);
    size_t number = vector->SelectKept(start, std::span(kept.data(), count));
    ASSERT_EQ(number, wanted.size());
    ASSERT_EQ(kept.back(), 77U);
    if (number == count) {
      ASSERT_EQ(kept, std::vector<uint32_t>(count + 1, 77));
    } else {
      kept.resize(number);
      ASSERT_EQ(kept, wanted);
    }
  }
}

TEST(DeletionVector, SurvivesHostileBytes) {
  std::mt19937_64 random(13);
  int accepted = 0;
  for (int round = 0; round < 40; ++round) {
    std::string good = DeletionVector::FromRows(RandomRows(random))->Encode();
    for (int change = 0; change < 250; ++change) {
      std::string bytes = good;
      size_t edits = 1 + random() % 4;
      for (size_t i = 0; i < edits && !bytes.empty(); ++i) {
        // Mostly in the headers, where the damage is greatest.
        size_t reach = random() % 2 == 0 ? std::min<size_t>(bytes.size(), 80) : bytes.size();
        bytes[random() % reach] = static_cast<char>(random() % 3 == 0 ? 0xFF : random());
      }
      if (random() % 5 == 0) bytes.resize(random() % (bytes.size() + 1));
      auto vector = DeletionVector::Decode(bytes);
      if (!vector.ok()) {
        ASSERT_EQ(vector.error().reason, "delta.bad_deletion_vector");
        continue;
      }
      // What is accepted is in order: it can be walked, and its rows are as many as it says.
      ++accepted;
      std::vector<uint32_t> kept(300'000);
      size_t left = (*vector)->SelectKept(0, kept);
      ASSERT_LE(300'000 - left, (*vector)->cardinality());
      ASSERT_TRUE(DeletionVector::Decode((*vector)->Encode()).ok());
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(CheckRoaring, RefusesDisorderInsideContainers) {
  auto ok = [](std::string_view hex) { return CheckRoaring(Unhex(hex)).ok(); };
  EXPECT_TRUE(
      ok("3a300000"
         "00000000"));
  EXPECT_TRUE(
      ok("3a300000"
         "01000000"
         "00000100"
         "10000000"
         "00000900"));
  EXPECT_FALSE(
      ok("3a300000"
         "01000000"
         "00000100"
         "10000000"
         "09000000"));
  EXPECT_FALSE(
      ok("3a300000"
         "01000000"
         "00000100"
         "10000000"
         "09000900"));
  EXPECT_FALSE(
      ok("3a300000"
         "01000000"
         "00000100"
         "10000000"
         "0900"));
  EXPECT_FALSE(
      ok("3a300000"
         "02000000"
         "01000000"
         "00000000"
         "18000000"
         "1a000000"
         "0000"
         "0000"));
  EXPECT_FALSE(
      ok("3a300000"
         "ffffffff"));
  // One run container: rows 5 to 7.
  EXPECT_TRUE(
      ok("3b300000"
         "01"
         "00000200"
         "0100"
         "05000200"));
  EXPECT_FALSE(
      ok("3b300000"
         "01"
         "00000300"
         "0100"
         "05000200"));
  EXPECT_FALSE(
      ok("3b300000"
         "01"
         "00000200"
         "0100"
         "ffff0200"));
  EXPECT_FALSE(
      ok("3b300000"
         "01"
         "00000300"
         "0200"
         "05000100"
         "06000100"));
}

}  // namespace
}  // namespace lakehold::delta
