// Partition values: the strings in add.partitionValues, the folders they name, and typed values.
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "delta/scalar.h"
#include "delta/schema.h"

namespace lakehold::delta {

// Parses the text of a partition value; an absent or empty text is NULL. Timestamps in both
// spellings, a zone-less one counts as UTC; nanoseconds are refused. kCorrupt
// "delta.bad_partition_value" names text and type.
Result<Scalar> ParsePartitionValue(std::optional<std::string_view> text, const DataType& type);
// The text to write: ISO 8601 with Z for timestamps; nothing for NULL. '' in a string column is
// refused (kInvalid "delta.empty_partition_value"): it would read back as NULL. So are bytes that
// are not UTF-8 (kInvalid "delta.bad_partition_value") and a nested or variant type (kUnsupported
// "delta.unsupported_partition_type").
Result<std::optional<std::string>> FormatPartitionValue(const Scalar& value, const DataType& type);

// "day=2026-11-01" with both sides percent-encoded for a folder name, exactly as Hive and Spark do:
// control characters, DEL and " # % ' * / : = ? \ { [ ] ^ become %XX, all else stays. NULL and ''
// are __HIVE_DEFAULT_PARTITION__.
std::string PartitionFolder(std::string_view column, const std::optional<std::string>& value);

// Data paths in the log are URI-encoded (RFC 2396): the key on disk and back, encoding and decoding
// exactly once.
std::string EncodeLogPath(std::string_view key);
// Also canonicalises: "/root/a", "file:/root/a", "file:///root/a" under `root_uri` all become "a";
// "a//b", "a/./b" -> "a/b". kUnsupported "delta.path_outside_table" for absolute paths elsewhere;
// kCorrupt "delta.bad_path" for "..", bad escapes.
Result<std::string> DecodeLogPath(std::string_view path, std::string_view root_uri);

}  // namespace lakehold::delta
