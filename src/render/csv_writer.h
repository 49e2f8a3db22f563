// CsvWriter: record batches as CSV (RFC 4180 with LF line ends). Externally synchronized. Spelling:
// README.md.
//
//   header = name *("," name) LF          row = field *("," field) LF
// NULL is `null_text` unquoted, the empty text is "" quoted, so both read back. In a table of one
// column a NULL row is an empty line.
#pragma once

#include <optional>
#include <string>

#include "base/executor.h"
#include "base/result.h"
#include "lakehold/arrow_abi.h"
#include "render/row_weaver.h"
#include "render/text_sink.h"

namespace lakehold::render {

struct CsvOptions {
  std::string null_text;  // May hold no delimiter, quote or line end.
  char delimiter = ',';
  bool header = true;
};

class CsvWriter {
 public:
  // kUnsupported "render.type" names the column; kInvalid "render.null_text". The executor outlives
  // the writer.
  static Result<CsvWriter> Open(const ArrowSchema& schema, const CsvOptions& options,
                                Executor& executor, TextSink sink);
  // The header comes before the first rows. Batches are of the schema given; they are not released.
  Status Write(const ArrowArray& batch);
  // Writes the header if there were no rows.
  Status Finish();

 private:
  CsvWriter(RowWeaver weaver, std::string header, TextSink sink)
      : weaver_(std::move(weaver)), header_(std::move(header)), sink_(std::move(sink)) {}

  RowWeaver weaver_;
  std::string header_;  // Empty once written.
  TextSink sink_;
};

}  // namespace lakehold::render
