#include "upkeep/fsck.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "delta/checkpoint.h"
#include "delta/deletion_vector.h"
#include "delta/log_path.h"
#include "delta/text_checkpoint_codec.h"
#include "storage/atomic_file.h"
#include "support/store_calls.h"
#include "support/table_bench.h"
#include "upkeep/parquet_footer.h"

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
  EXPECT_TRUE(Says(report, true, key.substr(key.find('/') + 1), "is missing; restore"));
  EXPECT_EQ(report.findings.size(), 1U);
}

TEST_F(Fsck, ADataFileOfAnotherSizeIsDamage) {
  const auto key = bench_.DataKeys().front();
  Replace(key, "more rows");
  EXPECT_TRUE(Says(Check(), true, key.substr(key.find('/') + 1), "has 9 bytes, the log says 4"));
}

TEST_F(Fsck, OnlyADeepLookFindsAFileThatIsNotParquet) {
  EXPECT_TRUE(Check().healthy());
  EXPECT_TRUE(Says(Check(true), true, "part-", "too short for a Parquet file"));
}

// A Parquet file's frame around a footer that counts `rows`, as long as the log says.
std::string ParquetFrame(int rows) {
  const std::string footer =
      // Version 1; a schema of one element named r; the rows, zigzag.
      std::string("\x15\x02\x19\x1C\x48\x01r\0\x16", 9) + static_cast<char>(2 * rows) + '\0';
  return "PAR1" + footer + static_cast<char>(footer.size()) + std::string(3, '\0') + "PAR1";
}

TEST_F(Fsck, ADeepLookComparesTheRowsOfTheFooterWithTheLog) {
  testing::TableBench bench;
  bench.Create();
  const std::string good = ParquetFrame(3);
  auto draft = txn::PlanAppend(bench.Load());
  ASSERT_TRUE(draft.ok());
  for (const int64_t told : {3, 5}) {
    delta::AddFile add;
    add.path = "part-" + std::to_string(told) + ".parquet";
    add.size_bytes = static_cast<int64_t>(good.size());
    add.stats = "{\"numRecords\":" + std::to_string(told) + "}";
    testing::Put(*bench.memory, bench.root.KeyOf(add.path), good);
    draft->adds.push_back(add);
  }
  ASSERT_TRUE(txn::Commit(bench.root, std::move(*draft), {}, bench.options, bench.context).ok());
  const auto report = upkeep::Fsck(bench.root, true, bench.context);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->findings.size(), 1U);
  EXPECT_TRUE(Says(*report, true, "part-5.parquet", "has 3 rows, the log says 5"));
}

TEST(ParquetFooter, IsReadOrSaidToBeNone) {
  const std::string frame = ParquetFrame(21);
  const std::string footer = frame.substr(4, frame.size() - 12);
  EXPECT_EQ(*ParseRowCount(footer), 21);
  for (size_t length = 0; length + 1 < footer.size(); ++length) {
    EXPECT_EQ(ParseRowCount(footer.substr(0, length)).error().reason, "upkeep.not_parquet");
  }
  EXPECT_FALSE(ParseRowCount(std::string(1000, '\x1C')).ok());  // Structs in structs.
}

TEST_F(Fsck, AMissingCommitIsDamage) {
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(Commit(1)));
  const auto report = Check();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(Says(report, true, delta::CommitName(1), "missing"));
}

TEST_F(Fsck, WhatCanBeReadInSpiteOfAMissingCommitIsSaidAndChecked) {
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(Commit(2)));
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(bench_.DataKeys().front()));
  const auto report = Check();
  EXPECT_EQ(report.version, 1);
  EXPECT_TRUE(Says(report, true, delta::CommitName(2), "versions up to 1 can be read (--at 1)"));
  EXPECT_EQ(report.files_checked, 1);
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(Commit(0)));
  EXPECT_EQ(Check().version, -1);
}

TEST_F(Fsck, ACommitThatIsNotJsonIsDamage) {
  Replace(Commit(2), "{\"add\":");
  const auto report = Check();
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(Says(report, true, delta::CommitName(2), "["));
}

// Version 3's checkpoint, as `change` leaves it.
class FsckOfCheckpoint : public Fsck {
 protected:
  FsckOfCheckpoint() {
    bench_.context.checkpoint_codec = std::make_shared<delta::TextCheckpointCodec>();
    auto written = delta::WriteCheckpoint(bench_.root, *bench_.Load(), bench_.context);
    EXPECT_TRUE(written.ok()) << written.error().ToString();
  }
  std::string Checkpoint() { return bench_.root.LogKeyOf(delta::ClassicCheckpointName(3)); }
  void Change(const std::function<void(std::vector<std::string>&)>& change) {
    auto bytes = bench_.memory->Get(Checkpoint(), std::nullopt);
    ASSERT_TRUE(bytes.ok());
    std::istringstream text{std::string(bytes->view())};
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    // Those of files behind all others.
    std::stable_partition(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("{\"add\"") == std::string::npos;
    });
    change(lines);
    std::string changed;
    for (const auto& line : lines) changed += line + "\n";
    Replace(Checkpoint(), changed);
  }
  static void Swap(std::string* line, const std::string& from, const std::string& to) {
    ASSERT_NE(line->find(from), std::string::npos) << *line;
    line->replace(line->find(from), from.size(), to);
  }
};

