// PulledStream: an Arrow stream whose batches are made when they are asked for. Needs the GIL.
#pragma once

#include <memory>

#include <nanobind/nanobind.h>

#include "lakehold/arrow_abi.h"

namespace lakehold::python {

// May throw: the stream then fails with EINVAL and the exception's text.
class BatchMaker {
 public:
  virtual ~BatchMaker() = default;
  // The type of all batches; asked for before the first of them, perhaps again later.
  virtual void Schema(ArrowSchema* out) = 0;
  // False, and nothing in `out`, at the end.
  virtual bool Next(ArrowArray* out) = 0;
};

// A capsule "arrow_array_stream".
nanobind::object CapsuleOf(std::unique_ptr<BatchMaker> maker);

// The batches of an iterator of capsules "arrow_array_stream", one stream after the other. All have
// the columns and types of the first; else the stream fails and names the one that differs.
nanobind::object StreamOfStreams(nanobind::object streams);

}  // namespace lakehold::python
