#include "delta/action_json.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "delta/commit_rules.h"

namespace lakehold::delta {
namespace {

struct Parsed {
  Status status;
  std::vector<Action> actions;
};

Parsed Parse(std::string_view text, const ActionFilter& filter = {}) {
  Parsed parsed;
  parsed.status =
      ParseCommit(Bytes::CopyOf(text), "00000000000000000007.json", filter, [&](Action&& action) {
        parsed.actions.push_back(std::move(action));
        return Status();
      });
  return parsed;
}

template <typename Body>
Body Only(std::string_view text) {
  Parsed parsed = Parse(text);
  EXPECT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  if (parsed.actions.size() != 1 || !std::holds_alternative<Body>(parsed.actions[0])) {
    ADD_FAILURE() << parsed.actions.size() << " actions";
    return {};
  }
  return std::get<Body>(std::move(parsed.actions[0]));
}

void ExpectBad(std::string_view text, std::string_view reason, std::string_view line,
               std::string_view cause) {
  const Parsed parsed = Parse(text);
  ASSERT_FALSE(parsed.status.ok()) << text;
  const Error& error = parsed.status.error();
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt) << text;
  EXPECT_EQ(error.reason, reason) << text;
  EXPECT_NE(error.message.find("00000000000000000007.json"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(line), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(cause), std::string::npos) << error.message;
}

TEST(ActionJson, ReadsEveryFieldOfAnAdd) {
  const auto add = Only<AddFile>(
      R"({"add":{"path":"a%20b.parquet","partitionValues":{"d":"2026-11-01","n":null,"q\"":"x\u00e9"},"size":12,)"
      R"("modificationTime":1700000000000,"dataChange":false,"stats":"{\"numRecords\":3}","tags":{"k": "v", "z":[1]},)"
      R"("deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,)"
      R"("cardinality":6},"baseRowId":5,"defaultRowCommitVersion":9,"clusteringProvider":"liquid","unknown":[{"a":1}]}})");
  EXPECT_EQ(add.path, "a%20b.parquet");
  const PartitionValues values{{"d", "2026-11-01"}, {"n", std::nullopt}, {"q\"", "x\u00e9"}};
  EXPECT_EQ(add.partition_values, values);
  EXPECT_EQ(add.size_bytes, 12);
  EXPECT_EQ(add.modified_ms, 1700000000000);
  EXPECT_FALSE(add.data_change);
  EXPECT_EQ(add.stats, "{\"numRecords\":3}");
  EXPECT_EQ(add.tags, "{\"k\": \"v\", \"z\":[1]}");
  ASSERT_TRUE(add.deletion_vector);
  EXPECT_EQ(add.deletion_vector->UniqueId(), "uab^-aqEH.-t@S}K{vb[*k^@4");
  EXPECT_EQ(add.deletion_vector->size_bytes, 40);
  EXPECT_EQ(add.deletion_vector->cardinality, 6);
  EXPECT_EQ(add.base_row_id, 5);
  EXPECT_EQ(add.default_row_commit_version, 9);
  EXPECT_EQ(add.clustering_provider, "liquid");
}

TEST(ActionJson, NullIsAsGoodAsAbsent) {
  const auto add = Only<AddFile>(
      R"({"add":{"path":"a","partitionValues":null,"size":1,"modificationTime":null,"dataChange":null,"stats":null,)"
      R"("tags":null,"deletionVector":null,"baseRowId":null,"defaultRowCommitVersion":null,"clusteringProvider":null},)"
      R"("remove":null,"metaData":null})");
  EXPECT_EQ(add, (AddFile{.path = "a", .size_bytes = 1}));
}

TEST(ActionJson, WhatAnActionTellsTwiceCountsAsToldLast) {
  const auto add = Only<AddFile>(
      R"({"add":{"path":"a","partitionValues":{"x":"1","y":"2"},"size":1,"path":"b","size":2,)"
      R"("partitionValues":{"x":"3","x":"4"}}})");
  EXPECT_EQ(add, (AddFile{.path = "b", .partition_values = {{"x", "4"}}, .size_bytes = 2}));
  const auto metadata =
      Only<Metadata>(R"({"metaData":{"id":"i","schemaString":"{}","configuration":{"a":"1"},)"
                     R"("configuration":{"b":"2"}}})");
  EXPECT_EQ(metadata.configuration, (std::map<std::string, std::string>{{"b", "2"}}));
}

