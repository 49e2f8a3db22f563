// What lakehold tells about tables, statements and commits: plain values, shared by every door.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lakehold {

using Version = int64_t;

// Which version of a table is meant.
struct Latest {};
struct AtVersion {
  Version version = 0;
};
struct AtTime {
  int64_t time_ms = 0;  // Milliseconds since 1970 UTC: the newest version at or before it.
};
using VersionSpec = std::variant<Latest, AtVersion, AtTime>;

// A value bound to a parameter: `text` cast to the SQL type; no text is NULL. A BLOB's text is its
// bytes.
struct SqlValue {
  std::optional<std::string> text;
  std::string type = "VARCHAR";
};
// "1", "2", ... for positional parameters (?), else names without the dollar sign ($f).
using Parameters = std::map<std::string, SqlValue>;

struct ColumnDescription {
  std::string name;
  std::string type;  // SQL text: "BIGINT", "STRUCT(a INTEGER)".
};

// What one commit did to one table. Counts are of what was committed.
struct CommitReport {
  std::string table;  // "trips", or "schema.trips".
  Version version = 0;
  std::string operation;  // "CREATE TABLE", "WRITE", ...
  int64_t rows_added = 0;
  int64_t rows_removed = 0;
  int64_t files_added = 0;
  int64_t files_removed = 0;
  int64_t bytes_added = 0;
  std::string txn_id;
  int attempts = 1;
  std::vector<std::string> reader_features;  // Newly asked of readers by this commit.
};

// What planning a statement said of one table's files.
struct ScanReport {
  std::string table;
  Version version = 0;
  int64_t files = 0;
  int64_t files_read = 0;
  int64_t bytes = 0;
  int64_t bytes_read = 0;
  int64_t skipped_by_partition = 0;
  int64_t skipped_by_statistics = 0;
  int64_t skipped_by_deletion = 0;   // Every row of them is deleted.
  int64_t skipped_by_limit = 0;      // LIMIT is reached without them.
  int64_t answered_by_log = 0;       // The log says all that is asked of their rows.
  int64_t files_with_vectors = 0;    // Among those read: some of their rows are deleted.
  std::vector<std::string> columns;  // That decided.
  std::string filter;                // What pruning understood, for people; "" if nothing.
};
struct Explanation {
  std::vector<ScanReport> scans;
  std::string plan;  // The engine's own plan text.
};

struct TableColumn {
  std::string name;
  std::string type;  // Delta's word: "long", "decimal(10,2)", "struct<a:long>".
  bool nullable = true;
  bool partition = false;
};

struct HistoryEntry {
  Version version = 0;
  int64_t timestamp_ms = 0;
  std::string operation;
  std::vector<std::pair<std::string, std::string>> parameters;  // Values as JSON text.
  std::vector<std::pair<std::string, std::string>> metrics;
  std::string engine;
  std::string txn_id;
};

struct DataFile {
  std::string path;  // As in the log.
  std::string uri;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  std::optional<int64_t> rows;  // Without the deleted ones.
  int64_t deleted_rows = 0;
  std::vector<std::pair<std::string, std::optional<std::string>>> partition_values;
  std::string stats;  // JSON text as in the log; "" if absent.
};

// What a version of a table is, whatever its files are.
struct TableOutline {
  Version version = 0;
  std::vector<TableColumn> columns;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
};

// A table as a whole, from its log.
struct TableStatus {
  std::string location;
  std::string id;
  Version version = 0;
  int64_t timestamp_ms = 0;
  int64_t files = 0;
  int64_t bytes = 0;
  std::optional<int64_t> rows;  // Absent where the log does not tell exactly.
  int64_t files_with_vectors = 0;
  std::vector<TableColumn> columns;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
  int32_t min_reader_version = 1;
  int32_t min_writer_version = 2;
  std::vector<std::string> reader_features;
  std::vector<std::string> writer_features;
  std::optional<Version> last_checkpoint;
  // What could not be done behind a commit of this process, and why ("checkpoint: ..."); "" if
  // nothing failed.
  std::string background_failure;
  std::string unreadable;  // Why the data cannot be read by this build; "" if it can.
  std::string unwritable;
};

struct CheckpointReport {
  Version version = 0;
  int64_t actions = 0;
  int64_t files = 0;
  uint64_t size_bytes = 0;
  bool written = false;  // False if it was there already.
};

struct LogCompactionReport {
  Version first = 0;  // The commits in it.
  Version last = 0;
  int64_t actions = 0;
  uint64_t size_bytes = 0;
  bool written = false;  // False if it was there already, or there are less than two commits.
};

struct Finding {
  bool damage = false;  // False: a remark.
  std::string object;   // File or version.
  std::string message;
};
struct FsckReport {
  Version version = 0;
  int64_t commits_checked = 0;
  int64_t checkpoints_checked = 0;
  int64_t files_checked = 0;
  std::vector<Finding> findings;
  bool healthy() const;
};
inline bool FsckReport::healthy() const {
  for (const auto& finding : findings) {
    if (finding.damage) return false;
  }
  return true;
}

}  // namespace lakehold
