#include "engine/file_list.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/table_filter.hpp"
#include "duckdb/storage/statistics/node_statistics.hpp"

#include "base/limits.h"
#include "delta/log_place.h"
#include "delta/pruning.h"
#include "engine/duckdb_errors.h"
#include "engine/predicate_translation.h"
#include "engine/reader_filters.h"
#include "engine/store_registry.h"

namespace lakehold::engine {
namespace {

using delta::Predicate;
using delta::PredicateKind;

// What the files a list gives are known by to it.
constexpr const char* kOrdinalOption = "lakehold_ordinal";

// What is read of the files, as far as it can be told before.
void Measure(const delta::FileTable& files, const delta::FileOrdinals& ordinals,
             ScanReport* report) {
  report->files_read = static_cast<int64_t>(ordinals.size());
  report->bytes_read = report->files_with_vectors = 0;
  for (const auto ordinal : ordinals) {
    const auto view = files.Get(ordinal);
    report->bytes_read += view.size_bytes;
    if (view.deletion_vector != nullptr) ++report->files_with_vectors;
  }
}

ScanReport UnprunedReport(const LakeScan& scan, const delta::FileOrdinals& ordinals) {
  ScanReport report;
  const auto& files = scan.snapshot->files();
  report.table = scan.report->table;
  report.version = scan.report->version;
  report.files = files.live_files();
  report.bytes = files.live_bytes();
  report.skipped_by_deletion = report.files - static_cast<int64_t>(ordinals.size());
  Measure(files, ordinals, &report);
  return report;
}

// Live files without those of which every row is deleted.
delta::FileOrdinals FilesWithRows(const delta::FileTable& files) {
  auto ordinals = files.LiveOrdinals();
  const bool vectors = std::any_of(ordinals.begin(), ordinals.end(), [&](auto ordinal) {
    return files.Get(ordinal).deletion_vector != nullptr;
  });
  if (!vectors) return ordinals;
  const auto records = files.NumRecords();
  std::erase_if(ordinals, [&](delta::FileOrdinal ordinal) {
    const auto* vector = files.Get(ordinal).deletion_vector;
    return vector != nullptr && records[ordinal] >= 0 && vector->cardinality == records[ordinal];
  });
  return ordinals;
}

// Leaves out of a conjunction what pruning does not understand, so that the report shows only what
// it does.
std::string Describe(const Predicate& predicate) {
  if (predicate.kind == PredicateKind::kUnknown) return {};
  if (predicate.kind != PredicateKind::kAnd) return delta::FormatPredicate(predicate);
  std::string text;
  for (const auto& child : predicate.children) {
    const std::string part = Describe(child);
    if (part.empty()) continue;
    if (!text.empty()) text += " AND ";
    text += part;
  }
  return text;
}

}  // namespace

LakeFileList::LakeFileList(std::shared_ptr<const LakeScan> scan)
    : scan_(std::move(scan)),
      ordinals_(
          std::make_shared<const delta::FileOrdinals>(FilesWithRows(scan_->snapshot->files()))),
      report_(UnprunedReport(*scan_, *ordinals_)) {
  *scan_->report = report_;
}

LakeFileList::LakeFileList(std::shared_ptr<const LakeScan> scan,
                           std::shared_ptr<const delta::FileOrdinals> ordinals, ScanReport report)
    : scan_(std::move(scan)), ordinals_(std::move(ordinals)), report_(std::move(report)) {}

duckdb::unique_ptr<duckdb::MultiFileList> LakeFileList::Pruned(const Predicate& predicate) const {
  if (predicate.kind == PredicateKind::kUnknown) return nullptr;
  auto pruned = delta::Prune(scan_->snapshot->files(), *ordinals_, predicate);
  ScanReport report = report_;
  Measure(scan_->snapshot->files(), pruned.kept, &report);
  report.skipped_by_partition += pruned.skipped_by_partition;
  report.skipped_by_statistics += pruned.skipped_by_statistics;
  for (auto& column : pruned.columns) {
    if (std::find(report.columns.begin(), report.columns.end(), column) == report.columns.end()) {
      report.columns.push_back(std::move(column));
    }
  }
  const std::string filter = Describe(predicate);
  if (!filter.empty() && report.filter.find(filter) == std::string::npos) {
    report.filter = report.filter.empty() ? filter : report.filter + " AND " + filter;
  }
  *scan_->report = report;
  if (pruned.kept.size() == ordinals_->size()) return nullptr;
  auto kept = std::make_shared<const delta::FileOrdinals>(std::move(pruned.kept));
  return duckdb::unique_ptr<duckdb::MultiFileList>(
      new LakeFileList(scan_, std::move(kept), std::move(report)));
}

duckdb::unique_ptr<duckdb::MultiFileList> LakeFileList::ComplexFilterPushdown(
    duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
    duckdb::MultiFilePushdownInfo& info,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const {
  if (filters.empty()) return nullptr;
  const ColumnOf column_of = [&](const duckdb::Expression& expression) -> std::optional<size_t> {
    if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF)
      return std::nullopt;
    const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
    if (binding.table_index != info.table_index ||
        binding.column_index >= info.column_indexes.size())
      return std::nullopt;
    const auto& index = info.column_indexes[binding.column_index];
    // A pushed-down extract stands for a field, not for the column its index names.
    if (!index.HasPrimaryIndex() || index.IsVirtualColumn() || index.IsPushdownExtract())
      return std::nullopt;
    return index.GetPrimaryIndex();
  };
  std::vector<Predicate> all;
  for (const auto& filter : filters)
    all.push_back(TranslateExpression(context, *filter, *scan_->snapshot, column_of));
  for (auto& filter : filters) SpellOutDistinct(filter);
  auto predicate = all.size() == 1 ? std::move(all.front()) : Predicate::And(std::move(all));
  // Planning may push filters more than once: each time the rows read are among those before.
  *scan_->read = scan_->read->kind == PredicateKind::kUnknown
                     ? predicate
                     : Predicate::And({*scan_->read, predicate});
  return Pruned(predicate);
}

duckdb::unique_ptr<duckdb::MultiFileList> LakeFileList::DynamicFilterPushdown(
    duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
    const duckdb::vector<std::string>&, const duckdb::vector<duckdb::LogicalType>&,
    const duckdb::vector<duckdb::column_t>& column_ids, duckdb::TableFilterSet& filters) const {
  std::vector<std::optional<size_t>> columns;
  for (const auto id : column_ids) {
    columns.push_back(duckdb::IsVirtualColumn(id) ? std::nullopt : std::optional<size_t>(id));
  }
  auto pruned = Pruned(TranslateFilters(context, filters, *scan_->snapshot, columns));
  const auto& left = pruned ? pruned->Cast<LakeFileList>() : *this;
  auto running = RunTimeFiles::Of(context, scan_, *left.ordinals_, filters, std::move(columns));
  if (running == nullptr) return pruned;
  duckdb::unique_ptr<LakeFileList> list(new LakeFileList(scan_, left.ordinals_, left.report_));
  list->running_ = std::move(running);
  return list;
}

duckdb::shared_ptr<duckdb::MultiFileList> LakeFileList::Only(delta::FileOrdinals files,
                                                             int64_t ScanReport::*reason) const {
  ScanReport report = report_;
  report.*reason += static_cast<int64_t>(ordinals_->size() - files.size());
  Measure(scan_->snapshot->files(), files, &report);
  *scan_->report = report;
  return duckdb::shared_ptr<duckdb::MultiFileList>(new LakeFileList(
      scan_, std::make_shared<const delta::FileOrdinals>(std::move(files)), std::move(report)));
}

duckdb::vector<duckdb::OpenFileInfo> LakeFileList::GetAllFiles() const {
  duckdb::vector<duckdb::OpenFileInfo> files;
  for (const auto ordinal : *ordinals_) files.push_back(FileOf(ordinal));
  return files;
}

duckdb::vector<duckdb::OpenFileInfo> LakeFileList::GetDisplayFileList(
    duckdb::optional_idx max_files) const {
  duckdb::vector<duckdb::OpenFileInfo> files;
  for (duckdb::idx_t i = 0; !max_files.IsValid() || i < max_files.GetIndex(); ++i) {
    if (running_ ? !running_->At(i) : i >= ordinals_->size()) break;
    files.push_back(FileOf(OrdinalAt(i)));
  }
  return files;
}

duckdb::FileExpandResult LakeFileList::GetExpandResult() const {
  if (ordinals_->empty()) return duckdb::FileExpandResult::NO_FILES;
  // One file is read by as many threads as the footer that DuckDB saw when it was bound has row
  // groups. It saw none: one thread. Several files are read by all threads.
  if (ordinals_->size() > 1) return duckdb::FileExpandResult::MULTIPLE_FILES;
  const int64_t records = scan_->snapshot->files().NumRecords()[ordinals_->front()];
  return records >= 0 && records <= limits::kRowGroupRows
             ? duckdb::FileExpandResult::SINGLE_FILE
             : duckdb::FileExpandResult::MULTIPLE_FILES;
}

delta::FileOrdinal LakeFileList::OrdinalAt(duckdb::idx_t i) const {
  return running_ ? *running_->At(i) : (*ordinals_)[i];
}

duckdb::OpenFileInfo LakeFileList::GetFile(duckdb::idx_t i) const {
  if (running_) {
    // A scan asks for each file as it is about to open it.
    auto ordinal = running_->At(i);
    if (!ordinal) ordinal = running_->Next();
    return ordinal ? FileOf(*ordinal) : duckdb::OpenFileInfo();
  }
  return i < ordinals_->size() ? FileOf((*ordinals_)[i]) : duckdb::OpenFileInfo();
}

duckdb::OpenFileInfo LakeFileList::FileOf(delta::FileOrdinal ordinal) const {
  const auto view = scan_->snapshot->files().Get(ordinal);
  const std::string key = ValueOrThrow(delta::DataKey(*scan_->snapshot, ordinal));
  duckdb::OpenFileInfo file(StoreRegistry::PathOf(scan_->store_handle, key));
  file.extended_info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
  auto& options = file.extended_info->options;
  // Data files never change: no question about them needs the store.
  options["file_size"] = duckdb::Value::UBIGINT(static_cast<uint64_t>(view.size_bytes));
  options["last_modified"] =
      duckdb::Value::TIMESTAMP(duckdb::Timestamp::FromEpochMs(view.modified_ms));
  options["etag"] = duckdb::Value("");
  options["validate_external_file_cache"] = duckdb::Value::BOOLEAN(false);
  options["has_deletes"] = duckdb::Value::BOOLEAN(view.deletion_vector != nullptr);
  options[kOrdinalOption] = duckdb::Value::UBIGINT(ordinal);
  return file;
}

std::optional<delta::FileOrdinal> LakeFileList::OrdinalOf(const duckdb::OpenFileInfo& file) {
  if (!file.extended_info) return std::nullopt;
  const auto& options = file.extended_info->options;
  const auto found = options.find(kOrdinalOption);
  if (found == options.end()) return std::nullopt;
  return static_cast<delta::FileOrdinal>(found->second.GetValue<uint64_t>());
}

std::optional<int64_t> LakeFileList::ExactRows() const {
  const auto& files = scan_->snapshot->files();
  const auto records = files.NumRecords();
  int64_t rows = 0;
  for (const auto ordinal : *ordinals_) {
    if (records[ordinal] < 0) return std::nullopt;
    const auto* vector = files.Get(ordinal).deletion_vector;
    rows += records[ordinal] - (vector != nullptr ? vector->cardinality : 0);
  }
  return rows;
}

duckdb::unique_ptr<duckdb::NodeStatistics> LakeFileList::GetCardinality(
    duckdb::ClientContext&) const {
  if (const auto rows = ExactRows(); rows && *rows >= 0) {
    const auto count = static_cast<duckdb::idx_t>(*rows);
    return duckdb::make_uniq<duckdb::NodeStatistics>(count, count);
  }
  // Without record counts the size must do: rows of about a hundred bytes.
  constexpr int64_t kBytesPerRow = 100;
  return duckdb::make_uniq<duckdb::NodeStatistics>(
      static_cast<duckdb::idx_t>(report_.bytes_read / kBytesPerRow + 1));
}

duckdb::unique_ptr<duckdb::MultiFileList> LakeFileList::Copy() const {
  // A copied plan may filter otherwise: from here on the scan counts as having read everything.
  *scan_->read = Predicate::Unknown();
  return duckdb::unique_ptr<duckdb::MultiFileList>(new LakeFileList(scan_, ordinals_, report_));
}

duckdb::unique_ptr<LakeFileList> LakeFileList::Again(
    std::shared_ptr<const LakeScan> scan, std::shared_ptr<const delta::FileOrdinals> ordinals) {
  *scan->read = Predicate::Unknown();
  ScanReport report = *scan->report;
  return duckdb::unique_ptr<LakeFileList>(
      new LakeFileList(std::move(scan), std::move(ordinals), std::move(report)));
}

}  // namespace lakehold::engine
