// Names in `_delta_log`, parsed once into one closed set of kinds. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "delta/action.h"

namespace lakehold::delta {

enum class LogFileKind : uint8_t {
  kCommit,               // 00000000000000000012.json
  kClassicCheckpoint,    // 00000000000000000012.checkpoint.parquet
  kMultiPartCheckpoint,  // 00000000000000000012.checkpoint.0000000001.0000000003.parquet
  kUuidCheckpoint,       // 00000000000000000012.checkpoint.<uuid>.parquet or .json
  kCompacted,            // 00000000000000000003.00000000000000000012.compacted.json
  kChecksum,             // 00000000000000000012.crc
};

struct LogFile {
  LogFileKind kind = LogFileKind::kCommit;
  Version version = 0;       // kCompacted: its last version.
  Version from_version = 0;  // kCompacted only.
  uint32_t part = 0;         // kMultiPartCheckpoint: 1-based, of `parts`.
  uint32_t parts = 0;
  std::string key =
      {};  // Set by whoever lists: "<folder>/_delta_log/<name>". ParseLogFileName leaves it empty.
};

// Nothing for `_last_checkpoint`, temporary and stray files.
std::optional<LogFile> ParseLogFileName(std::string_view name);

std::string CommitName(Version version);
std::string ClassicCheckpointName(Version version);
std::string ChecksumName(Version version);
std::string CompactedName(Version first, Version last);
inline constexpr std::string_view kLogFolder = "_delta_log";
inline constexpr std::string_view kLastCheckpointName = "_last_checkpoint";

}  // namespace lakehold::delta
