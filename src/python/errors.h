// How an Error becomes a Python exception: `lakehold._errors.raise_error` picks the class by kind.
// Needs the GIL.
#pragma once

#include <string>
#include <utility>

#include <nanobind/nanobind.h>

#include "lakehold/result.h"

namespace lakehold::python {

// Throws nanobind::python_error.
[[noreturn]] void Raise(const Error& error);

// "ValueError: text", without the traceback.
std::string OneLine(const nanobind::python_error& error);

// The value, or the exception.
template <typename T>
T Take(Result<T>&& result) {
  if (!result.ok()) Raise(result.error());
  return std::move(result).value();
}
inline void Check(const Status& status) {
  if (!status.ok()) Raise(status.error());
}

}  // namespace lakehold::python
