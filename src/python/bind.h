// What each bind_*.cc adds to the module, and the conversions they share. Needs the GIL.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <nanobind/nanobind.h>

#include "lakehold/report.h"
#include "lakehold/table.h"

namespace lakehold::python {

void BindReports(nanobind::module_& module);
void BindTable(nanobind::module_& module);
void BindLake(nanobind::module_& module);

// {"name": (text or None, sql_type)} as the Python side prepares it. Texts of BLOBs are bytes.
Parameters ToParameters(const nanobind::dict& parameters);

// (version, time_ms): both None is the latest.
VersionSpec ToSpec(std::optional<int64_t> version, std::optional<int64_t> time_ms);

// Runs `call` without the GIL.
template <typename Call>
auto Unlocked(Call&& call) {
  const nanobind::gil_scoped_release nogil;
  return std::forward<Call>(call)();
}

}  // namespace lakehold::python
