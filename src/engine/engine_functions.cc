#include "engine/engine_functions.h"

#include <utility>

#include <duckdb/main/config.hpp>
#include <duckdb/main/extension/extension_loader.hpp>

#include "engine/arrow_input.h"
#include "engine/delta_folder.h"
#include "engine/lake_scan.h"
#include "engine/table_functions.h"
#include "engine/write_statement.h"

namespace lakehold::engine {

void RegisterEngineFunctions(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "lakehold");
  loader.RegisterFunction(ArrowInputFunction(database));
  loader.RegisterFunction(RefuseFunction());
  for (const char* name : {"lakehold_scan", "delta_scan"})
    loader.RegisterFunction(ScanFunction(name));
  loader.RegisterFunction(CopiedScanFunction());
  loader.RegisterFunction(HistoryFunction());
  loader.RegisterFunction(FilesFunction());
}

void AddReplacementScans(duckdb::DBConfig* config) {
  config->replacement_scans.emplace_back(ReplaceDeltaFolder);
}

}  // namespace lakehold::engine
