#include "engine/scan_text.h"

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/file_list.h"
#include "engine/file_reader.h"

namespace lakehold::engine {
namespace {

using Lines = duckdb::InsertionOrderPreservingMap<std::string>;

std::string OfBytes(int64_t some, int64_t all) {
  return fmt::format(
      "{} of {}",
      duckdb::StringUtil::BytesToHumanReadableString(static_cast<duckdb::idx_t>(some), 1000),
      duckdb::StringUtil::BytesToHumanReadableString(static_cast<duckdb::idx_t>(all), 1000));
}

void AddSkips(const ScanReport& report, int64_t at_run_time, Lines* lines) {
  const std::string columns = fmt::format("{}", fmt::join(report.columns, ", "));
  std::vector<std::string> skips;
  auto skip = [&](int64_t files, const std::string& how) {
    if (files > 0) skips.push_back(fmt::format("{} {}", files, how));
  };
  skip(report.skipped_by_partition, "by partition " + columns);
  skip(report.skipped_by_statistics, "by statistics of " + columns);
  skip(report.skipped_by_deletion, "of deleted rows");
  skip(report.skipped_by_limit, "by LIMIT");
  skip(at_run_time, "by run-time filter");
  if (!skips.empty()) lines->insert("Skipped", fmt::format("{}", fmt::join(skips, "\n")));
  if (report.answered_by_log > 0)
    lines->insert("From the log", fmt::format("{} files", report.answered_by_log));
}

}  // namespace

Lines PlannedScanText(duckdb::TableFunctionToStringInput& input) {
  Lines lines;
  lines.insert("Function", duckdb::StringUtil::Upper(input.table_function.name));
  if (!input.bind_data) return lines;
  const auto& report =
      input.bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<LakeFileList>().report();
  lines.insert("Table", fmt::format("{} v{}", report.table, report.version));
  lines.insert("Files", fmt::format("{} of {}", report.files_read, report.files));
  lines.insert("Bytes", OfBytes(report.bytes_read, report.bytes));
  AddSkips(report, 0, &lines);
  if (report.files_with_vectors > 0)
    lines.insert("Deletion vectors", fmt::format("{} files", report.files_with_vectors));
  return lines;
}

Lines RunScanText(duckdb::TableFunctionDynamicToStringInput& input) {
  Lines lines;
  if (!input.global_state) return lines;
  const auto& state = input.global_state->Cast<duckdb::MultiFileGlobalState>();
  if (!state.multi_file_reader_state) return lines;
  const auto& list = state.file_list.Cast<LakeFileList>();
  const auto& counts = state.multi_file_reader_state->Cast<ScanCounts>();
  const auto& report = list.report();
  lines.insert("Files opened", fmt::format("{} of {}", counts.files.load(), report.files));
  lines.insert("Bytes of them", OfBytes(counts.bytes, report.bytes));
  AddSkips(report, list.skipped_at_run_time(), &lines);
  if (counts.vectors > 0)
    lines.insert("Deletion vectors", fmt::format("{} files, {} rows", counts.vectors.load(),
                                                 counts.deleted_rows.load()));
  return lines;
}

}  // namespace lakehold::engine
