// Arrow C streams across the Python boundary: capsules in, capsules and rows out. Needs the GIL.
#pragma once

#include <cstdint>
#include <memory>

#include <nanobind/nanobind.h>

#include "lakehold/input.h"
#include "lakehold/rows.h"

namespace lakehold::python {

// A source that calls `make` for each fresh stream: a Python callable that returns a capsule named
// "arrow_array_stream". The callable is held with its own reference and called with the GIL; its
// errors become kInvalid "python.input".
StreamSource SourceOf(nanobind::object make, bool one_shot);

// One run of a result: its rows as an Arrow capsule or as Python tuples. Ctrl+C stops it; the GIL
// is released around it.
class RowStream {
 public:
  // Opens the rows.
  RowStream(std::shared_ptr<Rows> rows, int64_t batch_rows);

  // Hands the stream out, once. A consumer in native code cannot tell an interrupt from a failure:
  // `resignal` raises the signal again for after it; else Check() does.
  nanobind::object Capsule(bool resignal);
  // The schema as a capsule "arrow_schema".
  nanobind::object SchemaCapsule();
  // The next batch as a list of tuples; None at the end.
  nanobind::object NextRows();
  // Raises what stopped the stream, if anything did.
  void Check();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

void BindStreams(nanobind::module_& module);

}  // namespace lakehold::python