TEST(ActionJson, WhatIsWrittenReadsBackEqual) {
  const DeletionVectorDescriptor vector{"i", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
                                        std::nullopt, 44, 6};
  AddFile add{.path = "x=%2541/p.parquet",
              .partition_values = {{"x", "quote\" back\\ nl\n tab\t\x01 é"}, {"y", std::nullopt}},
              .size_bytes = INT64_MAX,
              .modified_ms = -1,
              .data_change = false,
              .stats = "{\"a\":\"\\u0001\"}",
              .tags = "{\"a\":\"b\"}",
              .deletion_vector = vector,
              .base_row_id = 0,
              .default_row_commit_version = 1,
              .clustering_provider = "c"};
  RemoveFile remove{.path = "r",
                    .deletion_timestamp_ms = 5,
                    .data_change = false,
                    .extended_file_metadata = true,
                    .partition_values = {{"x", ""}},
                    .size_bytes = 7,
                    .stats = "s",
                    .tags = "{}",
                    .deletion_vector = vector,
                    .base_row_id = 1,
                    .default_row_commit_version = 2};
  Metadata metadata{.id = "id",
                    .name = "n",
                    .description = "d",
                    .format_options = {{"o", "p"}},
                    .schema_string = "{\"type\":\"struct\"}",
                    .partition_columns = {"x", "y\""},
                    .configuration = {{"delta.appendOnly", "true"}, {"z", ""}},
                    .created_ms = 9};
  Protocol protocol{3, 7, std::vector<std::string>{"timestampNtz"},
                    std::vector<std::string>{"timestampNtz", "appendOnly"}};
  CommitInfo info{.timestamp_ms = 1,
                  .in_commit_timestamp_ms = 2,
                  .operation = "WRITE",
                  .operation_parameters = {{"mode", "\"Append\""}},
                  .operation_metrics = {{"numFiles", "\"1\""}},
                  .is_blind_append = true,
                  .isolation_level = "Serializable",
                  .read_version = 4,
                  .engine_info = "e",
                  .txn_id = "t",
                  .other = {{"tags", "{\"a\":\"b\"}"}}};
  const std::vector<Action> actions{info,
                                    protocol,
                                    metadata,
                                    add,
                                    remove,
                                    SetTransaction{"app", 3, 8},
                                    DomainMetadata{"d", "{\"x\":1}", true},
                                    AddChangeFile{"c", {}, 5, "{}"}};
  const Parsed parsed = Parse(FormatCommit(actions));
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  EXPECT_EQ(parsed.actions, actions);
}

TEST(ActionJson, WritesFieldsInTheOrderOfDeltaSpark) {
  std::string out;
  AppendActionJson(AddFile{.path = "p",
                           .partition_values = {{"d", "1"}},
                           .size_bytes = 2,
                           .modified_ms = 3,
                           .stats = "{\"numRecords\":1}"},
                   out);
  EXPECT_EQ(
      out,
      R"({"add":{"path":"p","partitionValues":{"d":"1"},"size":2,"modificationTime":3,"dataChange":true,)"
      R"("stats":"{\"numRecords\":1}"}})"
      "\n");
  out.clear();
  AppendActionJson(CommitInfo{.timestamp_ms = 5, .in_commit_timestamp_ms = 6, .operation = "WRITE"},
                   out);
  EXPECT_EQ(
      out,
      R"({"commitInfo":{"inCommitTimestamp":6,"timestamp":5,"operation":"WRITE","operationParameters":{}}})"
      "\n");
  out.clear();
  AppendActionJson(RemoveFile{.path = "p", .deletion_timestamp_ms = 1}, out);
  EXPECT_EQ(
      out,
      R"({"remove":{"path":"p","deletionTimestamp":1,"dataChange":true,"extendedFileMetadata":false}})"
      "\n");
}

TEST(ActionJson, EscapesControlCharactersAndKeepsUtf8) {
  std::string out;
  AppendJsonString(std::string_view("a\"\\\n\r\t\b\f\x01\x1f\0é", 13), out);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001f\\u0000é\"");
}

TEST(ActionJson, CommitInfoMayHoldAnything) {
  const auto info = Only<CommitInfo>(
      R"({"commitInfo":{"timestamp":"not a number","operation":7,"operationParameters":[1,2],"operationMetrics":)"
      R"({"n":1,"s":"2","o":{"a":[null]},"nil":null},"isBlindAppend":"yes","readVersion":1.5,"engineInfo":null,"x":true}})");
  EXPECT_FALSE(info.timestamp_ms);
  EXPECT_FALSE(info.operation);
  EXPECT_FALSE(info.is_blind_append);
  const RawFields metrics{{"n", "1"}, {"s", "\"2\""}, {"o", "{\"a\":[null]}"}, {"nil", "null"}};
  EXPECT_EQ(info.operation_metrics, metrics);
  const RawFields other{{"timestamp", "\"not a number\""},
                        {"operation", "7"},
                        {"operationParameters", "[1,2]"},
                        {"isBlindAppend", "\"yes\""},
                        {"readVersion", "1.5"},
                        {"engineInfo", "null"},
                        {"x", "true"}};
  EXPECT_EQ(info.other, other);
}

