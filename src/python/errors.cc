#include "python/errors.h"

#include <string>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

namespace lakehold::python {

namespace nb = nanobind;

void Raise(const Error& error) {
  auto raise = nb::module_::import_("lakehold._errors").attr("raise_error");
  // Always raises; nanobind turns that into python_error.
  raise(std::string(KindName(error.kind)), std::string(error.reason), error.message, error.hint,
        error.transaction_id);
  throw nb::next_overload();  // Unreachable.
}

}  // namespace lakehold::python
