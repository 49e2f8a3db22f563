#include "python/variant_value.h"

#include <vector>

#include <fmt/format.h>

#include "base/variant_walk.h"
#include "python/plain_values.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

// Containers stay open until they end; each finished value goes into the innermost.
class PythonVariant {
 public:
  explicit PythonVariant(const std::string& where) : where_(where) {}

  nb::object result() { return std::move(result_); }

  void Null() { Put(nb::none()); }
  void Bool(bool value) { Put(nb::bool_(value)); }
  void Integer(int64_t value, int) { Put(nb::int_(value)); }
  void Real(double value, int) { Put(nb::float_(value)); }
  void Decimal(__int128 unscaled, int scale, int) { Put(DecimalOf(unscaled, scale)); }
  void Text(std::string_view text) {
    Put(Stolen(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "strict")));
  }
  void Bytes(std::string_view bytes) { Put(nb::bytes(bytes.data(), bytes.size())); }
  void Uuid(std::string_view bytes) {
    Put(nb::module_::import_("uuid").attr("UUID")(nb::arg("bytes") =
                                                      nb::bytes(bytes.data(), bytes.size())));
  }
  void Date(int64_t days) { Put(DateOf(days, where_)); }
  void Time(int64_t microseconds) { Put(TimeOf(microseconds)); }
  void Instant(int64_t units, int64_t units_per_second, bool utc) {
    const int64_t per_micro = units_per_second / 1'000'000, micros = FloorDivide(units, per_micro);
    if (micros * per_micro != units) {
      throw nb::value_error(
          fmt::format("{}: nanoseconds do not fit Python's times; use to_arrow()", where_).c_str());
    }
    Put(DatetimeOf(micros, utc, where_));
  }
  void BeginArray() { open_.push_back({nb::list(), nb::object()}); }
  void Item() {}
  void EndArray() { Close(); }
  void BeginObject() { open_.push_back({nb::dict(), nb::object()}); }
  void Key(std::string_view name) {
    open_.back().key =
        Stolen(PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "strict"));
  }
  void EndObject() { Close(); }

 private:
  struct Level {
    nb::object container;
    nb::object key;  // Of a dict: the next value's.
  };

  void Put(nb::object value) {
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (Level& level = open_.back(); level.key.is_valid()) {
      level.container[level.key] = value;
    } else {
      nb::cast<nb::list>(level.container).append(value);
    }
  }
  void Close() {
    nb::object done = std::move(open_.back().container);
    open_.pop_back();
    Put(std::move(done));
  }

  const std::string& where_;
  std::vector<Level> open_;
  nb::object result_;
};

}  // namespace

nb::object VariantOf(std::string_view metadata, std::string_view value, const std::string& where) {
  PythonVariant sink(where);
  if (const Status walked = WalkVariant(metadata, value, sink); !walked.ok()) {
    throw nb::value_error(fmt::format("{}: {}", where, walked.error().message).c_str());
  }
  return sink.result();
}

}  // namespace lakehold::python
