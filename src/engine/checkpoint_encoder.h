// CheckpointEncoder: actions as the rows of a checkpoint or sidecar, in the protocol's schema.
// Externally synchronized.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "duckdb.hpp"

#include "delta/action.h"
#include "delta/checkpoint.h"
#include "engine/raw_object.h"
#include "engine/stats_struct.h"

namespace lakehold::engine {

// The columns of a checkpoint: add and remove; unless it is a sidecar, txn, metaData, protocol and
// domainMetadata; of V2 content checkpointMetadata and sidecar.
duckdb::vector<std::string> CheckpointColumnNames(const delta::CheckpointShape& shape);
duckdb::vector<duckdb::LogicalType> CheckpointColumnTypes(const delta::CheckpointShape& shape);

class CheckpointEncoder {
 public:
  explicit CheckpointEncoder(const delta::CheckpointShape& shape);

  // Makes `chunk` ready to be filled from the first row on.
  void Start(duckdb::DataChunk& chunk);
  // Fills the next row: one column is a struct, the others are NULL. False for actions that
  // checkpoints leave out (commitInfo, cdc). Precondition: fewer rows than the chunk holds.
  bool Append(const delta::Action& action, duckdb::DataChunk& chunk);
  // The same for the rows of V2 content that are no actions.
  void AppendVersion(delta::Version version, duckdb::DataChunk& chunk);
  void AppendSidecar(const delta::Sidecar& sidecar, duckdb::DataChunk& chunk);

 private:
  struct RowFiller;
  // The entries of a file's tags. Files of one writer have the same ones, so the last are kept.
  const std::optional<RawObjectEntries>& Tags(const std::optional<std::string>& tags);

  bool stats_as_json_;
  std::unique_ptr<StatsStruct> stats_struct_;  // Null: no typed statistics.
  bool is_sidecar_;
  std::optional<std::string> tags_text_;
  std::optional<RawObjectEntries> tags_;
};

}  // namespace lakehold::engine
