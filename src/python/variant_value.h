// A variant as Python objects: None, bool, int, float, Decimal, str, bytes, UUID, date, time,
// datetime (UTC-aware for instants), list, dict. Needs the GIL.
#pragma once

#include <string>
#include <string_view>

#include <nanobind/nanobind.h>

namespace lakehold::python {

// The value in the Variant binary encoding of Parquet. Raises ValueError naming `where` for bytes
// that are none, and for times Python does not have.
nanobind::object VariantOf(std::string_view metadata, std::string_view value,
                           const std::string& where);

}  // namespace lakehold::python
