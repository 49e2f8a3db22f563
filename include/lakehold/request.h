// What a caller asks of a lake or a table: plain data, made fresh for each call. Next: lake.h and
// table.h take them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lakehold/input.h"
#include "lakehold/report.h"

namespace lakehold {

struct CreateRequest {
  std::string table;  // "trips" or "schema.trips".
  // The columns: SQL text ("id BIGINT NOT NULL, fare DOUBLE"), or the schema of this Arrow stream.
  std::string columns;
  std::optional<StreamSource> like;
  std::vector<std::string> partition_by;
  std::map<std::string, std::string> properties;
  std::string comment;
  bool naive_timestamps_are_utc =
      false;  // Store zone-less timestamps as `timestamp`, so that (1,2) suffices.
  enum class IfExists { kError, kIgnore, kReplace } if_exists = IfExists::kError;
  // Writes the rows of `like` in the same version.
  bool with_rows = false;
  // SQL types for some columns of `like`, as in {"c": "VARCHAR"}: for what has no type of its own,
  // or none that a table can hold.
  std::map<std::string, std::string> types;
  FileOptions files;
};

struct WriteRequest {
  StreamSource rows;
  WriteMode mode = WriteMode::kAppend;
  std::optional<std::string>
      where;              // kOverwrite: a condition on partition columns; the rows must satisfy it.
  Parameters parameters;  // Of `where`.
  bool naive_timestamps_are_utc =
      false;  // Zone-less values into a timestamp column; else they are refused.
  // SQL types of some columns of the input, before they are fitted to the table's.
  std::map<std::string, std::string> types;
  FileOptions files;
};

// A commit that a catalog ratified and that may not be published yet: either the name of its file
// in `_delta_log/_staged_commits`, or its text.
struct StagedCommit {
  Version version = 0;
  std::string file = {};
  std::string json = {};
};

// What the catalog of a catalog-managed table says: its newest version, and the commits it handed
// out. Versions beyond are not believed, whatever the folder holds.
struct RatifiedCommits {
  Version version = 0;
  std::vector<StagedCommit> staged = {};
};

struct ScanRequest {
  std::vector<std::string> columns;  // Empty: all.
  std::optional<std::string> where;  // One scalar expression over the table's columns.
  Parameters parameters;
  std::optional<int64_t> limit;
};

}  // namespace lakehold
