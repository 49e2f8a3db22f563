// RowWeaver: record batches to rows of text: chunks of rows in parallel, columns one after the
// other, then woven together. Externally synchronized. Used by csv_writer.h and json_writer.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "lakehold/arrow_abi.h"
#include "render/column_renderer.h"
#include "render/text_sink.h"

namespace lakehold::render {

class RowWeaver {
 public:
  // Rows of one chunk: long enough to keep each column's loop hot, short enough to stay in the
  // cache.
  static constexpr int64_t kChunkRows = 4096;

  // What stands before each field, in order of the columns, and behind each row.
  struct Frame {
    std::vector<std::string> before_field;
    std::string row_end;
  };

  // Renderers of a batch's columns. kInvalid "render.not_a_batch" if the schema is no struct,
  // kUnsupported "render.type".
  static Result<std::vector<std::unique_ptr<ColumnRenderer>>> NewColumns(const ArrowSchema& schema,
                                                                         const ValueStyle& style);

  // The executor outlives the weaver.
  RowWeaver(std::vector<std::unique_ptr<ColumnRenderer>> columns, Frame frame, Executor& executor)
      : columns_(std::move(columns)), frame_(std::move(frame)), executor_(&executor) {}

  // Gives the rows of a batch of that schema to the sink, in order. Does not release the batch.
  Status Write(const ArrowArray& batch, const TextSink& sink) const;

 private:
  std::string Weave(const ArrowArray& batch, int64_t begin, int64_t end) const;

  std::vector<std::unique_ptr<ColumnRenderer>> columns_;
  Frame frame_;
  Executor* executor_;
};

}  // namespace lakehold::render
