// DeletionVector: the rows of a file that no longer count. Immutable; its bytes are told in
// deletion_vector.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/table_root.h"

namespace lakehold::delta {

class DeletionVector {
 public:
  // Decodes the serialised bitmap (portable layout, and the old native one). kCorrupt
  // "delta.bad_deletion_vector".
  static Result<std::shared_ptr<const DeletionVector>> Decode(std::string_view bytes);
  // Reads the vector a descriptor names (inline, relative or absolute under the root) and checks
  // version, size, magic, CRC and cardinality.
  static Result<std::shared_ptr<const DeletionVector>> Load(
      const TableRoot& root, const DeletionVectorDescriptor& descriptor);
  static std::shared_ptr<const DeletionVector> FromRows(std::span<const uint64_t> rows);
  ~DeletionVector();

  uint64_t cardinality() const;
  // The highest deleted row; nothing if none is.
  std::optional<uint64_t> last_row() const;
  bool Contains(uint64_t row) const;
  // Fills the front of `kept` with the offsets, below its size, of rows start + offset that are NOT
  // deleted; returns how many. If none is deleted that is its size, and nothing is written. What
  // lies behind is clobbered.
  size_t SelectKept(uint64_t start, std::span<uint32_t> kept) const;
  // Writes the portable layout.
  std::string Encode() const;

 private:
  struct Bitmap;
  explicit DeletionVector(std::unique_ptr<Bitmap> bitmap);
  std::unique_ptr<Bitmap> bitmap_;
};

// z85, as the protocol uses it. kCorrupt "delta.bad_z85".
Result<std::string> DecodeZ85(std::string_view text);
std::string EncodeZ85(std::string_view bytes);  // Precondition: size is a multiple of 4.
// The key of the file a "u" descriptor names: "<prefix>/deletion_vector_<uuid>.bin" relative to the
// table.
Result<std::string> DeletionVectorKey(const DeletionVectorDescriptor& descriptor);

// How messages call a vector: "in '<file>' at 1", "given inline".
std::string NameOf(const DeletionVectorDescriptor& descriptor);

}  // namespace lakehold::delta
