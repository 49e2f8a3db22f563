// Delta tables named by their folder: lakehold_scan('path', version => 3), its alias delta_scan,
// and FROM 'path'.
//
// The folder is attached behind the scenes as a lake of one table, once a path, and scanned like
// any other.
#pragma once

#include <string>

#include <duckdb.hpp>
#include <duckdb/catalog/entry_lookup_info.hpp>
#include <duckdb/function/replacement_scan.hpp>

namespace lakehold::engine {

// (path VARCHAR, version => BIGINT, timestamp => TIMESTAMPTZ); not both.
duckdb::TableFunction ScanFunction(const std::string& name);

// The table in the folder `path`, attached if it is not yet: catalog, schema and name. Raises
// kNotFound "delta.not_a_table".
struct FolderTable {
  std::string catalog;
  std::string table;
};
FolderTable AttachFolder(duckdb::ClientContext& context, const std::string& path);

// What FROM '<name>' AT (...) means where no table has that name: the folder's table at that
// version. Replacement scans are not told of AT, and would read the newest. Raises kNotFound
// "sql.unknown_table" if the name is no folder with a `_delta_log`: nothing else has versions.
duckdb::CatalogEntry& FolderAt(duckdb::ClientContext& context,
                               const duckdb::EntryLookupInfo& lookup);

// A replacement scan: null unless the unknown table's name is a folder with a `_delta_log`.
duckdb::unique_ptr<duckdb::TableRef> ReplaceDeltaFolder(
    duckdb::ClientContext& context, duckdb::ReplacementScanInput& input,
    duckdb::optional_ptr<duckdb::ReplacementScanData> data);

}  // namespace lakehold::engine
