// Records: lists of dicts and dicts of columns become an Arrow stream of one batch, without another
// library. Needs the GIL.
#pragma once

#include <nanobind/nanobind.h>

namespace lakehold::python {

// Each call gives a fresh capsule "arrow_array_stream". Missing keys are NULL; columns in the order
// first seen. Raises TypeError naming column and row where values have no common type, ValueError
// for columns of different length.
nanobind::object StreamOfRows(nanobind::list rows);
nanobind::object StreamOfColumns(nanobind::dict columns);

void BindRecords(nanobind::module_& module);

}  // namespace lakehold::python
