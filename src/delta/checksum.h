// The version checksum `.crc`: a summary written after a commit. A hint: nothing it says decides an
// answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

struct VersionChecksum {
  int64_t table_size_bytes = 0;
  int64_t num_files = 0;
  std::optional<std::string> txn_id;
  std::optional<int64_t> in_commit_timestamp_ms;
  Protocol protocol;
  Metadata metadata;
};
// Nothing if the text is not a checksum that holds every required field.
std::optional<VersionChecksum> ParseChecksum(std::string_view json);
std::string FormatChecksum(const Snapshot& snapshot, std::string_view txn_id);
// Writes `<version>.crc` if it is absent.
Status WriteChecksum(const Snapshot& snapshot, std::string_view txn_id);

}  // namespace lakehold::delta
