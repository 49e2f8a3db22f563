// Records: dicts and columns of Python values become an Arrow stream, without another library.
// Needs the GIL.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>

namespace lakehold::python {

// Each call gives a fresh capsule "arrow_array_stream" of one batch. Missing keys are NULL; columns
// in the order first seen. Raises TypeError naming column and row where values have no common type,
// ValueError for columns of different length.
nanobind::object StreamOfRows(nanobind::list rows);
nanobind::object StreamOfColumns(nanobind::dict columns);

// The same for an iterator of dicts, in bounded memory: it is read in pieces, and the first piece
// fixes columns and types, with those of `hint` (an "arrow_schema" capsule or None) where its
// values have none or narrower ones; columns of the hint named in `added` come in even if no row of
// the piece has them. A later row that does not fit ends the stream with its number and what to do.
nanobind::object StreamOfRecords(nanobind::object records, nanobind::object hint,
                                 std::vector<std::string> added, size_t piece_rows);

void BindRecords(nanobind::module_& module);

}  // namespace lakehold::python
