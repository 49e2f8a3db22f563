// GuardedScan: whatever a damaged data file makes DuckDB's Parquet reader throw becomes kCorrupt
// "delta.bad_data_file" with the file's name and its place in the log. Stateless functions.
//
// To DuckDB a footer that makes no sense is a mistake of the caller or, worse, of its own, which
// would invalidate the whole instance.
//
// Next: data_file.h (what is damage, and how it is told).
#pragma once

#include <exception>

#include "duckdb.hpp"

#include "engine/lake_scan.h"

namespace lakehold::engine {

// Call while `exception` is being handled: throws it again, or what stands for it. `file` is as the
// scan's LakeFileList gave it; `opening`: no condition of a query has been computed yet.
[[noreturn]] void RethrowAboutFile(const std::exception& exception, const LakeScan& scan,
                                   const duckdb::OpenFileInfo& file, bool opening);

// What the guarded functions call: those of Parquet's own scan.
struct ParquetScanFunctions {
  duckdb::table_function_t scan = nullptr;
  duckdb::table_function_init_local_t begin = nullptr;
};

// Guards a scan whose bind data hold a LakeFileReader, which knows what to call.
ParquetScanFunctions GuardScan(duckdb::TableFunction& function);

}  // namespace lakehold::engine
