// Logs for benchmarks: what a writer of a table with four columns says, the same text each time.
// Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace lakehold {

inline std::string AddLine(int64_t number) {
  const uint64_t mixed = static_cast<uint64_t>(number) * 0x9E3779B97F4A7C15u;
  return fmt::format(
      R"({{"add":{{"path":"day=2026-01-{:02}/part-{:05}-{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}-c000.snappy.parquet",)"
      R"("partitionValues":{{"day":"2026-01-{:02}"}},"size":{},"modificationTime":17670{:08},"dataChange":true,)"
      R"("stats":"{{\"numRecords\":{},\"minValues\":{{\"id\":{},\"name\":\"name-{:08}\",\"fare\":{}.25}},)"
      R"(\"maxValues\":{{\"id\":{},\"name\":\"name-{:08}\",\"fare\":{}.75}},\"nullCount\":{{\"id\":0,\"name\":0,\"fare\":3}}}}"}}}})"
      "\n",
      number % 28 + 1, number % 100'000, mixed >> 32, mixed & 0xffff, mixed >> 20 & 0xfff,
      mixed >> 8 & 0xfff, mixed & 0xffffffffffff, number % 28 + 1, 10'000 + number % 9'999, number,
      1'000 + number % 77, number * 1'000, number, number % 40, number * 1'000 + 999, number + 1,
      number % 40 + 100);
}

// Protocol and metadata of that table, as two lines.
inline std::string HeadLines(bool with_checkpoints_v2 = false) {
  std::string lines =
      with_checkpoints_v2
          ? R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["v2Checkpoint"],"writerFeatures":["v2Checkpoint"]}})"
          : R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
  lines +=
      "\n"
      R"({"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},)"
      R"("schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},)"
      R"({\"name\":\"name\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},)"
      R"({\"name\":\"fare\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}},)"
      R"({\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}}]}",)"
      R"("partitionColumns":["day"],"configuration":{},"createdTime":1767000000000}})"
      "\n";
  return lines;
}

// A commit of the files [first, last).
inline std::string CommitText(int64_t version, int64_t first, int64_t last) {
  std::string text =
      R"({"commitInfo":{"timestamp":1767000000000,"operation":"WRITE","operationParameters":{"mode":"Append"},"isBlindAppend":true}})"
      "\n";
  if (version == 0) text += HeadLines();
  for (int64_t i = first; i < last; ++i) text += AddLine(i);
  return text;
}

}  // namespace lakehold
