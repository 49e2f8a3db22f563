#include "python/records.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "lakehold/arrow_abi.h"
#include "python/array_builder.h"
#include "python/value_type.h"

namespace lakehold::python {

namespace nb = nanobind;

namespace {

// A stream of one batch that is made already.
struct OneBatch {
  ArrowSchema schema{};
  ArrowArray array{};
  ~OneBatch() {
    if (schema.release != nullptr) schema.release(&schema);
    if (array.release != nullptr) array.release(&array);
  }
};

int GiveSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto& batch = *static_cast<OneBatch*>(stream->private_data);
  *out = batch.schema;
  batch.schema.release = nullptr;
  return out->release != nullptr ? 0 : 22;  // EINVAL: the schema was taken before.
}
int GiveBatch(ArrowArrayStream* stream, ArrowArray* out) {
  auto& batch = *static_cast<OneBatch*>(stream->private_data);
  *out = batch.array;
  batch.array = {};
  return 0;
}
const char* GiveError(ArrowArrayStream*) { return "the schema of this stream was taken before"; }
void ReleaseStream(ArrowArrayStream* stream) {
  delete static_cast<OneBatch*>(stream->private_data);
  stream->release = nullptr;
}
void ReleaseCapsule(PyObject* capsule) {
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
  if (stream == nullptr) return;
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

nb::object CapsuleOf(const ValueType& type, ArrayBuilder& builder) {
  auto batch = std::make_unique<OneBatch>();
  FillSchema(type, "", &batch->schema);
  builder.Finish(&batch->array);
  auto stream = std::make_unique<ArrowArrayStream>(
      ArrowArrayStream{GiveSchema, GiveBatch, GiveError, ReleaseStream, batch.release()});
  PyObject* capsule = PyCapsule_New(stream.get(), "arrow_array_stream", ReleaseCapsule);
  if (capsule == nullptr) throw nb::python_error();
  (void)stream.release();
  return nb::steal(capsule);
}

}  // namespace

nb::object StreamOfRows(nb::list rows) {
  ValueType type;
  type.kind = ValueKind::kStruct;
  size_t row = 0;
  for (const auto item : rows) {
    const std::string where = fmt::format("row {}", row++);
    if (!PyDict_Check(item.ptr())) {
      throw nb::type_error(
          fmt::format("{}: expected a dict, not {}", where, Py_TYPE(item.ptr())->tp_name).c_str());
    }
    type.Widen(item, where);
  }
  ArrayBuilder builder(type);
  row = 0;
  for (const auto item : rows) builder.Append(item, fmt::format("row {}", row++));
  return CapsuleOf(type, builder);
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
  return CapsuleOf(type, builder);
}

void BindRecords(nb::module_& module) {
  module.def("stream_of_rows", &StreamOfRows);
  module.def("stream_of_columns", &StreamOfColumns);
}

}  // namespace lakehold::python
