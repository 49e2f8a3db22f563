// CheckpointDecoder: the rows of a checkpoint file as actions. Externally synchronized, as the
// chunk it is given.
#pragma once

#include <string>
#include <vector>

#include "duckdb.hpp"

#include "base/result.h"
#include "delta/checkpoint.h"

namespace lakehold::engine {

// A column of a checkpoint and the fields wanted of it; all of them if empty.
struct WantedColumn {
  std::string name;
  std::vector<std::string> fields;
};
std::vector<WantedColumn> WantedColumns(const delta::CheckpointColumns& columns);

class CheckpointDecoder {
 public:
  // `names` are the columns of the chunks to come.
  explicit CheckpointDecoder(std::vector<std::string> names) : names_(std::move(names)) {}
  // Tells the actions of all rows. Rows of kinds nobody asked for are skipped.
  Status Decode(duckdb::DataChunk& chunk, const delta::CheckpointVisitor& visit);

 private:
  std::vector<std::string> names_;
};

}  // namespace lakehold::engine
