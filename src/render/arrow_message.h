// The metadata of Arrow's IPC format, version V5: flat buffers that say what the columns are and
// where the buffers of a batch lie. Pure functions. Next: arrow_ipc_writer.h.
//
// The slots are those of Schema.fbs, Message.fbs and File.fbs of the Arrow columnar format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "render/arrow_field.h"

namespace lakehold::render {

// The three structs are written as they lie in memory (little endian).
struct ArrowNode {
  int64_t length;
  int64_t null_count;
};
struct ArrowSpan {
  int64_t offset;  // From the begin of the batch's body.
  int64_t length;
};
struct ArrowBlock {
  int64_t offset;  // From the begin of the file.
  int32_t head_bytes;
  int32_t padding;
  int64_t body_bytes;
};

// What a batch's metadata tells of its body.
struct ArrowBatchMap {
  int64_t rows = 0;
  std::vector<ArrowNode> nodes;    // A field each, depth first.
  std::vector<ArrowSpan> buffers;  // In the order of the fields' layouts.
  int64_t body_bytes = 0;
};

// `batch` is the struct whose children are the columns.
std::string EncodeSchemaMessage(const ArrowField& batch);
std::string EncodeBatchMessage(const ArrowBatchMap& map);
std::string EncodeFooter(const ArrowField& batch, const std::vector<ArrowBlock>& blocks);

}  // namespace lakehold::render
