// ArrowIpcWriter: record batches as bytes of Arrow's IPC format, uncompressed, as a stream or as a
// file that can be read from any batch on. Externally synchronized.
//
//   stream = message(schema) *message(batch) end
//   file   = "ARROW1" 0 0 stream footer length "ARROW1"
//   message = FFFFFFFF length metadata padding body        end = FFFFFFFF 00000000
// A batch's buffers begin at multiples of 64 bytes of the output, so that a mapped file is aligned.
// Next: arrow_body.h, arrow_message.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "lakehold/arrow_abi.h"
#include "render/arrow_field.h"
#include "render/arrow_message.h"
#include "render/text_sink.h"

namespace lakehold::render {

class ArrowIpcWriter {
 public:
  enum class Layout : uint8_t { kStream, kFile };

  // kUnsupported "render.type" names the column.
  static Result<ArrowIpcWriter> Open(const ArrowSchema& schema, Layout layout, TextSink sink);
  // Batches are of the schema given; they are not released. Those without rows are left out.
  Status Write(const ArrowArray& batch);
  // The end; the schema too if there were no rows.
  Status Finish();

 private:
  ArrowIpcWriter(ArrowField field, Layout layout, TextSink sink)
      : field_(std::move(field)), layout_(layout), sink_(std::move(sink)) {}

  Status Begin();
  // The message's metadata, padded so that what follows is aligned; the bytes before the body.
  Result<int32_t> PutHead(const std::string& metadata);
  Status Put(std::string_view bytes);
  Status Pad();
  Status Flush();

  ArrowField field_;
  Layout layout_;
  TextSink sink_;
  bool begun_ = false;
  int64_t position_ = 0;
  std::string pending_;  // Small pieces on their way to the sink.
  std::vector<ArrowBlock> blocks_;
};

}  // namespace lakehold::render
