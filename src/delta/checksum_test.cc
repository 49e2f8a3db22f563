#include "delta/checksum.h"

#include <gtest/gtest.h>

#include "delta/log_bench.h"

namespace lakehold::delta {
namespace {

constexpr const char* kWhole =
    R"({"txnId":"t","tableSizeBytes":30,"numFiles":2,"numMetadata":1,"numProtocol":1,"inCommitTimestampOpt":7,)"
    R"("numDeletedRecordsOpt":4,"numDeletionVectorsOpt":1,"setTransactions":[{"appId":"a","version":3}],)"
    R"("domainMetadata":[{"domain":"d","configuration":"{}","removed":false}],)"
    R"("metadata":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":[],"configuration":{}},)"
    R"("protocol":{"minReaderVersion":1,"minWriterVersion":2},)"
    R"("histogramOpt":{"sortedBinBoundaries":[0,20],"fileCounts":[1,1],"totalBytes":[10,20]},)"
    R"("deletedRecordCountsHistogramOpt":{"deletedRecordCounts":[1,1,0,0,0,0,0,0,0,0]},)"
    R"("allFiles":[{"path":"f","partitionValues":{},"size":10,"modificationTime":1,"dataChange":false},)"
    R"({"path":"g","partitionValues":{},"size":20,"modificationTime":1,"dataChange":false}]})";

std::string With(const std::string& from, const std::string& to) {
  std::string text = kWhole;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Checksum, EveryFieldIsRead) {
  const auto checksum = ParseChecksum(kWhole);
  ASSERT_TRUE(checksum);
  EXPECT_EQ(checksum->table_size_bytes, 30);
  EXPECT_EQ(checksum->num_files, 2);
  EXPECT_EQ(checksum->in_commit_timestamp_ms, 7);
  EXPECT_EQ(checksum->deleted_rows, 4);
  EXPECT_EQ(checksum->deletion_vectors, 1);
  ASSERT_TRUE(checksum->transactions && checksum->domains && checksum->all_files);
  EXPECT_EQ(checksum->transactions->front(), MakeTxn("a", 3));
  EXPECT_EQ(checksum->domains->front().domain, "d");
  ASSERT_TRUE(checksum->file_sizes && checksum->deleted_rows_histogram);
  EXPECT_EQ(checksum->file_sizes->bytes, (std::vector<int64_t>{10, 20}));
  EXPECT_EQ(checksum->deleted_rows_histogram->size(), 10u);
  EXPECT_EQ(checksum->all_files->back().size_bytes, 20);
  EXPECT_TRUE(ParseChecksum(With("histogramOpt", "fileSizeHistogram"))->file_sizes);
}

TEST(Checksum, OptionalFieldsMayBeAbsentOrNullButNotSomethingElse) {
  EXPECT_FALSE(ParseChecksum(With("\"numDeletedRecordsOpt\":4", "\"numDeletedRecordsOpt\":null"))
                   ->deleted_rows);
  EXPECT_FALSE(ParseChecksum(With("\"allFiles\"", "\"others\""))->all_files);
  for (const auto& [from, to] :
       {std::pair("\"numDeletedRecordsOpt\":4", "\"numDeletedRecordsOpt\":\"4\""),
        std::pair("[{\"appId\":\"a\",\"version\":3}]", "{\"appId\":\"a\"}"),
        std::pair("[{\"appId\":\"a\",\"version\":3}]", "[{\"appId\":\"a\"}]"),
        std::pair("\"fileCounts\":[1,1]", "\"fileCounts\":[1]"),
        std::pair("\"sortedBinBoundaries\":[0,20]", "\"sortedBinBoundaries\":[0,\"x\"]"),
        std::pair("\"size\":20", "\"size\":true")}) {
    EXPECT_FALSE(ParseChecksum(With(from, to))) << to;
  }
}

TEST(Checksum, WhatIsWrittenSaysWhatTheSnapshotSays) {
  LogBench bench;
  bench.Fill(3);
  bench.Commit(4, {MakeTxn("app", 7), DomainMetadata{"d", "{}", false}});
  const auto snapshot = *bench.Load();
  const auto checksum = ParseChecksum(FormatChecksum(*snapshot, "txn"));
  ASSERT_TRUE(checksum);
  EXPECT_EQ(checksum->num_files, 3);
  EXPECT_EQ(checksum->table_size_bytes, snapshot->files().live_bytes());
  EXPECT_EQ(checksum->metadata, snapshot->metadata());
  EXPECT_EQ(checksum->transactions, std::vector{MakeTxn("app", 7)});
  EXPECT_EQ(checksum->domains->front().domain, "d");
}

}  // namespace
}  // namespace lakehold::delta
