// Actions: the sentences of the log, as plain values. Field names follow the protocol, in snake
// case.
//
// Next: action_json.h (their text), replay.h (what a sequence of them means).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lakehold/report.h"

namespace lakehold::delta {

using lakehold::Version;

// Partition columns (physical names) to values, in the order of the log; an absent value is NULL.
using PartitionValues = std::vector<std::pair<std::string, std::optional<std::string>>>;
// Keys to raw JSON values: what we must carry unchanged.
using RawFields = std::vector<std::pair<std::string, std::string>>;

struct DeletionVectorDescriptor {
  std::string storage_type = {};  // "u", "i" or "p".
  std::string path_or_inline = {};
  std::optional<int32_t> offset = {};
  int32_t size_bytes = 0;
  int64_t cardinality = 0;

  // storageType + pathOrInlineDv [+ "@" + offset]: half of a file's identity.
  std::string UniqueId() const;
  bool operator==(const DeletionVectorDescriptor&) const = default;
};

struct AddFile {
  std::string path = {};  // As in the log: URI-encoded.
  PartitionValues partition_values = {};
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  std::optional<std::string> stats = {};  // JSON text.
  std::optional<std::string> tags = {};   // Raw JSON object.
  std::optional<DeletionVectorDescriptor> deletion_vector = {};
  std::optional<int64_t> base_row_id = {};
  std::optional<int64_t> default_row_commit_version = {};
  std::optional<std::string> clustering_provider = {};
  bool operator==(const AddFile&) const = default;
};

struct RemoveFile {
  std::string path = {};
  std::optional<int64_t> deletion_timestamp_ms = {};
  bool data_change = true;
  bool extended_file_metadata = false;
  PartitionValues partition_values = {};  // With extended_file_metadata.
  std::optional<int64_t> size_bytes = {};
  std::optional<std::string> stats = {};
  std::optional<std::string> tags = {};
  std::optional<DeletionVectorDescriptor> deletion_vector = {};
  std::optional<int64_t> base_row_id = {};
  std::optional<int64_t> default_row_commit_version = {};
  bool operator==(const RemoveFile&) const = default;
};

struct Metadata {
  std::string id = {};
  std::optional<std::string> name = {};
  std::optional<std::string> description = {};
  std::string format_provider = "parquet";
  std::map<std::string, std::string> format_options = {};
  std::string schema_string = {};
  std::vector<std::string> partition_columns = {};  // Logical names.
  std::map<std::string, std::string> configuration = {};
  std::optional<int64_t> created_ms = {};
  bool operator==(const Metadata&) const = default;
};

struct Protocol {
  int32_t min_reader_version = 1;
  int32_t min_writer_version = 2;
  std::optional<std::vector<std::string>> reader_features =
      {};  // Present exactly at reader version 3.
  std::optional<std::vector<std::string>> writer_features =
      {};  // Present exactly at writer version 7.
  bool operator==(const Protocol&) const = default;
};

struct SetTransaction {
  std::string app_id = {};
  int64_t version = 0;
  std::optional<int64_t> last_updated_ms = {};
  bool operator==(const SetTransaction&) const = default;
};

struct DomainMetadata {
  std::string domain = {};
  std::string configuration = {};
  bool removed = false;
  bool operator==(const DomainMetadata&) const = default;
};

struct CommitInfo {
  std::optional<int64_t> timestamp_ms = {};
  std::optional<int64_t> in_commit_timestamp_ms = {};
  std::optional<std::string> operation = {};  // "WRITE", "CREATE TABLE", ...
  RawFields operation_parameters = {};  // Values as raw JSON (we write JSON strings, as others do).
  RawFields operation_metrics = {};
  std::optional<bool> is_blind_append = {};
  std::optional<std::string> isolation_level = {};
  std::optional<Version> read_version = {};
  std::optional<std::string> engine_info = {};
  std::optional<std::string> txn_id = {};
  RawFields other = {};  // Fields we do not know.
  bool operator==(const CommitInfo&) const = default;
};

struct AddChangeFile {
  std::string path = {};
  PartitionValues partition_values = {};
  int64_t size_bytes = 0;
  std::optional<std::string> tags = {};
  bool operator==(const AddChangeFile&) const = default;
};

using Action = std::variant<AddFile, RemoveFile, Metadata, Protocol, SetTransaction, DomainMetadata,
                            CommitInfo, AddChangeFile>;

}  // namespace lakehold::delta