TEST_F(FsckOfCheckpoint, OneThatEqualsTheCommitsIsSound) {
  const auto report = Check();
  EXPECT_TRUE(report.healthy()) << report.findings.front().message;
  EXPECT_EQ(report.checkpoints_checked, 1);
}

TEST_F(FsckOfCheckpoint, AFileItLacksIsNamed) {
  Change([](auto& lines) { lines.pop_back(); });
  const auto report = Check();
  EXPECT_TRUE(Says(report, true, ".checkpoint.parquet", "lacks 1 file (part-"));
  EXPECT_TRUE(Says(report, true, ".checkpoint.parquet", "remove it, then write one by lakehold"));
}

TEST_F(FsckOfCheckpoint, AFileTooManyIsNamed) {
  Change([](auto& lines) {
    lines.push_back(lines.back());
    Swap(&lines.back(), "part-", "more-");
  });
  EXPECT_TRUE(Says(Check(), true, ".checkpoint.parquet", "holds other 1 file (more-"));
}

TEST_F(FsckOfCheckpoint, AFileOfAnotherSizeIsNamed) {
  Change([](auto& lines) { Swap(&lines.back(), "\"size\":4", "\"size\":5"); });
  EXPECT_TRUE(Says(Check(), true, ".checkpoint.parquet", "5 bytes, not 4"));
}

TEST_F(FsckOfCheckpoint, OneThatCannotBeReadHarmsNobodyWhileTheCommitsAreThere) {
  Replace(Checkpoint(), "{\"add\":");
  EXPECT_TRUE(Says(Check(), true, ".checkpoint.parquet", "tell version 3 without it"));
}

TEST_F(FsckOfCheckpoint, OneThatCannotBeReadIsAllThereWasOnceTheCommitsAreGone) {
  for (const int version : {0, 1, 2}) LAKEHOLD_EXPECT_OK(bench_.memory->Delete(Commit(version)));
  EXPECT_TRUE(Check().healthy());
  Replace(Checkpoint(), "{\"add\":");
  const auto report = Check();
  EXPECT_TRUE(Says(report, true, ".checkpoint.parquet", "the commits before it are gone"));
  EXPECT_EQ(report.version, -1);
}

TEST_F(FsckOfCheckpoint, VersionsFromACheckpointOnOutliveAMissingCommit) {
  LAKEHOLD_EXPECT_OK(bench_.memory->Delete(Commit(1)));
  const auto report = Check();
  EXPECT_EQ(report.version, 3);
  EXPECT_TRUE(Says(report, true, delta::CommitName(1), "so can version 3 and newer"));
}

TEST_F(FsckOfCheckpoint, AHintThatNamesNoCheckpointIsARemark) {
  const std::string key = bench_.root.LogKeyOf(delta::kLastCheckpointName);
  Replace(key, "{\"version\":2,\"size\":9}");
  EXPECT_TRUE(Says(Check(), false, "_last_checkpoint", "version 2, which is not there"));
  Replace(key, "what?");
  EXPECT_TRUE(Says(Check(), false, "_last_checkpoint", "cannot be read as a hint"));
  EXPECT_TRUE(Check().healthy());
}

TEST_F(Fsck, ADeletionVectorThatCannotBeReadIsNamedWithItsFile) {
  auto draft = txn::PlanAppend(bench_.Load());
  ASSERT_TRUE(draft.ok());
  txn::WrittenFiles files;
  auto add = bench_.WriteFile(files);
  ASSERT_TRUE(add.ok());
  delta::DeletionVectorDescriptor vector;
  vector.storage_type = "u";
  vector.path_or_inline = "vBn[lx{q8@P<9BNH/isA";
  vector.offset = 1;
  vector.size_bytes = 36;
  vector.cardinality = 1;
  add->deletion_vector = vector;
  const std::string path = add->path;
  draft->adds.push_back(std::move(*add));
  ASSERT_TRUE(
      txn::Commit(bench_.root, std::move(*draft), std::move(files), bench_.options, bench_.context)
          .ok());
  const auto missing = Check();
  EXPECT_TRUE(Says(missing, true, path, "its deletion vector"));
  EXPECT_TRUE(Says(missing, true, path, "restore the vector's file"));
  const auto key = delta::DeletionVectorKey(vector);
  ASSERT_TRUE(key.ok());
  testing::Put(*bench_.memory, bench_.root.KeyOf(*key), std::string(45, '\1'));
  EXPECT_TRUE(Says(Check(), true, path, "[delta.bad_deletion_vector]"));
}

TEST_F(Fsck, WhatThisBuildDoesNotKnowIsNoDamage) {
  auto bytes = bench_.memory->Get(Commit(0), std::nullopt);
  ASSERT_TRUE(bytes.ok());
  std::string text(bytes->view());
  const std::string known = R"(\"type\":\"long\")";
  ASSERT_NE(text.find(known), std::string::npos) << text;
  text.replace(text.find(known), known.size(), R"(\"type\":\"geography\")");
  Replace(Commit(0), text);
  const auto report = Check();
  EXPECT_TRUE(report.healthy());
  EXPECT_GT(report.version, 0);
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
