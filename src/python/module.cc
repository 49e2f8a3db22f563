// The native half of the Python module: the public C++ API, call by call. Everything people touch
// is in lakehold/*.py.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "lakehold/lake.h"
#include "lakehold/version.h"
#include "python/bind.h"
#include "python/records.h"
#include "python/streams.h"

NB_MODULE(_lakehold, module) {
  // Objects that C++ still holds when the interpreter ends cannot be given back to it any more (see
  // Held in streams.cc); that is no news for anybody's terminal.
  nanobind::set_leak_warnings(false);
  module.doc() = "lakehold's native half; use the lakehold package";
  module.def("version", &lakehold::VersionText);
  module.def("build", &lakehold::BuildText);
  module.def("finish",
             [] { lakehold::python::Unlocked([] { lakehold::FinishBackgroundWork(); }); });
  lakehold::python::BindReports(module);
  lakehold::python::BindStreams(module);
  lakehold::python::BindTable(module);
  lakehold::python::BindLake(module);
  lakehold::python::BindRecords(module);
}
