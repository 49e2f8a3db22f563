// The version checksum `.crc`: a summary written after a commit. A hint: nothing it says decides an
// answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

// Files by size: bin `i` holds those of bounds[i] bytes and more, and less than bounds[i + 1].
struct FileSizeHistogram {
  std::vector<int64_t> bounds;
  std::vector<int64_t> files;
  std::vector<int64_t> bytes;
};

// What may be left out is nothing where it is.
struct VersionChecksum {
  int64_t table_size_bytes = 0;
  int64_t num_files = 0;
  std::optional<std::string> txn_id;
  std::optional<int64_t> in_commit_timestamp_ms;
  Protocol protocol;
  Metadata metadata;
  std::optional<std::vector<SetTransaction>> transactions;
  std::optional<std::vector<DomainMetadata>> domains;
  std::optional<int64_t> deleted_rows;      // In all deletion vectors together.
  std::optional<int64_t> deletion_vectors;  // How many files have one.
  std::optional<FileSizeHistogram> file_sizes;
  // How many files have lost no row, 1 to 9, 10 to 99, ... rows.
  std::optional<std::vector<int64_t>> deleted_rows_histogram;
  std::optional<std::vector<AddFile>> all_files;
};
// Nothing if the text is not a checksum that holds every required field, or if an optional one is
// not what it should be.
std::optional<VersionChecksum> ParseChecksum(std::string_view json);
std::string FormatChecksum(const Snapshot& snapshot, std::string_view txn_id);
// Writes `<version>.crc` if it is absent.
Status WriteChecksum(const Snapshot& snapshot, std::string_view txn_id);

}  // namespace lakehold::delta
