// JsonWriter: record batches as JSON, one object a row. Externally synchronized. Spelling:
// README.md.
//
//   lines: *(object LF)          array: "[" LF [object *("," LF object) LF] "]" LF
// Integers and decimals are numbers with all their digits, whatever a reader makes of them; NULL is
// null; NaN and the infinities are the strings "NaN", "Infinity", "-Infinity".
#pragma once

#include <cstdint>

#include "base/executor.h"
#include "base/result.h"
#include "lakehold/arrow_abi.h"
#include "render/row_weaver.h"
#include "render/text_sink.h"

namespace lakehold::render {

enum class JsonLayout : uint8_t { kLines, kArray };

class JsonWriter {
 public:
  // kUnsupported "render.type" names the column. The executor outlives the writer.
  static Result<JsonWriter> Open(const ArrowSchema& schema, JsonLayout layout, Executor& executor,
                                 TextSink sink);
  // Batches are of the schema given; they are not released.
  Status Write(const ArrowArray& batch);
  // Closes the array; without it a document of that layout is cut.
  Status Finish();

 private:
  JsonWriter(RowWeaver weaver, JsonLayout layout, TextSink sink)
      : weaver_(std::move(weaver)), layout_(layout), sink_(std::move(sink)) {}

  RowWeaver weaver_;
  JsonLayout layout_;
  TextSink sink_;
  bool any_ = false;
};

}  // namespace lakehold::render
