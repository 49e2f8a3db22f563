// RecordTable: a small report (history, files, columns) as a table for people, CSV or JSON.
// Externally synchronized.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/door.h"

namespace lakehold::cli {

class RecordTable {
 public:
  enum class Kind : uint8_t {
    kText,
    kNumber,   // Text that is a JSON number, grouped by thousands for people.
    kBytes,    // A number of bytes: "9.1 MB" for people.
    kJson,     // JSON text.
    kBoolean,  // "true" or "false".
  };
  struct Column {
    std::string name;
    Kind kind = Kind::kText;
    bool for_people = true;  // False: left out of the table.
  };
  using Cell = std::optional<std::string>;

  explicit RecordTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // One cell a column.
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // By the flags of the door; reports are ndjson in a pipe.
  Status Print(Door& door) const;

  std::string ToTable(size_t width) const;
  std::string ToCsv() const;
  std::string ToJson(bool lines) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// {"a":"b"} from pairs; `raw`: the values are JSON text already.
std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& pairs, bool raw);

}  // namespace lakehold::cli
