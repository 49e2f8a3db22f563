#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "lakehold/table.h"
#include "python/bind.h"
#include "python/errors.h"
#include "python/interrupts.h"
#include "python/streams.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

// Version, file, text: one of the two is empty.
using Staged = std::vector<std::tuple<int64_t, std::string, nb::bytes>>;

RatifiedCommits ToRatified(std::tuple<int64_t, Staged> ratified) {
  RatifiedCommits commits{std::get<0>(ratified), {}};
  for (auto& [version, file, json] : std::get<1>(ratified)) {
    commits.staged.push_back({version, std::move(file), std::string(json.c_str(), json.size())});
  }
  return commits;
}

// What a table is: its place, version, schema, history and files.
void BindState(nb::class_<Table>& table) {
  table
      .def_static(
          "open",
          [](const std::string& location, std::optional<int64_t> version,
             std::optional<int64_t> time_ms, bool durable,
             std::optional<std::tuple<int64_t, Staged>> ratified) {
            OpenOptions options{durable ? Durability::kFull : Durability::kNone};
            if (ratified) options.ratified = ToRatified(std::move(*ratified));
            return Take(
                Unlocked([&] { return Table::Open(location, ToSpec(version, time_ms), options); }));
          },
          nb::arg("location"), nb::arg("version") = nb::none(), nb::arg("time_ms") = nb::none(),
          nb::arg("durable") = true, nb::arg("ratified") = nb::none())
      .def_prop_ro("name", &Table::name)
      .def_prop_ro("location", &Table::location)
      .def_prop_ro("pinned", &Table::pinned)
      .def(
          "at",
          [](const Table& table, std::optional<int64_t> version, std::optional<int64_t> time_ms) {
            return Take(Unlocked([&] { return table.At(ToSpec(version, time_ms)); }));
          },
          nb::arg("version") = nb::none(), nb::arg("time_ms") = nb::none())
      .def("outline",
           [](const Table& table) { return Take(Unlocked([&] { return table.Outline(); })); })
      .def("describe",
           [](const Table& table) { return Take(Unlocked([&] { return table.Describe(); })); })
      .def("last_status", &Table::LastStatus)
      .def("history",
           [](const Table& table, size_t limit) {
             return Take(Unlocked([&] { return table.History(limit); }));
           })
      .def("files",
           [](const Table& table) { return Take(Unlocked([&] { return table.Files(); })); });
}

// What goes in and out of it.
void BindRows(nb::class_<Table>& table) {
  table
      .def("count",
           [](Table& table) { return Take(Interruptible(table, [&] { return table.Count(); })); })
      .def(
          "scan",
          [](Table& table, std::vector<std::string> columns, std::optional<std::string> where,
             const nb::dict& parameters, std::optional<int64_t> limit) {
            const ScanRequest request{std::move(columns), std::move(where),
                                      ToParameters(parameters), limit};
            return Take(Interruptible(table, [&] { return table.Scan(request); }));
          },
          nb::arg("columns"), nb::arg("where").none(), nb::arg("parameters"),
          nb::arg("limit").none())
      .def(
          "explain",
          [](Table& table, std::vector<std::string> columns, std::optional<std::string> where,
             const nb::dict& parameters, std::optional<int64_t> limit) {
            const ScanRequest request{std::move(columns), std::move(where),
                                      ToParameters(parameters), limit};
            return Take(Interruptible(table, [&] { return table.Explain(request); }));
          },
          nb::arg("columns"), nb::arg("where").none(), nb::arg("parameters"),
          nb::arg("limit").none())
      .def(
          "write",
          [](Table& table, nb::object make, bool one_shot, bool overwrite,
             std::optional<std::string> where, const nb::dict& parameters, bool naive_is_utc,
             std::map<std::string, std::string> types, std::string compression,
             int64_t target_bytes) {
            WriteRequest request;
            request.rows = SourceOf(std::move(make), one_shot);
            request.mode = overwrite ? WriteMode::kOverwrite : WriteMode::kAppend;
            request.where = std::move(where);
            request.parameters = ToParameters(parameters);
            request.naive_timestamps_are_utc = naive_is_utc;
            request.types = std::move(types);
            request.files = {std::move(compression), target_bytes};
            return Take(Interruptible(table, [&] { return table.Write(request); }));
          },
          nb::arg("make"), nb::arg("one_shot"), nb::arg("overwrite"), nb::arg("where").none(),
          nb::arg("parameters"), nb::arg("naive_is_utc"), nb::arg("types"), nb::arg("compression"),
          nb::arg("target_bytes"))
      .def("checkpoint",
           [](Table& table) {
             return Take(Interruptible(table, [&] { return table.Checkpoint(); }));
           })
      .def(
          "compact_log",
          [](Table& table, std::optional<Version> first) {
            return Take(Interruptible(table, [&] { return table.CompactLog(first); }));
          },
          nb::arg("first").none())
      .def(
          "fsck",
          [](const Table& table, bool deep, bool statistics) {
            return Take(Unlocked([&] { return table.Fsck(deep, statistics); }));
          },
          nb::arg("deep"), nb::arg("statistics"));
}

}  // namespace

void BindTable(nb::module_& module) {
  nb::class_<Table> table(module, "Table");
  BindState(table);
  BindRows(table);
}

}  // namespace lakehold::python
