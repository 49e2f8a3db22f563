#include "python/array_builder.h"

#include <cstring>
#include <utility>

#include <datetime.h>
#include <fmt/format.h>
#include <nanobind/stl/string.h>

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

void PushBit(std::vector<uint8_t>& bits, int64_t at, bool bit) {
  if (at % 8 == 0) bits.push_back(0);
  if (bit) bits.back() = static_cast<uint8_t>(bits.back() | (1U << (at % 8)));
}

// Days since 1970-01-01 in the proleptic Gregorian calendar.
int64_t DaysOf(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

int64_t DaysOf(PyObject* date) {
  return DaysOf(PyDateTime_GET_YEAR(date), PyDateTime_GET_MONTH(date), PyDateTime_GET_DAY(date));
}

int64_t MicrosOf(nb::handle moment) {
  PyObject* object = moment.ptr();
  const int64_t seconds = ((DaysOf(object) * 24 + PyDateTime_DATE_GET_HOUR(object)) * 60 +
                           PyDateTime_DATE_GET_MINUTE(object)) *
                              60 +
                          PyDateTime_DATE_GET_SECOND(object);
  int64_t micros = seconds * kMicrosPerSecond + PyDateTime_DATE_GET_MICROSECOND(object);
  const nb::object offset = moment.attr("utcoffset")();
  if (!offset.is_none()) {
    micros -= (PyDateTime_DELTA_GET_DAYS(offset.ptr()) * int64_t{86'400} +
               PyDateTime_DELTA_GET_SECONDS(offset.ptr())) *
                  kMicrosPerSecond +
              PyDateTime_DELTA_GET_MICROSECONDS(offset.ptr());
  }
  return micros;
}

__int128 UnscaledOf(nb::handle decimal, int scale, const std::string& where) {
  const nb::object parts = decimal.attr("as_tuple")();
  const int exponent = nb::cast<int>(parts.attr("exponent"));
  __int128 unscaled = 0;
  int digits = 0;
  for (const auto digit : parts.attr("digits")) {
    unscaled = unscaled * 10 + nb::cast<int>(digit);
    digits += digits > 0 || unscaled != 0 ? 1 : 0;
  }
  for (int i = 0; i < exponent + scale; ++i, ++digits) unscaled *= 10;
  if (digits > 38)
    throw nb::value_error(fmt::format("{}: a decimal of more than 38 digits", where).c_str());
  return nb::cast<int>(parts.attr("sign")) != 0 ? -unscaled : unscaled;
}

// An integer among floats that is none of them would be rounded without a word.
double ExactDouble(PyObject* number, const std::string& where) {
  const double value = PyFloat_AsDouble(number);
  const bool overflown = value == -1.0 && PyErr_Occurred() != nullptr;
  if (overflown) PyErr_Clear();
  if (!PyLong_Check(number)) return value;
  if (!overflown) {
    const nb::object back = nb::steal(PyLong_FromDouble(value));
    if (PyObject_RichCompareBool(back.ptr(), number, Py_EQ) == 1) return value;
  }
  throw nb::value_error(fmt::format("{}: the integer {} among floats has no exact float", where,
                                    nb::cast<std::string>(nb::str(nb::handle(number))))
                            .c_str());
}

// What a finished array owns.
struct ArrayMemory {
  std::vector<uint8_t> validity;
  std::vector<uint8_t> values;
  std::vector<int64_t> offsets;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
};

void ReleaseArray(ArrowArray* array) {
  auto* memory = static_cast<ArrayMemory*>(array->private_data);
  for (auto& child : memory->children) {
    if (child.release != nullptr) child.release(&child);
  }
  delete memory;
  array->release = nullptr;
}

struct SchemaMemory {
  std::string format;
  std::string name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
};

void ReleaseSchema(ArrowSchema* schema) {
  auto* memory = static_cast<SchemaMemory*>(schema->private_data);
  for (auto& child : memory->children) {
    if (child.release != nullptr) child.release(&child);
  }
  delete memory;
  schema->release = nullptr;
}

}  // namespace

ArrayBuilder::ArrayBuilder(ValueType type) : type_(std::move(type)) {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  const bool sized = type_.kind == ValueKind::kText || type_.kind == ValueKind::kBinary ||
                     type_.kind == ValueKind::kList;
  if (sized) offsets_.push_back(0);
  for (const auto& child : type_.children) children_.emplace_back(child);
}

void ArrayBuilder::Append(nb::handle value, const std::string& where) {
  const nb::object plain = PlainValue(value);
  const bool valid = !plain.is_none();
  PushBit(validity_, length_, valid);
  if (valid) {
    AppendValid(plain, where);
  } else {
    AppendNull();
  }
  ++length_;
}

template <typename T>
void ArrayBuilder::AppendFixed(T value) {
  const size_t at = values_.size();
  values_.resize(at + sizeof(T));
  std::memcpy(values_.data() + at, &value, sizeof(T));
}

void ArrayBuilder::AppendBytes(const char* data, size_t size) {
  values_.insert(values_.end(), data, data + size);
  offsets_.push_back(static_cast<int64_t>(values_.size()));
}

void ArrayBuilder::AppendNull() {
  ++null_count_;
  switch (type_.kind) {
    case ValueKind::kNull:
      return;
    case ValueKind::kBoolean:
      return PushBit(values_, length_, false);
    case ValueKind::kDate:
      return AppendFixed<int32_t>(0);
    case ValueKind::kDecimal:
      return AppendFixed<__int128>(0);
    case ValueKind::kText:
    case ValueKind::kBinary:
      return AppendBytes("", 0);
    case ValueKind::kList:
      return offsets_.push_back(offsets_.back());
    case ValueKind::kStruct:
      for (auto& child : children_) child.Append(nb::none(), "");
      return;
    default:
      return AppendFixed<int64_t>(0);
  }
}

void ArrayBuilder::AppendValid(nb::handle value, const std::string& where) {
  PyObject* object = value.ptr();
  switch (type_.kind) {
    case ValueKind::kNull:
      return;
    case ValueKind::kBoolean:
      return PushBit(values_, length_, object == Py_True);
    case ValueKind::kInteger: {
      const long long number = PyLong_AsLongLong(object);
      if (number == -1 && PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        throw nb::value_error(
            fmt::format("{}: an integer beyond 64 bits; use decimal.Decimal", where).c_str());
      }
      return AppendFixed<int64_t>(number);
    }
    case ValueKind::kFloat:
      return AppendFixed<double>(ExactDouble(object, where));
    case ValueKind::kDecimal:
      return AppendFixed<__int128>(UnscaledOf(value, type_.fraction_digits, where));
    case ValueKind::kText: {
      Py_ssize_t size = 0;
      const char* text = PyUnicode_AsUTF8AndSize(object, &size);
      if (text == nullptr) throw nb::python_error();
      return AppendBytes(text, static_cast<size_t>(size));
    }
    case ValueKind::kBinary: {
      const nb::bytes bytes = nb::borrow<nb::bytes>(
          PyBytes_Check(object) ? nb::borrow(value) : nb::steal(PyBytes_FromObject(object)));
      return AppendBytes(bytes.c_str(), bytes.size());
    }
    case ValueKind::kDate:
      return AppendFixed<int32_t>(static_cast<int32_t>(DaysOf(object)));
    case ValueKind::kTimestamp:
    case ValueKind::kTimestampTz:
      return AppendFixed<int64_t>(MicrosOf(value));
    case ValueKind::kList:
      for (const auto child : value) children_.front().Append(child, where);
      return offsets_.push_back(children_.front().length());
    case ValueKind::kStruct:
      for (size_t i = 0; i < children_.size(); ++i) {
        PyObject* child = PyDict_GetItemString(object, type_.names[i].c_str());
        children_[i].Append(child != nullptr ? nb::handle(child) : nb::none(), where);
      }
      return;
  }
}

void ArrayBuilder::Finish(ArrowArray* out) {
  auto memory = std::make_unique<ArrayMemory>();
  memory->validity = std::move(validity_);
  memory->values = std::move(values_);
  memory->offsets = std::move(offsets_);
  // A buffer may not be null where the layout has one.
  memory->values.reserve(1);
  memory->validity.reserve(1);
  const bool has_values = type_.kind != ValueKind::kNull && type_.kind != ValueKind::kStruct &&
                          type_.kind != ValueKind::kList;
  if (type_.kind != ValueKind::kNull) memory->buffers.push_back(memory->validity.data());
  if (!memory->offsets.empty()) memory->buffers.push_back(memory->offsets.data());
  if (has_values) memory->buffers.push_back(memory->values.data());
  memory->children.resize(children_.size());
  for (size_t i = 0; i < children_.size(); ++i) {
    children_[i].Finish(&memory->children[i]);
    memory->child_pointers.push_back(&memory->children[i]);
  }
  *out = {};
  out->length = length_;
  out->null_count = type_.kind == ValueKind::kNull ? length_ : null_count_;
  out->n_buffers = static_cast<int64_t>(memory->buffers.size());
  out->buffers = memory->buffers.data();
  out->n_children = static_cast<int64_t>(memory->children.size());
  out->children = memory->child_pointers.data();
  out->release = ReleaseArray;
  out->private_data = memory.release();
}

void FillSchema(const ValueType& type, const std::string& name, ArrowSchema* out) {
  auto memory = std::make_unique<SchemaMemory>();
  memory->format = type.Format();
  memory->name = name;
  memory->children.resize(type.children.size());
  for (size_t i = 0; i < type.children.size(); ++i) {
    FillSchema(type.children[i], type.kind == ValueKind::kStruct ? type.names[i] : "element",
               &memory->children[i]);
    memory->child_pointers.push_back(&memory->children[i]);
  }
  *out = {};
  out->format = memory->format.c_str();
  out->name = memory->name.c_str();
  out->flags = ARROW_FLAG_NULLABLE;
  out->n_children = static_cast<int64_t>(memory->children.size());
  out->children = memory->child_pointers.data();
  out->release = ReleaseSchema;
  out->private_data = memory.release();
}

}  // namespace lakehold::python
