#include "base/result.h"

#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace lakehold {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Invalid("test.odd", "7 is odd", "Give an even number");
  return number / 2;
}

Result<int> Quarter(int number) {
  LAKEHOLD_ASSIGN(const int half, Half(number));
  LAKEHOLD_ASSIGN(const int quarter, Half(half));
  return quarter;
}

Status Check(int number) {
  LAKEHOLD_TRY(Half(number));
  return {};
}

TEST(ResultTest, HoldsAValueOrAnError) {
  EXPECT_EQ(*Half(8), 4);
  EXPECT_FALSE(Half(7).ok());
  EXPECT_EQ(Half(7).error().kind, ErrorKind::kInvalid);
}

TEST(ResultTest, TheMacrosPassErrorsUp) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().reason, "test.odd");
  EXPECT_TRUE(Check(2).ok());
  EXPECT_EQ(Check(3).error().message, "7 is odd");
}

TEST(ResultTest, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 5);
}

TEST(ResultTest, AnErrorReadsAsSentences) {
  EXPECT_EQ(Half(7).error().ToString(), "7 is odd. Give an even number [test.odd]");
  EXPECT_EQ(Internal("test.bug", "a bug").ToString(), "a bug [test.bug]");
  EXPECT_EQ(OutcomeUnknown("test.lost", "Lost.", "id-1", "Look for it").ToString(),
            "Lost. Look for it. Transaction id: id-1 [test.lost]");
}

TEST(ResultTest, EveryKindHasItsOwnName) {
  std::set<std::string_view> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    names.insert(KindName(static_cast<ErrorKind>(kind)));
  }
  EXPECT_EQ(names.size(), 12u);
  EXPECT_TRUE(names.contains("OutcomeUnknown"));
}

}  // namespace
}  // namespace lakehold
