#include "engine/empty_files.h"

#include <string>

#include "duckdb/common/file_system.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include <fmt/format.h>

#include "engine/duckdb_errors.h"

namespace lakehold::engine {
namespace {

// The one column the readers make up: whoever gave the columns meant the table that comes of it.
bool IsGuess(const duckdb::PhysicalTableScan& scan) {
  const std::string& function = scan.function.name;
  const bool csv = function.starts_with("read_csv");
  const bool json = function.starts_with("read_json") || function.starts_with("read_ndjson");
  return scan.names.size() == 1 &&
         ((csv && scan.names[0] == "column0") || (json && scan.names[0] == "json"));
}

bool IsEmpty(duckdb::FileSystem& files, const std::string& path) {
  auto file = files.OpenFile(path, duckdb::FileOpenFlags::FILE_FLAGS_READ |
                                       duckdb::FileOpenFlags::FILE_FLAGS_NULL_IF_NOT_EXISTS);
  // What is no regular file, such as a pipe, tells no size.
  return file != nullptr && file->GetType() == duckdb::FileType::FILE_TYPE_REGULAR &&
         file->GetFileSize() == 0;
}

void CheckScan(duckdb::ClientContext& context, const duckdb::PhysicalTableScan& scan) {
  if (!IsGuess(scan) || scan.bind_data == nullptr) return;
  const auto& bound = scan.bind_data->Cast<duckdb::MultiFileBindData>();
  auto& file_system = duckdb::FileSystem::GetFileSystem(context);
  const auto files = bound.file_list->GetAllFiles();
  for (const auto& file : files) {
    if (!IsEmpty(file_system, file.path)) return;
  }
  if (files.empty()) return;
  ThrowError(Invalid("sql.empty_file",
                     fmt::format("{} is empty: it has no columns for a table", files[0].path),
                     "Check what wrote it, or create the table with its columns"));
}

}  // namespace

void RefuseEmptyFiles(duckdb::ClientContext& context, const duckdb::PhysicalOperator& plan) {
  if (plan.type == duckdb::PhysicalOperatorType::TABLE_SCAN) {
    CheckScan(context, plan.Cast<duckdb::PhysicalTableScan>());
  }
  for (const auto& child : plan.GetChildren()) RefuseEmptyFiles(context, child.get());
}

}  // namespace lakehold::engine
