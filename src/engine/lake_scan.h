// LakeScan: one bound read of one snapshot, shared by the file lists and readers made from it. What
// is planned of it is told in `report` and `read`, which only planning touches.
//
// Next: file_list.h (which files), file_reader.h (how a file's columns become the table's),
// log_answers.h (no file at all).
#pragma once

#include <memory>
#include <string>

#include "duckdb.hpp"

#include "delta/predicate.h"
#include "delta/snapshot.h"
#include "engine/engine.h"

namespace lakehold::engine {

class LakeTable;

// What plans call the function that reads a lake's table.
inline constexpr const char* kLakeScanFunction = "lakehold_files_scan";

struct LakeScan {
  std::shared_ptr<const delta::Snapshot> snapshot;
  std::string store_handle;  // In the StoreRegistry: data files are "lakehold://<handle>/<key>".
  LakeTable* table =
      nullptr;  // The catalog's entry, alive while the transaction is; null for table functions.
  std::shared_ptr<ScanReport> report;  // Never null.
  bool readable = true;                // As delta::CheckReadable says.
  std::shared_ptr<delta::Predicate>
      read;  // Rows outside of it were not read; kUnknown: all. Never null.
};

// A scan of `snapshot` with its report filled for no filter at all. `name` is how reports call the
// table.
std::shared_ptr<const LakeScan> NewLakeScan(std::shared_ptr<const delta::Snapshot> snapshot,
                                            std::string store_handle, std::string name,
                                            LakeTable* table);

// The table function that runs `scan` and its bind data; its types are those of SqlTypesOf. Where
// the protocol forbids this build to read the data (delta::CheckReadable), only running it raises:
// DESCRIBE still works.
duckdb::TableFunction BindLakeScan(duckdb::ClientContext& context,
                                   std::shared_ptr<const LakeScan> scan,
                                   duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// What the optimizer's copies of plans name a scan by; it cannot be called.
duckdb::TableFunction CopiedScanFunction();

// The table's columns in SQL. A type that SQL does not have (void, an unknown one) stands as the
// nearest thing: such a table can be described, and its scan is refused or yields NULL.
duckdb::vector<duckdb::LogicalType> SqlTypesOf(const delta::Schema& schema);

}  // namespace lakehold::engine
