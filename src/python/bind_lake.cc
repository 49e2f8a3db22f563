#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "lakehold/lake.h"
#include "python/bind.h"
#include "python/errors.h"
#include "python/interrupts.h"
#include "python/streams.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

using IfExists = CreateRequest::IfExists;

IfExists ToIfExists(const std::string& mode) {
  if (mode == "ignore") return IfExists::kIgnore;
  if (mode == "overwrite") return IfExists::kReplace;
  return IfExists::kError;
}

Table CreateTable(Lake& lake, const std::string& table, const std::string& columns, nb::object like,
                  bool one_shot, bool with_rows, std::vector<std::string> partition_by,
                  std::map<std::string, std::string> properties, const std::string& mode,
                  bool naive_is_utc, std::map<std::string, std::string> types,
                  std::string compression, int64_t target_bytes) {
  CreateRequest request;
  request.table = table;
  request.columns = columns;
  if (!like.is_none()) request.like = SourceOf(std::move(like), one_shot);
  request.with_rows = with_rows;
  request.partition_by = std::move(partition_by);
  request.properties = std::move(properties);
  request.if_exists = ToIfExists(mode);
  request.naive_timestamps_are_utc = naive_is_utc;
  request.types = std::move(types);
  request.files = {std::move(compression), target_bytes};
  return Take(Interruptible(lake, [&] { return lake.Create(request); }));
}

}  // namespace

void BindLake(nb::module_& module) {
  nb::class_<Lake>(module, "Lake")
      .def_static(
          "connect",
          [](const std::string& location, bool durable) {
            const OpenOptions options{durable ? Durability::kFull : Durability::kNone};
            return Take(Unlocked([&] { return Lake::Connect(location, options); }));
          },
          nb::arg("location"), nb::arg("durable") = true)
      .def_prop_ro("location", &Lake::location)
      .def("session", [](const Lake& lake) { return Take(lake.Session()); })
      .def("sql",
           [](Lake& lake, const std::string& sql, const nb::dict& parameters) {
             const auto bound = ToParameters(parameters);
             return Take(Interruptible(lake, [&] { return lake.Sql(sql, bound); }));
           })
      .def("explain",
           [](Lake& lake, const std::string& sql, const nb::dict& parameters) {
             const auto bound = ToParameters(parameters);
             return Take(Interruptible(lake, [&] { return lake.Explain(sql, bound); }));
           })
      .def_prop_ro("reports", [](const Lake& lake) { return lake.reports(); })
      .def_prop_ro("in_transaction", &Lake::in_transaction)
      .def("tables", [](const Lake& lake) { return Take(Unlocked([&] { return lake.Tables(); })); })
      .def("table",
           [](Lake& lake, const std::string& name) {
             return Take(Unlocked([&] { return lake.OpenTable(name); }));
           })
      .def("create", &CreateTable, nb::arg("table"), nb::arg("columns"), nb::arg("like").none(),
           nb::arg("one_shot"), nb::arg("with_rows"), nb::arg("partition_by"),
           nb::arg("properties"), nb::arg("mode"), nb::arg("naive_is_utc"), nb::arg("types"),
           nb::arg("compression"), nb::arg("target_bytes"))
      .def("register",
           [](Lake& lake, const std::string& name, nb::object make, bool one_shot) {
             auto source = SourceOf(std::move(make), one_shot);
             Check(Unlocked([&] { return lake.Register(name, std::move(source)); }));
           })
      .def("unregister",
           [](Lake& lake, const std::string& name) {
             Check(Unlocked([&] { return lake.Unregister(name); }));
           })
      .def("interrupt", [](Lake& lake) { Unlocked([&] { lake.Interrupt(); }); });
}

}  // namespace lakehold::python
