// ArrowColumn: Arrow arrays built by hand, with their schema. Externally synchronized. Tests only.
//
//   auto batch = ArrowColumn::Struct({ArrowColumn::Fixed<int64_t>("l", "id", {1, std::nullopt})});
//   writer.Write(batch.array());
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lakehold/arrow_abi.h"

namespace lakehold::testing {

class ArrowColumn {
 public:
  template <typename T>
  static ArrowColumn Fixed(std::string format, std::string name,
                           const std::vector<std::optional<T>>& values) {
    ArrowColumn column(std::move(format), std::move(name), values.size());
    column.SetValidity(values);
    std::string& bytes = column.AddBuffer();
    for (const auto& value : values) {
      const T stored = value.value_or(T{});
      bytes.append(reinterpret_cast<const char*>(&stored), sizeof stored);
    }
    return column.Sealed();
  }

  static ArrowColumn Bool(std::string name, const std::vector<std::optional<bool>>& values) {
    ArrowColumn column("b", std::move(name), values.size());
    column.SetValidity(values);
    std::string& bits = column.AddBuffer();
    bits.assign(values.size() / 8 + 1, '\0');
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i].value_or(false)) bits[i / 8] = static_cast<char>(bits[i / 8] | 1 << i % 8);
    }
    return column.Sealed();
  }

  // "u" or "z" with Offset = int32_t, "U" or "Z" with int64_t.
  template <typename Offset = int32_t>
  static ArrowColumn Text(std::string format, std::string name,
                          const std::vector<std::optional<std::string>>& values) {
    ArrowColumn column(std::move(format), std::move(name), values.size());
    column.SetValidity(values);
    std::vector<Offset> offsets = {0};
    std::string all;
    for (const auto& value : values) {
      all += value.value_or("");
      offsets.push_back(static_cast<Offset>(all.size()));
    }
    column.AddBuffer().assign(reinterpret_cast<const char*>(offsets.data()),
                              offsets.size() * sizeof(Offset));
    column.AddBuffer() = std::move(all);
    return column.Sealed();
  }

  static ArrowColumn FixedBinary(std::string name, int width,
                                 const std::vector<std::optional<std::string>>& values) {
    ArrowColumn column("w:" + std::to_string(width), std::move(name), values.size());
    column.SetValidity(values);
    std::string& bytes = column.AddBuffer();
    for (const auto& value : values) bytes += value.value_or(std::string(width, '\0'));
    return column.Sealed();
  }

  static ArrowColumn Null(std::string name, size_t length) {
    return ArrowColumn("n", std::move(name), length).Sealed();
  }

  // Lists whose row i has the items [offsets[i], offsets[i + 1]); `valid` empty: all are there.
  template <typename Offset = int32_t>
  static ArrowColumn List(std::string format, std::string name, const std::vector<Offset>& offsets,
                          ArrowColumn item, const std::vector<bool>& valid = {}) {
    ArrowColumn column(std::move(format), std::move(name), offsets.size() - 1);
    column.SetValid(valid);
    column.AddBuffer().assign(reinterpret_cast<const char*>(offsets.data()),
                              offsets.size() * sizeof(Offset));
    column.parts_->children.push_back(std::move(item));
    return column.Sealed();
  }

  static ArrowColumn FixedList(std::string name, int width, size_t length, ArrowColumn item) {
    ArrowColumn column("+w:" + std::to_string(width), std::move(name), length);
    column.SetValid({});
    column.parts_->children.push_back(std::move(item));
    return column.Sealed();
  }

  static ArrowColumn Struct(std::vector<ArrowColumn> fields, std::string name = "",
                            const std::vector<bool>& valid = {}) {
    const size_t length = fields.empty() ? 0 : static_cast<size_t>(fields[0].array().length);
    ArrowColumn column("+s", std::move(name), length);
    column.SetValid(valid);
    column.parts_->children = std::move(fields);
    return column.Sealed();
  }

  static ArrowColumn Dictionary(ArrowColumn indices, ArrowColumn values) {
    indices.parts_->dictionary = std::make_unique<ArrowColumn>(std::move(values));
    return indices.Sealed();
  }

  // Rows [offset, offset + length) of this one, by its offset alone.
  ArrowColumn Sliced(int64_t offset, int64_t length) && {
    parts_->array.offset += offset;
    parts_->array.length = length;
    parts_->array.null_count = -1;
    return std::move(*this);
  }

  const ArrowSchema& schema() const { return parts_->schema; }
  const ArrowArray& array() const { return parts_->array; }

 private:
  struct Parts {
    std::string format;
    std::string name;
    std::vector<std::unique_ptr<std::string>> buffers;
    std::vector<const void*> buffer_pointers;
    std::vector<ArrowColumn> children;
    std::vector<ArrowSchema*> schema_pointers;
    std::vector<ArrowArray*> array_pointers;
    std::unique_ptr<ArrowColumn> dictionary;
    ArrowSchema schema{};
    ArrowArray array{};
  };

  ArrowColumn(std::string format, std::string name, size_t length)
      : parts_(std::make_unique<Parts>()) {
    parts_->format = std::move(format);
    parts_->name = std::move(name);
    parts_->array.length = static_cast<int64_t>(length);
  }

  std::string& AddBuffer() {
    parts_->buffers.push_back(std::make_unique<std::string>());
    return *parts_->buffers.back();
  }
  template <typename T>
  void SetValidity(const std::vector<std::optional<T>>& values) {
    std::vector<bool> valid;
    for (const auto& value : values) valid.push_back(value.has_value());
    SetValid(valid);
  }
  // No bitmap if all are there, as producers do.
  void SetValid(const std::vector<bool>& valid) {
    std::string bits(valid.size() / 8 + 1, '\0');
    bool all = true;
    for (size_t i = 0; i < valid.size(); ++i) {
      if (valid[i]) bits[i / 8] = static_cast<char>(bits[i / 8] | 1 << i % 8);
      all = all && valid[i];
    }
    if (all) {
      parts_->buffers.push_back(nullptr);
    } else {
      AddBuffer() = std::move(bits);
    }
  }

  ArrowColumn Sealed() {
    Parts& parts = *parts_;
    parts.buffer_pointers.clear();
    for (const auto& buffer : parts.buffers) {
      parts.buffer_pointers.push_back(buffer ? buffer->data() : nullptr);
    }
    for (auto& child : parts.children) {
      parts.schema_pointers.push_back(&child.parts_->schema);
      parts.array_pointers.push_back(&child.parts_->array);
    }
    parts.schema.format = parts.format.c_str();
    parts.schema.name = parts.name.c_str();
    parts.schema.flags = ARROW_FLAG_NULLABLE;
    parts.schema.n_children = static_cast<int64_t>(parts.children.size());
    parts.schema.children = parts.schema_pointers.data();
    parts.array.null_count = -1;
    parts.array.n_buffers = static_cast<int64_t>(parts.buffer_pointers.size());
    parts.array.buffers = parts.buffer_pointers.data();
    parts.array.n_children = parts.schema.n_children;
    parts.array.children = parts.array_pointers.data();
    if (parts.dictionary) {
      parts.schema.dictionary = &parts.dictionary->parts_->schema;
      parts.array.dictionary = &parts.dictionary->parts_->array;
    }
    return std::move(*this);
  }

  std::unique_ptr<Parts> parts_;
};

}  // namespace lakehold::testing
