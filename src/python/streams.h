// Arrow C streams across the Python boundary: capsules in, capsules out. Needs the GIL where it says so.
#pragma once

#include <nanobind/nanobind.h>

#include "lakehold/input.h"
#include "lakehold/rows.h"

namespace lakehold::python {

// A source that calls `make` for each fresh stream: a Python callable that returns a capsule named "arrow_array_stream".
// The callable is held with its own reference and called with the GIL; its errors become kInvalid "python.input".
StreamSource SourceOf(nanobind::object make, bool one_shot);

// Runs a result and hands its stream out as a capsule. Releases the GIL while it runs.
nanobind::object CapsuleOf(Rows& rows, int64_t batch_rows);

}  // namespace lakehold::python
