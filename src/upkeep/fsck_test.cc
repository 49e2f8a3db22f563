#include "upkeep/fsck.h"

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "delta/checkpoint.h"
#include "delta/log_path.h"
#include "delta/text_checkpoint_codec.h"
#include "storage/atomic_file.h"
#include "support/store_calls.h"
#include "support/table_bench.h"

namespace lakehold::upkeep {
namespace {

class Fsck : public ::testing::Test {
 protected:
  Fsck() {
    bench_.Create();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(bench_.Append(bench_.Load()).ok());
  }
  std::string Commit(int version) { return bench_.root.LogKeyOf(delta::CommitName(version)); }
  void Replace(const std::string& key, std::string_view text) {
    LAKEHOLD_EXPECT_OK(bench_.memory->Delete(key));
    testing::Put(*bench_.memory, key, text);
  }
  FsckReport Check(bool deep = false) {
    auto report = upkeep::Fsck(bench_.root, deep, bench_.context);
    EXPECT_TRUE(report.ok()) << report.error().ToString();
    return report.ok() ? *report : FsckReport{};
  }
  // Whether some finding of this gravity is about `object` and says `words`.
  static bool Says(const FsckReport& report, bool damage, std::string_view object,
                   std::string_view words) {
    for (const auto& finding : report.findings) {
      if (finding.damage == damage && finding.object.find(object) != std::string::npos &&
          finding.message.find(words) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  testing::TableBench bench_;
};

TEST_F(Fsck, ASoundTableHasNoFindings) {
  const auto report = Check();
  EXPECT_TRUE(report.healthy());
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.version, 3);
  EXPECT_EQ(report.commits_checked, 4);
  EXPECT_EQ(report.files_checked, 3);
}

TEST_F(Fsck, AMissingDataFileIsDamage) {
  const auto key = bench_.DataKeys().front();
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(key));
  const auto report = Check();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(Says(report, true, key.substr(key.find('/') + 1), "storage."));
  EXPECT_EQ(report.findings.size(), 1U);
}

TEST_F(Fsck, ADataFileOfAnotherSizeIsDamage) {
  const auto key = bench_.DataKeys().front();
  Replace(key, "more rows");
  EXPECT_TRUE(Says(Check(), true, key.substr(key.find('/') + 1), "has 9 bytes, the log says 4"));
}

TEST_F(Fsck, OnlyADeepLookFindsAFileThatIsNotParquet) {
  EXPECT_TRUE(Check().healthy());
  EXPECT_TRUE(Says(Check(true), true, "part-", "Parquet"));
}

TEST_F(Fsck, AMissingCommitIsDamage) {
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(Commit(1)));
  const auto report = Check();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(Says(report, true, delta::CommitName(1), "missing"));
}

TEST_F(Fsck, ACommitThatIsNotJsonIsDamage) {
  Replace(Commit(2), "{\"add\":");
  const auto report = Check();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(Says(report, true, delta::CommitName(2), "["));
}

TEST_F(Fsck, AFolderWithoutALogIsDamageNotACrash) {
  const delta::TableRoot nowhere{bench_.memory, "nowhere"};
  const auto report = upkeep::Fsck(nowhere, false, bench_.context);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(Says(*report, true, "_delta_log", "delta.not_a_table"));
}

TEST_F(Fsck, AChecksumThatDisagreesIsDamageAndAStrangeOneARemark) {
  const std::string key = bench_.root.LogKeyOf("00000000000000000002.crc");
  testing::Put(*bench_.memory, key, "nonsense");
  auto report = Check();
  EXPECT_TRUE(report.healthy());
  EXPECT_TRUE(Says(report, false, "00000000000000000002.crc", "ignored"));
  Replace(
      key,
      R"({"tableSizeBytes":1,"numFiles":7,"numMetadata":1,"numProtocol":1,)"
      R"("metadata":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{}",)"
      R"("partitionColumns":[],"configuration":{}},"protocol":{"minReaderVersion":1,"minWriterVersion":2}})");
  report = Check();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(Says(report, true, "00000000000000000002.crc",
                   "says 7 files of 1 bytes, the log 2 files of 8 bytes"));
}

}  // namespace
}  // namespace lakehold::upkeep
