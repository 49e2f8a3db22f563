#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/bind.h"

namespace lakehold::python {

namespace nb = nanobind;

Parameters ToParameters(const nb::dict& parameters) {
  Parameters converted;
  for (const auto [name, value] : parameters) {
    const auto pair = nb::cast<nb::tuple>(value);
    SqlValue bound;
    bound.type = nb::cast<std::string>(pair[1]);
    const nb::handle text = pair[0];
    if (nb::isinstance<nb::bytes>(text)) {
      const auto bytes = nb::cast<nb::bytes>(text);
      bound.text = std::string(bytes.c_str(), bytes.size());
    } else if (!text.is_none()) {
      bound.text = nb::cast<std::string>(text);
    }
    converted[nb::cast<std::string>(name)] = std::move(bound);
  }
  return converted;
}

VersionSpec ToSpec(std::optional<int64_t> version, std::optional<int64_t> time_ms) {
  if (version) return AtVersion{*version};
  if (time_ms) return AtTime{*time_ms};
  return Latest{};
}

namespace {

void BindStatementReports(nb::module_& module) {
  nb::class_<CommitReport>(module, "CommitReport")
      .def_ro("table", &CommitReport::table)
      .def_ro("version", &CommitReport::version)
      .def_ro("operation", &CommitReport::operation)
      .def_ro("rows_added", &CommitReport::rows_added)
      .def_ro("rows_removed", &CommitReport::rows_removed)
      .def_ro("files_added", &CommitReport::files_added)
      .def_ro("files_removed", &CommitReport::files_removed)
      .def_ro("bytes_added", &CommitReport::bytes_added)
      .def_ro("txn_id", &CommitReport::txn_id)
      .def_ro("attempts", &CommitReport::attempts)
      .def_ro("reader_features", &CommitReport::reader_features);
  nb::class_<ScanReport>(module, "ScanReport")
      .def_ro("table", &ScanReport::table)
      .def_ro("version", &ScanReport::version)
      .def_ro("files", &ScanReport::files)
      .def_ro("files_read", &ScanReport::files_read)
      .def_ro("bytes", &ScanReport::bytes)
      .def_ro("bytes_read", &ScanReport::bytes_read)
      .def_ro("skipped_by_partition", &ScanReport::skipped_by_partition)
      .def_ro("skipped_by_statistics", &ScanReport::skipped_by_statistics)
      .def_ro("skipped_by_deletion", &ScanReport::skipped_by_deletion)
      .def_ro("skipped_by_limit", &ScanReport::skipped_by_limit)
      .def_ro("answered_by_log", &ScanReport::answered_by_log)
      .def_ro("files_with_vectors", &ScanReport::files_with_vectors)
      .def_ro("columns", &ScanReport::columns)
      .def_ro("filter", &ScanReport::filter);
  nb::class_<Explanation>(module, "Explanation")
      .def_ro("scans", &Explanation::scans)
      .def_ro("plan", &Explanation::plan);
}

void BindTableReports(nb::module_& module) {
  nb::class_<TableColumn>(module, "TableColumn")
      .def_ro("name", &TableColumn::name)
      .def_ro("type", &TableColumn::type)
      .def_ro("nullable", &TableColumn::nullable)
      .def_ro("partition", &TableColumn::partition);
  nb::class_<HistoryEntry>(module, "HistoryEntry")
      .def_ro("version", &HistoryEntry::version)
      .def_ro("timestamp_ms", &HistoryEntry::timestamp_ms)
      .def_ro("operation", &HistoryEntry::operation)
      .def_ro("parameters", &HistoryEntry::parameters)
      .def_ro("metrics", &HistoryEntry::metrics)
      .def_ro("engine", &HistoryEntry::engine)
      .def_ro("txn_id", &HistoryEntry::txn_id);
  nb::class_<DataFile>(module, "DataFile")
      .def_ro("path", &DataFile::path)
      .def_ro("uri", &DataFile::uri)
      .def_ro("size_bytes", &DataFile::size_bytes)
      .def_ro("modified_ms", &DataFile::modified_ms)
      .def_ro("rows", &DataFile::rows)
      .def_ro("deleted_rows", &DataFile::deleted_rows)
      .def_ro("partition_values", &DataFile::partition_values)
      .def_ro("stats", &DataFile::stats);
  nb::class_<TableOutline>(module, "TableOutline")
      .def_ro("version", &TableOutline::version)
      .def_ro("columns", &TableOutline::columns)
      .def_ro("partition_columns", &TableOutline::partition_columns)
      .def_ro("properties", &TableOutline::properties);
  nb::class_<TableStatus>(module, "TableStatus")
      .def_ro("location", &TableStatus::location)
      .def_ro("id", &TableStatus::id)
      .def_ro("version", &TableStatus::version)
      .def_ro("timestamp_ms", &TableStatus::timestamp_ms)
      .def_ro("files", &TableStatus::files)
      .def_ro("bytes", &TableStatus::bytes)
      .def_ro("rows", &TableStatus::rows)
      .def_ro("files_with_vectors", &TableStatus::files_with_vectors)
      .def_ro("columns", &TableStatus::columns)
      .def_ro("partition_columns", &TableStatus::partition_columns)
      .def_ro("properties", &TableStatus::properties)
      .def_ro("min_reader_version", &TableStatus::min_reader_version)
      .def_ro("min_writer_version", &TableStatus::min_writer_version)
      .def_ro("reader_features", &TableStatus::reader_features)
      .def_ro("writer_features", &TableStatus::writer_features)
      .def_ro("last_checkpoint", &TableStatus::last_checkpoint)
      .def_ro("background_failure", &TableStatus::background_failure)
      .def_ro("unreadable", &TableStatus::unreadable)
      .def_ro("unwritable", &TableStatus::unwritable);
}

void BindUpkeepReports(nb::module_& module) {
  nb::class_<CheckpointReport>(module, "CheckpointReport")
      .def_ro("version", &CheckpointReport::version)
      .def_ro("actions", &CheckpointReport::actions)
      .def_ro("files", &CheckpointReport::files)
      .def_ro("size_bytes", &CheckpointReport::size_bytes)
      .def_ro("written", &CheckpointReport::written);
  nb::class_<LogCompactionReport>(module, "LogCompactionReport")
      .def_ro("first", &LogCompactionReport::first)
      .def_ro("last", &LogCompactionReport::last)
      .def_ro("actions", &LogCompactionReport::actions)
      .def_ro("size_bytes", &LogCompactionReport::size_bytes)
      .def_ro("written", &LogCompactionReport::written);
  nb::class_<Finding>(module, "Finding")
      .def_ro("damage", &Finding::damage)
      .def_ro("object", &Finding::object)
      .def_ro("message", &Finding::message);
  nb::class_<FsckReport>(module, "FsckReport")
      .def_ro("version", &FsckReport::version)
      .def_ro("commits_checked", &FsckReport::commits_checked)
      .def_ro("checkpoints_checked", &FsckReport::checkpoints_checked)
      .def_ro("files_checked", &FsckReport::files_checked)
      .def_ro("findings", &FsckReport::findings)
      .def_prop_ro("healthy", &FsckReport::healthy);
}

}  // namespace

void BindReports(nb::module_& module) {
  BindStatementReports(module);
  BindTableReports(module);
  BindUpkeepReports(module);
}

}  // namespace lakehold::python
