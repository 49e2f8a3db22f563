#include "python/errors.h"

#include <string>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

namespace lakehold::python {

namespace nb = nanobind;

void Raise(const Error& error) {
  auto raise = nb::module_::import_("lakehold._errors").attr("raise_error");
  nb::dict context;
  for (const auto& [word, value] : error.context) context[nb::cast(word)] = value;
  if (!error.transaction_id.empty()) context["transaction_id"] = error.transaction_id;
  // Always raises; nanobind turns that into python_error.
  raise(std::string(KindName(error.kind)), std::string(error.reason), error.message, error.hint,
        context);
  throw nb::next_overload();  // Unreachable.
}

std::string OneLine(const nb::python_error& error) {
  const auto text = nb::cast<std::string>(nb::str(error.value()));
  if (PyErr_GivenExceptionMatches(error.type().ptr(), PyExc_TypeError) != 0 && !text.empty())
    return text;
  return nb::cast<std::string>(error.type().attr("__name__")) + ": " + text;
}

}  // namespace lakehold::python
