// GuardedScan: whatever a damaged data file makes DuckDB's Parquet reader throw becomes kCorrupt
// "engine.bad_data_file" with the file's name. Stateless functions.
//
// To DuckDB a footer that makes no sense is a mistake of the caller or, worse, of its own, which
// would invalidate the whole instance.
#pragma once

#include <exception>
#include <string>

#include "duckdb.hpp"

namespace lakehold::engine {

// Call while `exception` is being handled: throws it again, or what stands for it. `path` is the
// file as the scan names it; `opening`: no condition of a query has been computed yet.
[[noreturn]] void RethrowAboutFile(const std::exception& exception, const std::string& path,
                                   bool opening);

// What the guarded functions call: those of Parquet's own scan.
struct ParquetScanFunctions {
  duckdb::table_function_t scan = nullptr;
  duckdb::table_function_init_local_t begin = nullptr;
};

// Guards a scan whose bind data hold a LakeFileReader, which knows what to call.
ParquetScanFunctions GuardScan(duckdb::TableFunction& function);

}  // namespace lakehold::engine
