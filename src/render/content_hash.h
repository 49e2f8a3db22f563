// ContentHash: one number for the rows of a table, whatever their order and batches: what
// `lakehold conformance` compares. Externally synchronized.
//
//   NULL ~ | boolean true false | integer digits | decimal without zeros at the end of its fraction
//   float, double: shortest text of the value as a double | string: JSON in ASCII | binary x hex
//   date D days | timestamp T microseconds since 1970 UTC [. three digits of nanoseconds]
//   list [a,b] | struct (name=value,...) by name | map {key:value,...} by key; a list of structs of
//   exactly key and value is one | variant V and variant_text.h; a struct of exactly the binary
//   fields metadata and value is one
// A row: NAME=VALUE of every column by name, joined by U+001F. The hash: SHA-256 of each row's text
// as a big-endian number, summed modulo 2^128.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "lakehold/arrow_abi.h"

namespace lakehold::render {

class ContentHash {
 public:
  // kUnsupported "render.type" names the column and type that has no canonical text.
  static Result<ContentHash> Open(const ArrowSchema& schema);
  ~ContentHash();
  ContentHash(ContentHash&&) noexcept;
  ContentHash& operator=(ContentHash&&) noexcept;

  // Batches are of the schema given; they are not released. kCorrupt "variant.damaged".
  Status Add(const ArrowArray& batch);
  int64_t rows() const { return rows_; }
  // 32 hexadecimal digits.
  std::string Hex() const;

 private:
  struct Columns;
  explicit ContentHash(std::unique_ptr<Columns> columns);

  std::unique_ptr<Columns> columns_;
  int64_t rows_ = 0;
  uint64_t high_ = 0, low_ = 0;
};

}  // namespace lakehold::render
