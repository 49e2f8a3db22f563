#include "render/arrow_body.h"

#include <bit>
#include <utility>

namespace lakehold::render {
namespace {

constexpr int64_t BytesOfBits(int64_t bits) { return (bits + 7) / 8; }

bool Bit(const uint8_t* bits, int64_t at) { return (bits[at >> 3] >> (at & 7) & 1) != 0; }

int64_t CountUnset(const uint8_t* bits, int64_t at, int64_t length) {
  int64_t set = 0;
  int64_t row = 0;
  for (; row < length && (at + row) % 8 != 0; ++row) set += Bit(bits, at + row) ? 1 : 0;
  for (; row + 8 <= length; row += 8) set += std::popcount(bits[(at + row) >> 3]);
  for (; row < length; ++row) set += Bit(bits, at + row) ? 1 : 0;
  return length - set;
}

// Bits [at, at + length) as bits [0, length).
std::string ShiftBits(const uint8_t* bits, int64_t at, int64_t length) {
  std::string shifted(static_cast<size_t>(BytesOfBits(length)), '\0');
  for (int64_t row = 0; row < length; ++row) {
    auto& byte = shifted[static_cast<size_t>(row >> 3)];
    if (Bit(bits, at + row)) byte = static_cast<char>(byte | 1 << (row & 7));
  }
  return shifted;
}

}  // namespace

ArrowBody::ArrowBody(const ArrowField& field, const ArrowArray& batch) {
  map_.rows = batch.length;
  for (size_t i = 0; i < field.children.size(); ++i) {
    Add(field.children[i], *batch.children[i], batch.offset, batch.length);
  }
}

void ArrowBody::Add(const ArrowField& field, const ArrowArray& array, int64_t first,
                    int64_t length) {
  const int64_t at = array.offset + first;
  AddValidity(field, array, at, length);
  switch (field.layout) {
    case ArrowLayout::kNull:
      return;
    case ArrowLayout::kBits:
      return AddBits(array.buffers[1], at, length);
    case ArrowLayout::kFixed: {
      const auto* bytes = static_cast<const char*>(array.buffers[1]);
      return AddPiece(bytes + (bytes ? at * field.width : 0), length * field.width);
    }
    case ArrowLayout::kText:
      return AddTexts<int32_t>(array, at, length);
    case ArrowLayout::kLargeText:
      return AddTexts<int64_t>(array, at, length);
    case ArrowLayout::kList:
      return AddLists<int32_t>(field, array, at, length);
    case ArrowLayout::kLargeList:
      return AddLists<int64_t>(field, array, at, length);
    case ArrowLayout::kFixedList:
      return Add(field.children[0], *array.children[0], at * field.width, length * field.width);
    case ArrowLayout::kStruct:
      for (size_t i = 0; i < field.children.size(); ++i) {
        Add(field.children[i], *array.children[i], at, length);
      }
  }
}

void ArrowBody::AddValidity(const ArrowField& field, const ArrowArray& array, int64_t at,
                            int64_t length) {
  if (field.layout == ArrowLayout::kNull) {
    map_.nodes.push_back({length, length});
    return;
  }
  const auto* bits = array.n_buffers > 0 ? static_cast<const uint8_t*>(array.buffers[0]) : nullptr;
  const bool none = bits == nullptr || array.null_count == 0;
  const int64_t nulls = none ? 0 : CountUnset(bits, at, length);
  map_.nodes.push_back({length, nulls});
  if (nulls == 0) {
    AddPiece(nullptr, 0);
  } else {
    AddBits(bits, at, length);
  }
}

template <typename Offset>
std::pair<Offset, Offset> ArrowBody::AddOffsets(const ArrowArray& array, int64_t at,
                                                int64_t length) {
  const auto* offsets = static_cast<const Offset*>(array.buffers[1]);
  const auto count = static_cast<size_t>(length) + 1;
  if (offsets != nullptr && length > 0 && offsets[at] == 0) {
    AddPiece(offsets + at, static_cast<int64_t>(count * sizeof(Offset)));
    return {0, offsets[at + length]};
  }
  std::string& made = made_.emplace_back(count * sizeof(Offset), '\0');
  auto* out = reinterpret_cast<Offset*>(made.data());
  const bool some = offsets != nullptr && length > 0;
  const Offset begin = some ? offsets[at] : 0;
  for (size_t i = 0; some && i < count; ++i) out[i] = offsets[at + static_cast<int64_t>(i)] - begin;
  AddPiece(made.data(), static_cast<int64_t>(made.size()));
  return {begin, some ? offsets[at + length] : begin};
}

template <typename Offset>
void ArrowBody::AddTexts(const ArrowArray& array, int64_t at, int64_t length) {
  const auto [begin, end] = AddOffsets<Offset>(array, at, length);
  const auto* bytes = static_cast<const char*>(array.buffers[2]);
  AddPiece(bytes + (bytes ? begin : 0), end - begin);
}

template <typename Offset>
void ArrowBody::AddLists(const ArrowField& field, const ArrowArray& array, int64_t at,
                         int64_t length) {
  const auto [begin, end] = AddOffsets<Offset>(array, at, length);
  Add(field.children[0], *array.children[0], begin, end - begin);
}

void ArrowBody::AddBits(const void* bits, int64_t at, int64_t length) {
  const auto* bytes = static_cast<const uint8_t*>(bits);
  if (at % 8 == 0 || length == 0 || bytes == nullptr) {
    return AddPiece(bytes + (bytes ? at / 8 : 0), BytesOfBits(length));
  }
  const std::string& made = made_.emplace_back(ShiftBits(bytes, at, length));
  AddPiece(made.data(), static_cast<int64_t>(made.size()));
}

void ArrowBody::AddPiece(const void* bytes, int64_t size) {
  if (bytes == nullptr) size = 0;
  map_.buffers.push_back({map_.body_bytes, size});
  map_.body_bytes += Aligned(size);
  pieces_.emplace_back(static_cast<const char*>(bytes), static_cast<size_t>(size));
}

}  // namespace lakehold::render
