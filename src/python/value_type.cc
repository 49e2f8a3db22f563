#include "python/value_type.h"

#include <algorithm>
#include <string>
#include <utility>

#include <datetime.h>
#include <fmt/format.h>
#include <nanobind/stl/string.h>

namespace lakehold::python {

namespace nb = nanobind;

namespace {

void ImportDatetime() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
}

[[noreturn]] void RaiseType(const std::string& where, const std::string& what) {
  throw nb::type_error(fmt::format("{}: {}", where, what).c_str());
}

bool IsDecimal(nb::handle value) {
  static PyObject* decimal =
      nb::object(nb::module_::import_("decimal").attr("Decimal")).release().ptr();
  return PyObject_IsInstance(value.ptr(), decimal) == 1;
}

ValueType DecimalType(nb::handle value, const std::string& where) {
  const nb::object parts = value.attr("as_tuple")();
  const nb::object exponent_object = parts.attr("exponent");
  if (!PyLong_Check(exponent_object.ptr()))
    RaiseType(where, "a decimal NaN or infinity has no place in a decimal column");
  const int digits = static_cast<int>(nb::len(nb::object(parts.attr("digits"))));
  const int exponent = nb::cast<int>(exponent_object);
  ValueType type;
  type.kind = ValueKind::kDecimal;
  type.fraction_digits = std::max(0, -exponent);
  type.integer_digits = std::max(0, digits + exponent);
  return type;
}

ValueType StructType(nb::handle value, const std::string& where) {
  ValueType type;
  type.kind = ValueKind::kStruct;
  for (const auto [key, child] : nb::borrow<nb::dict>(value)) {
    if (!PyUnicode_Check(key.ptr())) RaiseType(where, "the keys of a nested dict must be texts");
    type.names.push_back(nb::cast<std::string>(key));
    type.children.emplace_back();
    type.children.back().Widen(child, where + "." + type.names.back());
  }
  return type;
}

ValueType ListType(nb::handle value, const std::string& where) {
  ValueType type;
  type.kind = ValueKind::kList;
  type.children.emplace_back();
  for (const auto child : value) type.children.front().Widen(child, where);
  return type;
}

ValueType TypeOf(nb::handle value, const std::string& where) {
  ImportDatetime();
  PyObject* object = value.ptr();
  ValueType type;
  if (PyBool_Check(object)) {
    type.kind = ValueKind::kBoolean;
  } else if (PyLong_Check(object)) {
    type.kind = ValueKind::kInteger;
  } else if (PyFloat_Check(object)) {
    type.kind = ValueKind::kFloat;
  } else if (PyUnicode_Check(object)) {
    type.kind = ValueKind::kText;
  } else if (PyBytes_Check(object) || PyByteArray_Check(object)) {
    type.kind = ValueKind::kBinary;
  } else if (PyDateTime_Check(object)) {
    type.kind = value.attr("tzinfo").is_none() ? ValueKind::kTimestamp : ValueKind::kTimestampTz;
  } else if (PyDate_Check(object)) {
    type.kind = ValueKind::kDate;
  } else if (IsDecimal(value)) {
    type = DecimalType(value, where);
  } else if (PyDict_Check(object)) {
    type = StructType(value, where);
  } else if (PyList_Check(object) || PyTuple_Check(object)) {
    type = ListType(value, where);
  } else {
    RaiseType(where,
              fmt::format("a value of type {} has no place in a table", Py_TYPE(object)->tp_name));
  }
  return type;
}

bool Numbers(ValueKind a, ValueKind b) {
  auto number = [](ValueKind kind) {
    return kind == ValueKind::kInteger || kind == ValueKind::kFloat;
  };
  return number(a) && number(b);
}

void Merge(ValueType& into, ValueType other, const std::string& where) {
  if (into.kind == ValueKind::kNull) {
    into = std::move(other);
    return;
  }
  if (other.kind == ValueKind::kNull) return;
  if (into.kind != other.kind) {
    if (!Numbers(into.kind, other.kind)) {
      RaiseType(where,
                fmt::format("a {} among values of type {}", other.Describe(), into.Describe()));
    }
    into.kind = ValueKind::kFloat;
    return;
  }
  into.integer_digits = std::max(into.integer_digits, other.integer_digits);
  into.fraction_digits = std::max(into.fraction_digits, other.fraction_digits);
  if (into.kind == ValueKind::kList)
    Merge(into.children.front(), std::move(other.children.front()), where);
  if (into.kind != ValueKind::kStruct) return;
  for (size_t i = 0; i < other.names.size(); ++i) {
    const auto found = std::find(into.names.begin(), into.names.end(), other.names[i]);
    const auto at = static_cast<size_t>(found - into.names.begin());
    if (found == into.names.end()) {
      into.names.push_back(other.names[i]);
      into.children.emplace_back();
    }
    Merge(into.children[at], std::move(other.children[i]), where + "." + other.names[i]);
  }
}

}  // namespace

nb::object PlainValue(nb::handle value) {
  PyObject* object = value.ptr();
  const bool plain = value.is_none() || PyBool_Check(object) || PyLong_Check(object) ||
                     PyFloat_Check(object) || PyUnicode_Check(object) || PyBytes_Check(object) ||
                     PyDict_Check(object) || PyList_Check(object);
  if (plain) return nb::borrow(value);
  // pandas.NaT and pandas.NA are missing values, whatever type they claim to be.
  const std::string_view type = Py_TYPE(object)->tp_name;
  if (type == "NaTType" || type == "NAType") return nb::none();
  if (nb::hasattr(value, "item") && nb::hasattr(value, "dtype")) return value.attr("item")();
  return nb::borrow(value);
}

void ValueType::Widen(nb::handle value, const std::string& where) {
  const nb::object plain = PlainValue(value);
  if (plain.is_none()) return;
  Merge(*this, TypeOf(plain, where), where);
}

std::string ValueType::Describe() const {
  switch (kind) {
    case ValueKind::kNull:
      return "nothing";
    case ValueKind::kBoolean:
      return "boolean";
    case ValueKind::kInteger:
      return "integer";
    case ValueKind::kFloat:
      return "float";
    case ValueKind::kDecimal:
      return "decimal";
    case ValueKind::kText:
      return "text";
    case ValueKind::kBinary:
      return "bytes";
    case ValueKind::kDate:
      return "date";
    case ValueKind::kTimestamp:
      return "naive datetime";
    case ValueKind::kTimestampTz:
      return "aware datetime";
    case ValueKind::kList:
      return "list";
    case ValueKind::kStruct:
      return "dict";
  }
  return "value";
}

std::string ValueType::Format() const {
  switch (kind) {
    case ValueKind::kNull:
      return "n";
    case ValueKind::kBoolean:
      return "b";
    case ValueKind::kInteger:
      return "l";
    case ValueKind::kFloat:
      return "g";
    case ValueKind::kDecimal:
      return fmt::format("d:{},{}", std::max(1, integer_digits + fraction_digits), fraction_digits);
    case ValueKind::kText:
      return "U";
    case ValueKind::kBinary:
      return "Z";
    case ValueKind::kDate:
      return "tdD";
    case ValueKind::kTimestamp:
      return "tsu:";
    case ValueKind::kTimestampTz:
      return "tsu:UTC";
    case ValueKind::kList:
      return "+L";
    case ValueKind::kStruct:
      return "+s";
  }
  return "n";
}

}  // namespace lakehold::python
