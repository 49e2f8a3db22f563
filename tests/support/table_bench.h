// TableBench: a small table in memory for tests of floors 1 and 2: make it, offer drafts, load it.
// Externally synchronized.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/sim_runtime.h"
#include "delta/snapshot.h"
#include "storage/memory_store.h"
#include "storage/object_store.h"
#include "txn/commit.h"
#include "txn/plan.h"

namespace lakehold::testing {

class TableBench {
 public:
  explicit TableBench(uint64_t seed = 1);

  SimRuntime world;
  std::shared_ptr<storage::MemoryStore> memory;
  delta::TableRoot root;  // Its store may be replaced by a decorator.
  delta::LogContext context;
  txn::CommitOptions options;

  // (id BIGINT, day DATE), partitioned by day if asked.
  static txn::TableDefinition Definition(bool partitioned);
  // Creates the table; the test fails if it cannot.
  void Create(bool partitioned = false, std::map<std::string, std::string> properties = {});
  std::shared_ptr<const delta::Snapshot> Load();
  // A data file really in the store, and its add action. `day` "" means no partition value.
  Result<delta::AddFile> WriteFile(txn::WrittenFiles& files, int64_t rows = 1,
                                   const std::string& day = {});
  Result<txn::Outcome> Append(std::shared_ptr<const delta::Snapshot> base, int64_t rows = 1,
                              const std::string& day = {});
  // Keys of data files in the store.
  std::vector<std::string> DataKeys();
};

// The version of a committed outcome; fails the test otherwise.
delta::Version VersionOf(const Result<txn::Outcome>& outcome);

}  // namespace lakehold::testing