TEST(ActionJson, TakesBareScalarsInStringMaps) {
  const auto add =
      Only<AddFile>(R"({"add":{"path":"a","size":1,"partitionValues":{"i":7,"b":true}}})");
  EXPECT_EQ(add.partition_values, (PartitionValues{{"i", "7"}, {"b", "true"}}));
  const auto metadata = Only<Metadata>(
      R"({"metaData":{"id":"x","configuration":{"delta.appendOnly":true,"n":null}}})");
  EXPECT_EQ(metadata.configuration,
            (std::map<std::string, std::string>{{"delta.appendOnly", "true"}, {"n", ""}}));
  EXPECT_EQ(metadata.schema_string,
            "");  // A later metaData may supersede this one: not an error here.
}

TEST(ActionJson, DocumentsMaySpanLinesAndBlankLinesMayOccur) {
  const Parsed parsed = Parse(
      "\n  \r\n{\n  \"txn\": {\n    \"appId\": \"}{\\\"\",\n    \"version\": 1\n  }\n}\n\n"
      "{\"add\": {\"path\": \"a\", \"size\": 1, \"tags\": "
      "{}\n,\"x\":{}}\n}\r\n{\"commitInfo\":{\"p\":{\"a\":\n1}}}");
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  ASSERT_EQ(parsed.actions.size(), 3u);
  EXPECT_EQ(std::get<SetTransaction>(parsed.actions[0]).app_id, "}{\"");
  EXPECT_EQ(std::get<AddFile>(parsed.actions[1]).path, "a");
  // Kept text comes back on one line, or our own log would break.
  EXPECT_EQ(std::get<CommitInfo>(parsed.actions[2]).other, (RawFields{{"p", "{\"a\":1}"}}));
}

TEST(ActionJson, IgnoresUnknownActionsAndEscapedKeysAreKeys) {
  const Parsed parsed = Parse(
      "{\"sidecar\":{\"path\":\"x\"}}\n{}\n{\"t\\u0078n\":{\"app\\u0049d\":\"a\",\"version\":2}}"
      "\n");
  ASSERT_TRUE(parsed.status.ok()) << parsed.status.error().message;
  ASSERT_EQ(parsed.actions.size(), 1u);
  EXPECT_EQ(std::get<SetTransaction>(parsed.actions[0]), (SetTransaction{"a", 2, std::nullopt}));
}

TEST(ActionJson, BuildsOnlyWhatTheFilterWants) {
  const std::string text =
      "{\"add\":{\"path\":\"a\",\"size\":1}}\n{\"txn\":{\"appId\":\"a\",\"version\":1}}\n{"
      "\"commitInfo\":{}}\n"
      "{\"cdc\":{\"path\":\"c\",\"size\":1}}\n";
  EXPECT_EQ(Parse(text).actions.size(), 4u);
  EXPECT_EQ(Parse(text, {.files = false, .state = false, .commit = true, .changes = false})
                .actions.size(),
            1u);
  EXPECT_EQ(
      Parse(text, {.files = true, .state = true, .commit = false, .changes = false}).actions.size(),
      2u);
}

TEST(ActionJson, RefusesBrokenFilesNamingFileLineAndCause) {
  const std::string_view reason = "delta.bad_commit";
  ExpectBad("", reason, "", "empty");
  ExpectBad("\n\n  \n", reason, "", "empty");
  const std::string good = "{\"txn\":{\"appId\":\"a\",\"version\":1}}\n";
  ExpectBad(good + "{\"add\":{\"path\":\"abc", reason, "line 2", "truncated");
  ExpectBad(good + "{\"add\":{\"path\":\"abc\",\"size\":1}", reason, "line 2", "truncated");
  ExpectBad(good + "{\"add\":{\"path\":\"abc\",\"size\":1", reason, "line 2", "truncated");
  ExpectBad(good + "[1]", reason, "line 2", "not a JSON object");
  ExpectBad(good + "null\n", reason, "line 2", "not a JSON object");
  ExpectBad(good + std::string(16, '\0'), reason, "line 2", "not a JSON object");
  ExpectBad(good + "{\"add\":{\"path\":\"\xff\",\"size\":1}}", reason, "line 2", "UTF-8");
  ExpectBad("\n" + good + "{} {}", reason, "line 3", "text follows");
  ExpectBad(good + "{} garbage", reason, "line 2", "text follows");
  ExpectBad("{}}\n", reason, "line 1", "text follows");
  ExpectBad("{\"add\":{\"path\":\"a\" \"size\":1}}", reason, "line 1", "");
  ExpectBad("{\"add\":{\"path\":\"a\tb\",\"size\":1}}", reason, "line 1", "");
  ExpectBad("{\"add\":{\"path\":\"a\",\"size\":}}", reason, "line 1",
            "add.size is not a 64-bit integer");
  ExpectBad("{\"add\":{\"path\":\"a\",\"size\":99999999999999999999}}", reason, "line 1",
            "add.size");
  ExpectBad("{\"add\":{\"path\":7,\"size\":1}}", reason, "line 1", "add.path is not a string");
  ExpectBad("{\"add\":{\"size\":1}}", reason, "line 1", "add has no path");
  ExpectBad("{\"add\":{\"path\":\"a\"}}", reason, "line 1", "add has no size");
  ExpectBad("{\"remove\":{}}", reason, "line 1", "remove has no path");
  ExpectBad("{\"protocol\":{\"minReaderVersion\":1}}", reason, "line 1", "minWriterVersion");
  ExpectBad("{\"protocol\":{\"minReaderVersion\":4294967297,\"minWriterVersion\":2}}", reason,
            "line 1", "32-bit");
  ExpectBad("{\"txn\":{\"appId\":\"a\"}}", reason, "line 1", "txn has no version");
  ExpectBad("{\"add\":[]}", reason, "line 1", "add is not an object");
  ExpectBad("{\"add\":{\"path\":\"a\",\"size\":1,\"deletionVector\":{\"storageType\":\"u\"}}}",
            reason, "line 1", "pathOrInlineDv");
}

