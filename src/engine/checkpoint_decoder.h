// CheckpointDecoder: the rows of a checkpoint file as actions. Externally synchronized, as the
// chunk it is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"

#include "base/result.h"
#include "delta/checkpoint_batches.h"

namespace lakehold::engine {

// A column of a checkpoint and the fields wanted of it; all of them if empty. "a.b" is field b of
// field a.
struct WantedColumn {
  std::string name;
  std::vector<std::string> fields;
};
// `batches`: of adds all but the statistics, and the parsed number of rows.
std::vector<WantedColumn> WantedColumns(const delta::CheckpointColumns& columns, bool batches);

class CheckpointDecoder {
 public:
  // `names` are the columns of the chunks to come, `key` is the file.
  CheckpointDecoder(std::vector<std::string> names, bool has_stats, std::string_view key)
      : names_(std::move(names)), has_stats_(has_stats), key_(key) {}
  // Tells the actions of all rows, the first of them row `first_row` of the file. Rows of kinds
  // nobody asked for are skipped; adds go to `files`, if given, by way of `rows`, which is empty.
  // kCorrupt "delta.bad_checkpoint".
  Status Decode(duckdb::DataChunk& chunk, uint64_t first_row, const delta::CheckpointVisitor& visit,
                const delta::BatchVisitor& files, delta::FileRows& rows) const;

 private:
  std::vector<std::string> names_;
  bool has_stats_;  // The file has a column for the statistics of adds.
  std::string key_;
};

}  // namespace lakehold::engine
