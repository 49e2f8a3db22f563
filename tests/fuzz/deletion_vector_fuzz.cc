// Deletion vectors: serialised bitmaps, z85, and the files and texts descriptors name. The first
// byte tells what the rest is.
#include <algorithm>

#include "delta/deletion_vector.h"
#include "delta/log_bench.h"
#include "fuzz/fuzz_target.h"

namespace lakehold::fuzz {
namespace {

using Vector = std::shared_ptr<const delta::DeletionVector>;

void CheckVector(const Vector& vector) {
  const std::string bytes = vector->Encode();
  const auto again = delta::DeletionVector::Decode(bytes);
  Require(again.ok(), "what is written is read");
  Require((*again)->cardinality() == vector->cardinality(), "no row is lost");
  Require((*again)->Encode() == bytes, "one set of rows has one text");
  constexpr size_t kRows = 4096;
  std::vector<uint32_t> kept(kRows);
  const size_t count = vector->SelectKept(0, kept);
  Require(count <= kRows, "as many rows are kept as are told");
  kept.resize(count < kRows ? count : 0);
  std::vector<bool> is_kept(kRows, count == kRows);
  for (const uint32_t row : kept) is_kept[row] = true;
  uint64_t deleted = 0;
  for (size_t row = 0; row < kRows; ++row) {
    Require(vector->Contains(row) != is_kept[row], "a row is kept or deleted");
    Require((*again)->Contains(row) == vector->Contains(row), "each row is read as it was");
    deleted += vector->Contains(row) ? 1 : 0;
  }
  Require(deleted == kRows - count && deleted <= vector->cardinality(), "deleted rows are counted");
}

void CheckZ85(std::string_view text) {
  const auto bytes = delta::DecodeZ85(text);
  if (bytes.ok())
    Require(delta::EncodeZ85(*bytes) == text,
            "one run of bytes has one text: " + std::string(text));
  std::string padded(text);
  padded.resize((padded.size() + 3) / 4 * 4);
  const auto back = delta::DecodeZ85(delta::EncodeZ85(padded));
  Require(back.ok() && *back == padded, "what is written is read as the same");
}

void CheckLoad(const delta::DeletionVectorDescriptor& descriptor, std::string_view file) {
  delta::LogBench bench;
  const auto key = delta::DeletionVectorKey(descriptor);
  if (descriptor.storage_type == "u" && key.ok())
    (void)storage::PutIfAbsent(*bench.store, bench.root.KeyOf(*key), AsBytes(file));
  const auto vector = delta::DeletionVector::Load(bench.root, descriptor);
  if (!vector.ok()) return;
  Require((*vector)->cardinality() == static_cast<uint64_t>(descriptor.cardinality),
          "the descriptor's cardinality is checked");
  CheckVector(*vector);
}

int64_t CardinalityOf(std::string_view bytes) {
  const auto vector = delta::DeletionVector::Decode(bytes);
  return vector.ok() ? static_cast<int64_t>((*vector)->cardinality()) : 1;
}

}  // namespace

void FuzzDeletionVector(std::string_view input) {
  const int mode = TakeByte(input) % 4;
  if (mode == 0) {
    const auto vector = delta::DeletionVector::Decode(input);
    if (vector.ok()) CheckVector(*vector);
    return;
  }
  if (mode == 1) return CheckZ85(input);
  delta::DeletionVectorDescriptor descriptor;
  if (mode == 2) {
    descriptor.storage_type = "i";
    descriptor.path_or_inline = input;
    const auto bytes = delta::DecodeZ85(input);
    descriptor.size_bytes = static_cast<int32_t>(bytes.ok() ? bytes->size() : 4);
    descriptor.cardinality = CardinalityOf(bytes.ok() ? *bytes : std::string());
    return CheckLoad(descriptor, {});
  }
  // A file: version, size, bitmap, checksum; the offset and size the descriptor claims.
  descriptor.storage_type = "u";
  descriptor.path_or_inline = "ab^-aqEH.-t@S}K{vb[*k^";
  descriptor.offset = static_cast<int8_t>(TakeByte(input));
  descriptor.size_bytes = TakeByte(input);
  const size_t begin = static_cast<size_t>(std::max(0, *descriptor.offset)) + 4;
  descriptor.cardinality = CardinalityOf(
      input.size() > begin ? input.substr(begin, static_cast<size_t>(descriptor.size_bytes)) : "");
  CheckLoad(descriptor, input);
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzDeletionVector)
