// PeekedStream: the first batches of an Arrow source, read before deciding how to read the rest.
// Externally synchronized.
//
// What was read is not lost: Rest() gives a source of all the rows. Next: small_append.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "duckdb.hpp"
#include "duckdb/common/arrow/arrow_wrapper.hpp"

#include "base/result.h"
#include "engine/engine.h"
#include "engine/input_contract.h"

namespace lakehold::engine {

class PeekedStream {
 public:
  // Opens the source once, and reads and checks its schema.
  static Result<std::unique_ptr<PeekedStream>> Open(StreamSource source);
  ~PeekedStream();
  PeekedStream(const PeekedStream&) = delete;
  PeekedStream& operator=(const PeekedStream&) = delete;

  const ArrowSchema& schema() const { return schema_->schema; }
  // Reads on until the stream ends (true) or has given more rows or batches than these (false).
  Result<bool> EndsWithin(int64_t rows, size_t batches);
  const std::deque<duckdb::shared_ptr<duckdb::ArrowArrayWrapper>>& batches() const {
    return batches_;
  }
  int64_t rows() const { return rows_; }

  // A source of every row: what was read first, then the rest; opened again, the source itself.
  // Ends this object's use.
  static StreamSource Rest(std::unique_ptr<PeekedStream> peeked);

 private:
  explicit PeekedStream(StreamSource source) : source_(std::move(source)) {}
  static void Replay(std::unique_ptr<PeekedStream> peeked, ArrowArrayStream* out);

  StreamSource source_;
  ArrowArrayStream stream_{};
  std::shared_ptr<SharedSchema> schema_;
  std::deque<duckdb::shared_ptr<duckdb::ArrowArrayWrapper>> batches_;
  int64_t rows_ = 0;
  bool ended_ = false;
};

}  // namespace lakehold::engine
