// InputContract: what an Arrow stream given by a caller must be, whoever reads it, and what is said
// when it is not. Knows nothing of DuckDB. Next: arrow_input.h (read by a plan), peeked_stream.h
// (read before one).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "lakehold/arrow_abi.h"

namespace lakehold::engine {

// One exported schema, shared by everybody who asked for it: a producer may give it only once, and
// readers release their copies in their own time.
struct SharedSchema {
  ArrowSchema schema{};
  SharedSchema() = default;
  SharedSchema(const SharedSchema&) = delete;
  SharedSchema& operator=(const SharedSchema&) = delete;
  ~SharedSchema();
  // Fills `out`, which its reader releases, with what `shared` holds.
  static void Share(std::shared_ptr<SharedSchema> shared, ArrowSchema* out);
};

// Asks the stream for its schema and checks it: record batches of columns with names of their own
// (kInvalid "engine.bad_input", "engine.column_names").
Result<std::shared_ptr<SharedSchema>> ReadInputSchema(ArrowArrayStream* stream);

// What a call on the stream that returned `code` means: kCancelled "engine.interrupted", kInvalid
// "engine.bad_input" (EINVAL) or kIo "engine.input_failed".
Error InputFailure(int code, ArrowArrayStream* stream);

// As many columns as the schema has, and in those of `columns` that hold instants no nanoseconds a
// microsecond cannot hold: kInvalid "engine.bad_input", "engine.nanoseconds". Below zero is none.
Status CheckInputBatch(const ArrowSchema& schema, const ArrowArray& batch,
                       std::span<const int64_t> columns);

}  // namespace lakehold::engine