TEST(ActionJson, AFileActionMayOccurOncePerPathAndVector) {
  const std::string add = "{\"add\":{\"path\":\"a\",\"size\":1}}\n";
  const std::string remove = "{\"remove\":{\"path\":\"a\"}}\n";
  const std::string with_vector =
      "{\"add\":{\"path\":\"a\",\"size\":1,\"deletionVector\":{\"storageType\":\"u\","
      "\"pathOrInlineDv\":\"x\","
      "\"offset\":1,\"sizeInBytes\":4,\"cardinality\":1}}}\n";
  ExpectBad(add + add, "delta.duplicate_action", "line 2", "\"a\"");
  ExpectBad(remove + "\n" + remove, "delta.duplicate_action", "line 3", "\"a\"");
  ExpectBad(add + remove, "delta.duplicate_action", "line 2", "\"a\"");
  ExpectBad(with_vector + with_vector, "delta.duplicate_action", "line 2", "ux@1");
  EXPECT_TRUE(Parse(remove + with_vector).status.ok());
}

TEST(ActionJson, StateMayBeSetOnceInACommit) {
  const std::string protocol = "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n";
  ExpectBad(protocol + protocol, "delta.duplicate_action", "line 2", "protocol");
  const std::string metadata = "{\"metaData\":{\"id\":\"x\"}}\n";
  ExpectBad(metadata + metadata, "delta.duplicate_action", "line 2", "metaData");
  const std::string txn = "{\"txn\":{\"appId\":\"a\",\"version\":1}}\n";
  ExpectBad(txn + txn, "delta.duplicate_action", "line 2", "\"a\"");
  const std::string domain =
      "{\"domainMetadata\":{\"domain\":\"d\",\"configuration\":\"\",\"removed\":false}}\n";
  ExpectBad(domain + domain, "delta.duplicate_action", "line 2", "\"d\"");
}

TEST(ActionJson, TheVisitorCanStopTheParse) {
  int seen = 0;
  const Status status = ParseCommit(Bytes::CopyOf("{\"commitInfo\":{}}\n{\"commitInfo\":{}}\n"),
                                    "n", {}, [&](Action&&) {
                                      ++seen;
                                      return Status(Cancelled("test.stop", "enough"));
                                    });
  EXPECT_EQ(seen, 1);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().reason, "test.stop");
}

TEST(CommitRules, EqualHashesAreNoDuplicates) {
  CommitRules rules("", 0x3);  // Four hashes only: nearly everything is suspect.
  std::vector<Action> files;
  for (int i = 0; i < 100; ++i) files.push_back(AddFile{.path = "f" + std::to_string(i)});
  for (const Action& file : files) EXPECT_FALSE(rules.Admit(file));
  ASSERT_TRUE(rules.needs_exact_pass());
  rules.BeginExactPass();
  for (const Action& file : files) EXPECT_FALSE(rules.Admit(file));
  EXPECT_TRUE(rules.Admit(files[50]));
}

TEST(CommitRules, AMillionFilesNeedNoSecondLook) {
  CommitRules rules;
  for (int i = 0; i < 1'000'000; ++i)
    rules.Admit(AddFile{.path = "part-" + std::to_string(i) + ".parquet"});
  EXPECT_FALSE(rules.needs_exact_pass());
}

}  // namespace
}  // namespace lakehold::delta
