#include "base/ascii_case.h"

#include <gtest/gtest.h>

namespace lakehold {
namespace {

TEST(AsciiCase, LettersOfAsciiAreTheSameInEitherCase) {
  EXPECT_TRUE(SameIgnoringCase("Trip_ID[@`{", "tRIP_id[@`{"));
  EXPECT_FALSE(SameIgnoringCase("trip", "trips"));
  EXPECT_FALSE(SameIgnoringCase("@[", "`{"));
  EXPECT_TRUE(SameIgnoringCase("", ""));
  EXPECT_EQ(AsciiLower("Trip ID 9"), "trip id 9");
}

TEST(AsciiCase, OtherLettersAreThemselves) {
  EXPECT_FALSE(SameIgnoringCase("\u00C9", "\u00E9"));
  EXPECT_EQ(AsciiLower("\u00C9"), "\u00C9");
}

}  // namespace
}  // namespace lakehold
