#include "base/uuid.h"

#include <set>

#include <gtest/gtest.h>

#include "base/sim_runtime.h"

namespace lakehold {
namespace {

TEST(UuidTest, IsRandomVersion4AndSaysSo) {
  SeededRandom random(7);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = NewUuid(random);
    EXPECT_TRUE(IsUuid(uuid)) << uuid;
    EXPECT_EQ(uuid[14], '4') << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(UuidTest, OnlyTheUsualFormIsAUuid) {
  EXPECT_TRUE(IsUuid("0b0f2c2e-3a52-4a49-9f0e-0f5d2f0a7c11"));
  EXPECT_TRUE(IsUuid("0B0F2C2E-3A52-4A49-9F0E-0F5D2F0A7C11"));
  for (const char* text :
       {"", "0b0f2c2e3a524a499f0e0f5d2f0a7c11", "0b0f2c2e-3a52-4a49-9f0e-0f5d2f0a7c1",
        "0b0f2c2e-3a52-4a49-9f0e-0f5d2f0a7c1g", "0b0f2c2e-3a52-4a49-9f0e_0f5d2f0a7c11"}) {
    EXPECT_FALSE(IsUuid(text)) << text;
  }
}

}  // namespace
}  // namespace lakehold
