// OpenReaders: the objects that are open for reading, each opened once however many handles are on
// it, and a small one read whole by its first. Thread-safe.
//
// DuckDB opens a data file once for its footer and again for every thread that scans it, and reads
// a page at a time: of a file of ten rows that is two opens and nine reads, of which one each is
// left.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "storage/object_store.h"

namespace lakehold::engine {

class OpenReaders {
 public:
  OpenReaders();

  // `path` names the object among all stores. The reader may outlive this.
  Result<std::shared_ptr<storage::ObjectReader>> Open(const std::string& path,
                                                      storage::ObjectStore& store,
                                                      const std::string& key);

 private:
  struct Known;
  std::shared_ptr<Known> known_;
};

}  // namespace lakehold::engine
