#include "delta/log_path.h"

#include <gtest/gtest.h>

namespace lakehold::delta {
namespace {

TEST(LogPath, KnowsEveryKindOfLogFile) {
  const auto commit = ParseLogFileName("00000000000000000012.json");
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->kind, LogFileKind::kCommit);
  EXPECT_EQ(commit->version, 12);

  const auto classic = ParseLogFileName("00000000000000000012.checkpoint.parquet");
  ASSERT_TRUE(classic);
  EXPECT_EQ(classic->kind, LogFileKind::kClassicCheckpoint);

  const auto part =
      ParseLogFileName("00000000000000000012.checkpoint.0000000002.0000000003.parquet");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->kind, LogFileKind::kMultiPartCheckpoint);
  EXPECT_EQ(part->part, 2u);
  EXPECT_EQ(part->parts, 3u);

  for (const std::string extension : {"parquet", "json"}) {
    const auto uuid = ParseLogFileName(
        "00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11." + extension);
    ASSERT_TRUE(uuid);
    EXPECT_EQ(uuid->kind, LogFileKind::kUuidCheckpoint);
    EXPECT_EQ(uuid->version, 12);
  }

  const auto compacted =
      ParseLogFileName("00000000000000000003.00000000000000000012.compacted.json");
  ASSERT_TRUE(compacted);
  EXPECT_EQ(compacted->kind, LogFileKind::kCompacted);
  EXPECT_EQ(compacted->from_version, 3);
  EXPECT_EQ(compacted->version, 12);

  const auto crc = ParseLogFileName("09223372036854775807.crc");
  ASSERT_TRUE(crc);
  EXPECT_EQ(crc->kind, LogFileKind::kChecksum);
  EXPECT_EQ(crc->version, INT64_MAX);
}

TEST(LogPath, StrayFilesAreNothing) {
  for (const std::string_view name :
       {"",
        "_last_checkpoint",
        "0.json",
        "0000000000000000001.json",
        "000000000000000000012.json",
        "00000000000000000012.json.tmp",
        ".00000000000000000012.json.crc",
        "00000000000000000012.JSON",
        "00000000000000000012",
        "00000000000000000012.",
        "-0000000000000000012.json",
        "+0000000000000000012.json",
        "99999999999999999999.json",
        "09223372036854775808.json",
        "00000000000000000012.checkpoint.",
        "00000000000000000012.checkpoint.json",
        "00000000000000000012.checkpoint.0000000000.0000000003.parquet",
        "00000000000000000012.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000012.checkpoint.9999999999.9999999999.parquet",
        "00000000000000000012.checkpoint.0000000001.0000000003.json",
        "00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.crc",
        "00000000000000000012.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a1g.parquet",
        "00000000000000000012.00000000000000000003.compacted.json",
        "00000000000000000003.00000000000000000012.json",
        "0000000000000000001a.json",
        "00000000000000000012.80a083e8-7026-4e79-81be-64bd76c43a11.json"}) {
    EXPECT_FALSE(ParseLogFileName(name)) << name;
  }
}

TEST(LogPath, NamesAreTwentyDigitsWide) {
  EXPECT_EQ(CommitName(12), "00000000000000000012.json");
  EXPECT_EQ(ClassicCheckpointName(0), "00000000000000000000.checkpoint.parquet");
  EXPECT_EQ(ChecksumName(INT64_MAX), "09223372036854775807.crc");
}

}  // namespace
}  // namespace lakehold::delta
