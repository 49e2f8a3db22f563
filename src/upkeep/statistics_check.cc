#include "upkeep/statistics_check.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "base/sql_quote.h"
#include "delta/partition_value.h"
#include "delta/scalar.h"
#include "delta/stats.h"
#include "delta/stats_parser.h"

namespace lakehold::upkeep {
namespace {

using delta::DataType;
using delta::Scalar;
using delta::TypeKind;

constexpr size_t kFilesAtOnce = 500;  // Each is a line of the statement.

// A leaf that may have statistics.
struct Leaf {
  std::string name;  // Logical, dotted.
  delta::StatsLeaf at;
  std::string sql;
};

bool HasOrder(const DataType& type) {
  return type.kind <= TypeKind::kTimestampNtz && type.kind != TypeKind::kBinary;
}
bool IsTime(const DataType& type) {
  return type.kind == TypeKind::kTimestamp || type.kind == TypeKind::kTimestampNtz;
}

void AddLeaves(const delta::Field& field, Leaf above, std::vector<Leaf>& leaves) {
  above.name += (above.name.empty() ? "" : ".") + field.name;
  above.at.path.emplace_back(field.physical_name());
  above.sql += "." + QuoteName(field.name);
  if (field.type.kind == TypeKind::kStruct) {
    for (const auto& inner : field.type.fields) AddLeaves(inner, above, leaves);
  } else if (field.type.kind <= TypeKind::kTimestampNtz) {
    above.at.type = field.type;
    leaves.push_back(std::move(above));
  }
}

std::vector<Leaf> LeavesOf(const delta::Snapshot& snapshot) {
  std::vector<Leaf> leaves;
  const auto& partitions = snapshot.partition_fields();
  for (size_t i = 0; i < snapshot.schema().fields.size(); ++i) {
    if (std::find(partitions.begin(), partitions.end(), i) != partitions.end()) continue;
    AddLeaves(snapshot.schema().fields[i], {"", {}, "t"}, leaves);
  }
  return leaves;
}

std::string SqlType(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "BOOLEAN";
    case TypeKind::kFloat:
      return "FLOAT";
    case TypeKind::kDouble:
      return "DOUBLE";
    case TypeKind::kDecimal:
      return fmt::format("DECIMAL({},{})", type.precision, type.scale);
    case TypeKind::kString:
      return "VARCHAR";
    case TypeKind::kDate:
      return "DATE";
    default:
      return "BIGINT";  // Times as microseconds.
  }
}

// A bound as SQL; NULL, which nothing is below or above, where there is none.
std::string SqlOf(const Scalar& bound, const DataType& type) {
  std::string text = "NULL";
  if (const auto* flag = std::get_if<bool>(&bound)) text = *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&bound)) {
    if (type.kind == TypeKind::kDate) return fmt::format("DATE '1970-01-01' + ({})", *number);
    text = fmt::format("({})", *number);
  }
  if (const auto* number = std::get_if<double>(&bound))
    text = QuoteText(delta::FormatDouble(*number, type.kind == TypeKind::kFloat));
  if (const auto* number = std::get_if<delta::Int128>(&bound))
    text = QuoteText(delta::FormatUnscaled(*number, type.scale));
  const auto* words = std::get_if<std::string>(&bound);
  // A statement ends at a zero byte.
  if (words != nullptr && words->find('\0') == std::string::npos) text = QuoteText(*words);
  return fmt::format("CAST({} AS {})", text, SqlType(type));
}

// The value compared. What the log says must not be taken for granted: no optimizer sees through
// these calls.
std::string Compared(const Leaf& leaf) {
  return IsTime(leaf.at.type) ? fmt::format("epoch_us({})", leaf.sql)
                              : fmt::format("least({0}, {0})", leaf.sql);
}

Result<std::vector<std::vector<int64_t>>> ReadIntegers(engine::Query& query) {
  ArrowArrayStream stream{};
  LAKEHOLD_TRY(query.Open(1 << 16, &stream));
  std::vector<std::vector<int64_t>> rows;
  Status read;
  for (;;) {
    ArrowArray batch{};
    if (stream.get_next(&stream, &batch) != 0) {
      const char* why = stream.get_last_error(&stream);
      read = Corrupt("upkeep.not_compared", why == nullptr ? "the rows cannot be read" : why);
      break;
    }
    if (batch.release == nullptr) break;
    for (int64_t row = 0; row < batch.length; ++row) {
      auto& values = rows.emplace_back();
      for (int64_t column = 0; column < batch.n_children; ++column) {
        const ArrowArray& child = *batch.children[column];
        values.push_back(static_cast<const int64_t*>(child.buffers[1])[child.offset + row]);
      }
    }
    batch.release(&batch);
  }
  stream.release(&stream);
  if (!read.ok()) return std::move(read).error();
  return rows;
}

class StatisticsCheck {
 public:
  StatisticsCheck(engine::Session& session, const std::string& from,
                  const delta::Snapshot& snapshot, FsckReport& report)
      : session_(session),
        from_(from),
        snapshot_(snapshot),
        files_(snapshot.files()),
        live_(files_.LiveOrdinals()),
        leaves_(LeavesOf(snapshot)),
        report_(report) {
    for (const Leaf& leaf : leaves_) at_.push_back(leaf.at);
  }

  Status Run() {
    for (const auto& field : snapshot_.schema().fields) {
      if (SameIgnoringCase(field.name, "filename") ||
          SameIgnoringCase(field.name, "file_row_number")) {
        return Unsupported(
            "upkeep.not_compared",
            fmt::format("a column named \"{}\" hides which file a row is of", field.name));
      }
    }
    for (size_t first = 0; first < live_.size(); first += kFilesAtOnce)
      LAKEHOLD_TRY(Compare(first, std::min(first + kFilesAtOnce, live_.size())));
    return {};
  }

