// Delta tables named by their folder: lakehold_scan('path', version => 3), its alias delta_scan,
// and FROM 'path'.
//
// The folder is attached behind the scenes as a lake of one table, once a path, and scanned like
// any other.
#pragma once

#include <string>

#include <duckdb.hpp>
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

// A replacement scan: null unless the unknown table's name is a folder with a `_delta_log`.
duckdb::unique_ptr<duckdb::TableRef> ReplaceDeltaFolder(
    duckdb::ClientContext& context, duckdb::ReplacementScanInput& input,
    duckdb::optional_ptr<duckdb::ReplacementScanData> data);

}  // namespace lakehold::engine
