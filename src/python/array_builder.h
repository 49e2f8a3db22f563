// ArrayBuilder: Python values, one after another, become an Arrow array of a known type. Needs the
// GIL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>

#include "lakehold/arrow_abi.h"
#include "python/value_type.h"

namespace lakehold::python {

class ArrayBuilder {
 public:
  explicit ArrayBuilder(ValueType type);

  // `value` fits the type (ValueType::Widen has seen it) or is None. Raises OverflowError for
  // integers beyond 64 bits.
  void Append(nanobind::handle value, const std::string& where);
  int64_t length() const { return length_; }
  // Hands the array out; the builder is empty afterwards.
  void Finish(ArrowArray* out);

 private:
  void AppendValid(nanobind::handle value, const std::string& where);
  void AppendNull();
  void AppendBytes(const char* data, size_t size);
  template <typename T>
  void AppendFixed(T value);

  ValueType type_;
  int64_t length_ = 0;
  int64_t null_count_ = 0;
  std::vector<uint8_t> validity_;  // One bit a value.
  std::vector<uint8_t> values_;    // Fixed-width values, bits of booleans, or bytes of texts.
  std::vector<int64_t> offsets_;   // Texts, bytes and lists.
  std::vector<ArrayBuilder> children_;
};

// The schema of a type, under a name.
void FillSchema(const ValueType& type, const std::string& name, ArrowSchema* out);

}  // namespace lakehold::python
