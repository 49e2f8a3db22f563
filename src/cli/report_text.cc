#include "cli/report_text.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "render/table_text.h"
#include "render/value_text.h"

namespace lakehold::cli {
namespace {

using render::GroupThousands;

struct Unit {
  int64_t bytes;
  const char* name;
};

Unit UnitOf(int64_t bytes) {
  if (bytes >= 1'000'000'000'000) return {1'000'000'000'000, "TB"};
  if (bytes >= 1'000'000'000) return {1'000'000'000, "GB"};
  if (bytes >= 1'000'000) return {1'000'000, "MB"};
  if (bytes >= 1'000) return {1'000, "kB"};
  return {1, "bytes"};
}

std::string InUnit(int64_t bytes, const Unit& unit) {
  if (unit.bytes == 1) return std::to_string(bytes);
  return fmt::format("{:.1f}", static_cast<double>(bytes) / static_cast<double>(unit.bytes));
}

}  // namespace

std::string Count(int64_t number, const std::string& noun) {
  return GroupThousands(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string CommitLine(const CommitReport& report, int64_t elapsed_ms) {
  std::string line = report.table + ": ";
  if (report.rows_added == 0 && report.rows_removed == 0) {
    line += report.operation.empty() ? "commit" : report.operation;
  } else {
    if (report.rows_added > 0) line += "+" + Count(report.rows_added, "row");
    if (report.rows_added > 0 && report.rows_removed > 0) line += ", ";
    if (report.rows_removed > 0) line += "-" + Count(report.rows_removed, "row");
  }
  line += fmt::format(", version {}, {}", report.version, FormatElapsed(elapsed_ms));
  if (!report.reader_features.empty()) {
    line += fmt::format("; readers need {}", fmt::join(report.reader_features, ", "));
  }
  return line;
}

std::string ScanLine(const ScanReport& report) {
  const Unit unit = UnitOf(report.bytes);
  std::string line =
      fmt::format("{} v{}: read {} of {}, {} of {} {}", report.table, report.version,
                  GroupThousands(report.files_read), Count(report.files, "file"),
                  InUnit(report.bytes_read, unit), InUnit(report.bytes, unit), unit.name);
  const std::string columns = fmt::format("{}", fmt::join(report.columns, ", "));
  std::vector<std::string> skips;
  auto skip = [&](int64_t files, const std::string& how) {
    if (files > 0) skips.push_back(GroupThousands(files) + " " + how);
  };
  skip(report.skipped_by_partition, "by partition " + columns);
  skip(report.skipped_by_statistics, "by statistics of " + columns);
  skip(report.skipped_by_deletion, "of deleted rows");
  skip(report.skipped_by_limit, "by LIMIT");
  if (!skips.empty()) line += fmt::format("; skipped {}", fmt::join(skips, ", "));
  if (report.answered_by_log > 0)
    line += fmt::format("; answered {} from the log", GroupThousands(report.answered_by_log));
  if (report.files_with_vectors > 0)
    line += fmt::format("; {} with deleted rows", GroupThousands(report.files_with_vectors));
  if (!report.filter.empty()) line += "; then filter " + report.filter;
  return line;
}

std::string FormatBytes(int64_t bytes) {
  const Unit unit = UnitOf(bytes);
  return InUnit(bytes, unit) + " " + unit.name;
}

std::string FormatElapsed(int64_t ms) {
  if (ms < 1'000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1e3);
  return fmt::format("{} min {} s", ms / 60'000, ms / 1'000 % 60);
}

std::string FormatTimeMs(int64_t time_ms) {
  std::string text;
  render::AppendTimestamp(time_ms, 1'000, true, &text);
  return text;
}

}  // namespace lakehold::cli
