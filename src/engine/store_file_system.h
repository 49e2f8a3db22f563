// StoreFileSystem: DuckDB's file system over the stores of a StoreRegistry; paths are
// "lakehold://<handle>/<key>". Thread-safe; a file handle is externally synchronized but for
// positional reads.
//
// Writing is one pass: what was written becomes an object at Close, put-if-absent, unsynced; its
// Staged waits in the registry. A handle destroyed without Close publishes nothing. Nothing is
// overwritten, removed or moved. Sync is a no-op: txn::Commit settles. COPY needs USE_TMP_FILE
// false.
#pragma once

#include <memory>

#include <duckdb.hpp>

namespace lakehold::engine {

class StoreRegistry;

// `registry` outlives the file system.
duckdb::unique_ptr<duckdb::FileSystem> MakeStoreFileSystem(StoreRegistry& registry);

}  // namespace lakehold::engine
