// PrintRows: the rows of a statement on stdout, read from its Arrow stream. What the examples
// share.
//
// Understands the Arrow formats l (BIGINT), i (INTEGER), g (DOUBLE) and u (VARCHAR); others print
// as "?".
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include <lakehold/lake.h>

// The value, or the end of the program with the error's message.
template <typename T>
T Must(lakehold::Result<T> result) {
  if (!result.ok()) {
    std::cerr << result.error().ToString() << "\n";
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

inline void PrintCell(const ArrowSchema& type, const ArrowArray& column, int64_t row) {
  const int64_t at = row + column.offset;
  const auto* valid = static_cast<const uint8_t*>(column.buffers[0]);
  const std::string_view format = type.format;
  if (valid != nullptr && (valid[at / 8] >> (at % 8) & 1) == 0) {
    std::cout << "NULL";
  } else if (format == "l") {
    std::cout << static_cast<const int64_t*>(column.buffers[1])[at];
  } else if (format == "i") {
    std::cout << static_cast<const int32_t*>(column.buffers[1])[at];
  } else if (format == "g") {
    std::cout << static_cast<const double*>(column.buffers[1])[at];
  } else if (format == "u") {
    const auto* ends = static_cast<const int32_t*>(column.buffers[1]);
    const auto* text = static_cast<const char*>(column.buffers[2]);
    std::cout << std::string_view(text + ends[at], static_cast<size_t>(ends[at + 1] - ends[at]));
  } else {
    std::cout << "?";
  }
}

inline void PrintRows(lakehold::Rows rows) {
  ArrowArrayStream stream{};
  Must(rows.Open(&stream));
  ArrowSchema schema{};
  ArrowArray batch{};
  if (stream.get_schema(&stream, &schema) != 0) std::exit(1);
  while (stream.get_next(&stream, &batch) == 0 && batch.release != nullptr) {
    for (int64_t row = 0; row < batch.length; ++row) {
      for (int64_t i = 0; i < batch.n_children; ++i) {
        if (i > 0) std::cout << "  ";
        PrintCell(*schema.children[i], *batch.children[i], row);
      }
      std::cout << "\n";
    }
    batch.release(&batch);
  }
  // A stream ends with an empty batch, or with an error that it tells.
  if (const char* error = stream.get_last_error(&stream)) {
    std::cerr << error << "\n";
    std::exit(1);
  }
  schema.release(&schema);
  stream.release(&stream);
}
