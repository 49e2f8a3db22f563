#include "base/bytes.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace lakehold {
namespace {

bool PaddingIsZero(const Bytes& bytes) {
  return std::all_of(bytes.data() + bytes.size(), bytes.data() + bytes.size() + Bytes::kPadding,
                     [](char c) { return c == 0; });
}

TEST(BytesTest, AreFollowedByZeroedPadding) {
  for (const size_t size : {0, 1, 63, 64, 1000}) {
    Bytes bytes = Bytes::CopyOf(std::string(size, 'x'));
    EXPECT_EQ(bytes.size(), size);
    EXPECT_EQ(bytes.view(), std::string(size, 'x'));
    EXPECT_TRUE(PaddingIsZero(bytes));
    bytes.Shrink(size / 2);
    EXPECT_EQ(bytes.view(), std::string(size / 2, 'x'));
    EXPECT_TRUE(PaddingIsZero(bytes));
  }
}

TEST(BytesTest, MayBeNothing) {
  Bytes none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.view(), "");
  none.Shrink(0);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace lakehold
