// ArrowStream: owns an Arrow C stream and its schema, and turns its error codes into Errors.
// Externally synchronized.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lakehold/rows.h"

namespace lakehold::cli {

class ArrowStream {
 public:
  static Result<ArrowStream> Open(Rows& rows);
  ~ArrowStream();
  ArrowStream(ArrowStream&& other) noexcept;
  ArrowStream& operator=(ArrowStream&&) = delete;

  const ArrowSchema& schema() const { return schema_; }
  // Calls `take` with each batch; the batch lives until it returns.
  Status ForEach(const std::function<Status(const ArrowArray& batch)>& take);

 private:
  ArrowStream() = default;
  Error StreamError(int code);

  ArrowArrayStream stream_{};
  ArrowSchema schema_{};
};

// A small result as texts, row by row; NULL is "".
Result<std::vector<std::vector<std::string>>> ReadTexts(Rows& rows);

}  // namespace lakehold::cli
