#include "python/records.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "lakehold/arrow_abi.h"
#include "python/array_builder.h"
#include "python/pulled_stream.h"
#include "python/value_type.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

// A piece of an iterator of dicts: so many rows, or about so many bytes of text in them.
constexpr size_t kPieceRows = 10'000;
constexpr size_t kPieceBytes = 8UL << 20;

void CheckIsDict(nb::handle item, const std::string& where) {
  if (PyDict_Check(item.ptr())) return;
  throw nb::type_error(
      fmt::format("{}: expected a dict, not {}", where, Py_TYPE(item.ptr())->tp_name).c_str());
}

// One batch, made already.
class OneBatch final : public BatchMaker {
 public:
  OneBatch(ValueType type, ArrayBuilder& builder) : type_(std::move(type)) {
    builder.Finish(&array_);
  }
  ~OneBatch() override {
    if (array_.release != nullptr) array_.release(&array_);
  }
  void Schema(ArrowSchema* out) override { FillSchema(type_, "", out); }
  bool Next(ArrowArray* out) override {
    *out = std::exchange(array_, ArrowArray{});
    return out->release != nullptr;
  }

 private:
  ValueType type_;
  ArrowArray array_{};
};

// Bytes of the texts in a row, so far as they are easy to see.
size_t TextBytes(nb::handle row) {
  size_t bytes = 0;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(row.ptr(), &position, nullptr, &value) != 0) {
    if (PyUnicode_Check(value)) bytes += static_cast<size_t>(PyUnicode_GET_LENGTH(value));
    if (PyBytes_Check(value)) bytes += static_cast<size_t>(PyBytes_GET_SIZE(value));
  }
  return bytes;
}

// A batch for each piece of an iterator.
class Pieces final : public BatchMaker {
 public:
  Pieces(nb::object records, std::optional<ValueType> hint, std::vector<std::string> added,
         size_t piece_rows)
      : records_(nb::iter(records)),
        hint_(std::move(hint)),
        added_(std::move(added)),
        piece_rows_(piece_rows) {}

  void Schema(ArrowSchema* out) override {
    ReadFirst();
    FillSchema(type_, "", out);
  }

  bool Next(ArrowArray* out) override {
    ReadFirst();
    if (rows_.size() == 0) Read();
    if (rows_.size() == 0) return false;
    CheckFits();
    ArrayBuilder builder(type_);
    size_t row = first_row_;
    for (const auto item : rows_) builder.Append(item, fmt::format("row {}", row++));
    builder.Finish(out);
    first_row_ = row;
    rows_ = nb::list();
    return true;
  }

 private:
  void Read() {
    size_t bytes = 0;
    while (rows_.size() < piece_rows_ && bytes < kPieceBytes) {
      PyObject* next = PyIter_Next(records_.ptr());
      if (next == nullptr) {
        if (PyErr_Occurred() != nullptr) throw nb::python_error();
        return;
      }
      const nb::object row = nb::steal(next);
      CheckIsDict(row, fmt::format("row {}", first_row_ + rows_.size()));
      bytes += TextBytes(row);
      rows_.append(row);
    }
  }

  void ReadFirst() {
    if (type_.kind == ValueKind::kStruct) return;
    Read();
    type_.kind = ValueKind::kStruct;
    size_t row = 0;
    for (const auto item : rows_) type_.Widen(item, fmt::format("row {}", row++));
    if (hint_) type_.Adopt(*hint_, added_);
    fixed_rows_ = rows_.size();
  }

  void CheckFits() const {
    ValueType type = type_;
    size_t row = first_row_;
    for (const auto item : rows_) type.Widen(item, fmt::format("row {}", row++));
    if (type == type_) return;
    // Some row does not fit: which?
    row = first_row_;
    type = type_;
    for (const auto item : rows_) {
      type.Widen(item, fmt::format("row {}", row));
      if (type != type_) break;
      ++row;
    }
    throw nb::type_error(
        fmt::format("row {}: {}; the first {} rows fixed the columns and their types: give "
                    "schema=, such as {{\"{}\": \"DOUBLE\"}}, or pass a list",
                    row, type.DifferenceFrom(type_), fixed_rows_, type.FirstDifference(type_))
            .c_str());
  }

  nb::object records_;
  std::optional<ValueType> hint_;
  std::vector<std::string> added_;
  size_t piece_rows_;
  ValueType type_;
  nb::list rows_;  // Read and not yet given.
  size_t first_row_ = 0;
  size_t fixed_rows_ = 0;
};

nb::object BatchOf(const ValueType& type, ArrayBuilder& builder) {
  return CapsuleOf(std::make_unique<OneBatch>(type, builder));
}

}  // namespace

nb::object StreamOfRows(nb::list rows) {
  ValueType type;
  type.kind = ValueKind::kStruct;
  size_t row = 0;
  for (const auto item : rows) {
    const std::string where = fmt::format("row {}", row++);
    CheckIsDict(item, where);
    type.Widen(item, where);
  }
  ArrayBuilder builder(type);
  row = 0;
  for (const auto item : rows) builder.Append(item, fmt::format("row {}", row++));
  return BatchOf(type, builder);
}

nb::object StreamOfColumns(nb::dict columns) {
  ValueType type;
  type.kind = ValueKind::kStruct;
  size_t length = 0;
  for (const auto [name, values] : columns) {
    const size_t size = nb::len(values);
    if (!type.names.empty() && size != length) {
      throw nb::value_error(fmt::format("column {}: {} values, the columns before have {}",
                                        nb::cast<std::string>(name), size, length)
                                .c_str());
    }
    length = size;
    type.names.push_back(nb::cast<std::string>(name));
    type.children.emplace_back();
    size_t row = 0;
    for (const auto value : values) {
      type.children.back().Widen(value, fmt::format("column {}, row {}", type.names.back(), row++));
    }
  }
  nb::list rows;
  for (size_t row = 0; row < length; ++row) {
    nb::dict record;
    for (const auto [name, values] : columns) record[name] = values[nb::int_(row)];
    rows.append(record);
  }
  ArrayBuilder builder(type);
  size_t row = 0;
  for (const auto record : rows) builder.Append(record, fmt::format("row {}", row++));
  return BatchOf(type, builder);
}

nb::object StreamOfRecords(nb::object records, nb::object hint, std::vector<std::string> added,
                           size_t piece_rows) {
  std::optional<ValueType> type;
  if (!hint.is_none()) {
    auto* schema = static_cast<ArrowSchema*>(PyCapsule_GetPointer(hint.ptr(), "arrow_schema"));
    if (schema == nullptr) throw nb::python_error();
    type = TypeOfSchema(*schema);
  }
  return CapsuleOf(
      std::make_unique<Pieces>(std::move(records), std::move(type), std::move(added), piece_rows));
}

void BindRecords(nb::module_& module) {
  module.def("stream_of_rows", &StreamOfRows);
  module.def("stream_of_columns", &StreamOfColumns);
  module.def("stream_of_records", &StreamOfRecords, nb::arg("records"), nb::arg("hint").none(),
             nb::arg("added"), nb::arg("piece_rows") = kPieceRows);
  module.def("stream_of_streams", &StreamOfStreams);
}

}  // namespace lakehold::python
