// The standard serialisation of a 32-bit Roaring bitmap, checked before anything trusts it. Pure
// functions.
//
//   cookie 12346: u32 cookie, u32 containers | cookie 12347: u16 cookie, u16 containers - 1, one
//   run bit a container per container: u16 key, u16 cardinality - 1      (keys strictly ascending)
//   u32 offset per container                         (always with 12346; with 12347 from four
//   containers on) containers: run: u16 n, n x (u16 start, u16 length - 1) | cardinality <= 4096:
//   sorted u16s | else 8192 bytes of bits
// All little-endian. Source: github.com/RoaringBitmap/RoaringFormatSpec.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace lakehold::delta {

// The bytes the bitmap at the front of `bytes` takes. kCorrupt "delta.bad_deletion_vector" unless
// every key, count, run and array is in order: CRoaring's own "safe" reader only guards the end of
// the buffer, and disorder breaks its searches.
Result<size_t> CheckRoaring(std::string_view bytes);

}  // namespace lakehold::delta
