// CheckpointEncoder: actions as the rows of a classic checkpoint, in the protocol's schema.
// Externally synchronized.
#pragma once

#include <optional>
#include <string>

#include "duckdb.hpp"

#include "delta/action.h"
#include "engine/raw_object.h"

namespace lakehold::engine {

// The columns of a V1 checkpoint: txn, add, remove, metaData, protocol, domainMetadata.
duckdb::vector<std::string> CheckpointColumnNames();
duckdb::vector<duckdb::LogicalType> CheckpointColumnTypes();

class CheckpointEncoder {
 public:
  explicit CheckpointEncoder(bool stats_as_json) : stats_as_json_(stats_as_json) {}

  // Makes `chunk` ready to be filled from the first row on.
  void Start(duckdb::DataChunk& chunk);
  // Fills the next row: one column is a struct, the others are NULL. False for actions that
  // checkpoints leave out (commitInfo, cdc). Precondition: fewer rows than the chunk holds.
  bool Append(const delta::Action& action, duckdb::DataChunk& chunk);

 private:
  struct RowFiller;
  // The entries of a file's tags. Files of one writer have the same ones, so the last are kept.
  const std::optional<RawObjectEntries>& Tags(const std::optional<std::string>& tags);

  bool stats_as_json_;
  std::optional<std::string> tags_text_;
  std::optional<RawObjectEntries> tags_;
};

}  // namespace lakehold::engine
