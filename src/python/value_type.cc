#include "python/value_type.h"

#include <algorithm>
#include <cstdio>
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
              fmt::format("a value of type {} has no place in a table; make it a text: str(value)",
                          Py_TYPE(object)->tp_name));
  }
  return type;
}

bool Numbers(ValueKind a, ValueKind b) {
  auto number = [](ValueKind kind) {
    return kind == ValueKind::kInteger || kind == ValueKind::kFloat;
  };
  return number(a) && number(b);
}

// Where the field is; it is added if it is new.
size_t AddField(ValueType& type, const std::string& name) {
  const auto found = std::find(type.names.begin(), type.names.end(), name);
  const auto at = static_cast<size_t>(found - type.names.begin());
  if (found == type.names.end()) {
    type.names.push_back(name);
    type.children.emplace_back();
  }
  return at;
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
    const size_t at = AddField(into, other.names[i]);
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

void ValueType::Adopt(const ValueType& hint, const std::vector<std::string>& added) {
  if (kind == ValueKind::kNull) {
    *this = hint;
    return;
  }
  if (kind == ValueKind::kInteger && hint.kind == ValueKind::kFloat) kind = ValueKind::kFloat;
  if (kind != hint.kind) return;
  integer_digits = std::max(integer_digits, hint.integer_digits);
  fraction_digits = std::max(fraction_digits, hint.fraction_digits);
  if (kind == ValueKind::kList) children.front().Adopt(hint.children.front(), {});
  for (size_t i = 0; i < hint.names.size(); ++i) {
    const auto& name = hint.names[i];
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known && std::find(added.begin(), added.end(), name) == added.end()) continue;
    children[AddField(*this, name)].Adopt(hint.children[i], {});
  }
}

std::string ValueType::FirstDifference(const ValueType& before) const {
  if (kind == ValueKind::kList && before.kind == kind)
    return children.front().FirstDifference(before.children.front());
  if (kind != ValueKind::kStruct || before.kind != kind) return {};
  for (size_t i = 0; i < names.size(); ++i) {
    if (i >= before.names.size()) return names[i];
    if (children[i] == before.children[i]) continue;
    const std::string below = children[i].FirstDifference(before.children[i]);
    return below.empty() ? names[i] : names[i] + "." + below;
  }
  return {};
}

std::string ValueType::DifferenceFrom(const ValueType& before) const {
  const std::string name = FirstDifference(before);
  const std::string top = name.substr(0, name.find('.'));
  const auto found = std::find(before.names.begin(), before.names.end(), top);
  if (found == before.names.end()) return fmt::format("column \"{}\" is new", name);
  const auto at = static_cast<size_t>(found - before.names.begin());
  if (name != top) return fmt::format("column \"{}\" has another shape", name);
  return fmt::format("column \"{}\" is {}, was {}", name, children[at].Describe(),
                     before.children[at].Describe());
}

ValueType TypeOfSchema(const ArrowSchema& schema) {
  ValueType type;
  const std::string_view format = schema.format;
  const auto is = [&](std::string_view formats) {
    return format.size() == 1 && formats.find(format[0]) != std::string_view::npos;
  };
  if (schema.dictionary != nullptr) return type;
  if (is("b")) type.kind = ValueKind::kBoolean;
  if (is("csilCSIL")) type.kind = ValueKind::kInteger;
  if (is("fg")) type.kind = ValueKind::kFloat;
  if (is("uU") || format == "vu") type.kind = ValueKind::kText;
  if (is("zZ") || format == "vz") type.kind = ValueKind::kBinary;
  if (format == "tdD") type.kind = ValueKind::kDate;
  if (format.starts_with("ts"))
    type.kind = format.size() > 4 ? ValueKind::kTimestampTz : ValueKind::kTimestamp;
  if (format.starts_with("d:")) {
    int precision = 0;
    int scale = 0;
    if (std::sscanf(schema.format, "d:%d,%d", &precision, &scale) != 2) return type;
    type.kind = ValueKind::kDecimal;
    type.integer_digits = precision - scale;
    type.fraction_digits = scale;
  }
  if (format == "+l" || format == "+L" || format == "+vl") {
    type.kind = ValueKind::kList;
    type.children.push_back(TypeOfSchema(*schema.children[0]));
  }
  if (format != "+s") return type;
  type.kind = ValueKind::kStruct;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    type.names.emplace_back(schema.children[i]->name);
    type.children.push_back(TypeOfSchema(*schema.children[i]));
  }
  return type;
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