 private:
  // What a row of the answer holds: the file's number, its rows, and of each leaf the values that
  // are not NULL, those below and those above the bounds.
  Status Compare(size_t first, size_t last) {
    std::string told, asked, names;
    for (size_t i = 0; i < leaves_.size(); ++i) {
      names += fmt::format(", lo{0}, hi{0}", i);
      const bool ordered = HasOrder(at_[i].type);
      const std::string value = Compared(leaves_[i]);
      asked += fmt::format(", count({})", ordered ? value : leaves_[i].sql);
      asked += ordered
                   ? fmt::format(
                         ", count(*) FILTER ({0} < told.lo{1}), count(*) FILTER ({0} > told.hi{1})",
                         value, i)
                   : ", 0::BIGINT, 0::BIGINT";
    }
    first_ = first;
    claims_.clear();
    for (size_t at = first; at < last; ++at) {
      LAKEHOLD_TRY(ReadClaims(live_[at]));
      LAKEHOLD_ASSIGN(std::string line, LineOf(at));
      told += (at == first ? "" : ", ") + line;
    }
    const std::string sql = fmt::format(
        "WITH told(n, f{}) AS (VALUES {}) SELECT told.n, count(t.file_row_number){} FROM told LEFT "
        "JOIN "
        "(SELECT *, filename, file_row_number FROM {}) t ON t.filename = told.f GROUP BY told.n",
        names, told, asked, from_);
    LAKEHOLD_ASSIGN(const auto query, session_.Run(sql, {}));
    LAKEHOLD_ASSIGN(const auto rows, ReadIntegers(*query));
    for (const auto& row : rows) Judge(row);
    return {};
  }

  // All that the log says of a file, contradictions too: other readers may believe them.
  Status ReadClaims(delta::FileOrdinal ordinal) {
    LAKEHOLD_ASSIGN(const std::string json, files_.StatsJson(ordinal));
    auto& claims = claims_.emplace_back(at_.size());
    parser_.ParseClaims(json, at_, delta::TrustOf(files_.ToAction(ordinal).tags), claims);
    return {};
  }

  Result<std::string> LineOf(size_t at) const {
    const auto ordinal = live_[at];
    const std::string uri = snapshot_.root().uri();
    LAKEHOLD_ASSIGN(const std::string key, delta::DecodeLogPath(files_.Get(ordinal).path, uri));
    std::string line =
        fmt::format("({}::BIGINT, {}", at, QuoteText(fmt::format("{}/{}", uri, key)));
    for (size_t i = 0; i < leaves_.size(); ++i) {
      const delta::ColumnStats& stats = claims_[at - first_][i];
      line += ", " + SqlOf(stats.min, at_[i].type) + ", " + SqlOf(stats.max, at_[i].type);
    }
    return line + ")";
  }

  void Judge(const std::vector<int64_t>& row) {
    const auto at = static_cast<size_t>(row[0]);
    const auto ordinal = live_[at];
    const auto file = files_.Get(ordinal);
    const int64_t rows = row[1];
    const int64_t deleted = file.deletion_vector ? file.deletion_vector->cardinality : 0;
    const int64_t records = files_.NumRecords()[ordinal];
    if (records >= 0 && rows != records - deleted) {
      Damage(file, fmt::format("has {} rows that are not deleted, its statistics say {}", rows,
                               records - deleted));
    }
    for (size_t i = 0; i < leaves_.size(); ++i) {
      const Leaf& leaf = leaves_[i];
      const delta::ColumnStats& stats = claims_[at - first_][i];
      const int64_t nulls = rows - row[2 + 3 * i];
      const int64_t below = row[3 + 3 * i], above = row[4 + 3 * i];
      if (below > 0) {
        Damage(file,
               fmt::format("column {}: {} of {} values are below the min {} of its statistics",
                           leaf.name, below, rows - nulls, Text(stats.min, leaf.at.type)));
      }
      if (above > 0) {
        Damage(file,
               fmt::format("column {}: {} of {} values are above the max {} of its statistics",
                           leaf.name, above, rows - nulls, Text(stats.max, leaf.at.type)));
      }
      // Deleted rows may have been NULL.
      const bool wrong =
          stats.null_count && (nulls > *stats.null_count || nulls < *stats.null_count - deleted);
      if (wrong) {
        Damage(file, fmt::format("column {}: {} values are NULL, its statistics say {}", leaf.name,
                                 nulls, *stats.null_count));
      }
    }
  }

  static std::string Text(const Scalar& value, const DataType& type) {
    return delta::FormatScalar(value, type);
  }

  void Damage(const delta::FileView& file, const std::string& what) {
    report_.findings.push_back(
        {true, std::string(file.path),
         what + "; its rows can be read, but conditions may pass them over, here and in other "
                "readers: write them anew, or restore the log from a backup"});
  }

  engine::Session& session_;
  const std::string& from_;
  const delta::Snapshot& snapshot_;
  const delta::FileTable& files_;
  const delta::FileOrdinals live_;
  const std::vector<Leaf> leaves_;
  std::vector<delta::StatsLeaf> at_;  // Of `leaves_`.
  delta::StatsParser parser_;
  // Of the files that are compared at once, from the `first_` on, by leaf.
  std::vector<std::vector<delta::ColumnStats>> claims_;
  size_t first_ = 0;
  FsckReport& report_;
};

}  // namespace

Status CheckStatistics(engine::Session& session, const std::string& from,
                       const delta::Snapshot& snapshot, FsckReport& report) {
  return StatisticsCheck(session, from, snapshot, report).Run();
}

}  // namespace lakehold::upkeep
