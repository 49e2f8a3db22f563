// Dates, times and numbers as Python objects. Pure functions; need the GIL, and ImportTimes once.
#pragma once

#include <cstdint>
#include <string>

#include <nanobind/nanobind.h>

namespace lakehold::python {

// Takes the new reference a Python call gave, or raises what that raised.
nanobind::object Stolen(PyObject* object);
// Before any of the functions below.
void ImportTimes();

int64_t FloorDivide(int64_t value, int64_t by);
// Days, and microseconds, since 1970. ValueError naming `where` beyond Python's years.
nanobind::object DateOf(int64_t days, const std::string& where);
nanobind::object DatetimeOf(int64_t micros, bool aware, const std::string& where);
// A time of day.
nanobind::object TimeOf(int64_t micros);
nanobind::object TimedeltaOf(int64_t days, int64_t micros);
// An int of any size, and value * 10^-scale as a Decimal.
nanobind::object WholeOf(__int128 value);
nanobind::object DecimalOf(__int128 value, int scale);

}  // namespace lakehold::python
