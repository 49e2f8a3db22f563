// StreamSource: Arrow input for a statement or a write. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lakehold/arrow_abi.h"
#include "lakehold/result.h"

namespace lakehold {

// `open` gives a fresh stream; it is called once if `one_shot`, and as often as needed otherwise.
struct StreamSource {
  std::function<Status(ArrowArrayStream* out)> open;
  bool one_shot = true;
};

// How the data files of one write are made, where the properties of the table shall not decide.
struct FileOptions {
  std::string compression;   // "zstd", "snappy", "gzip", "brotli", "lz4_raw", "uncompressed".
  int64_t target_bytes = 0;  // Of a file: about so many, and one row group at least.
};

enum class WriteMode : uint8_t { kAppend, kOverwrite };

}  // namespace lakehold
