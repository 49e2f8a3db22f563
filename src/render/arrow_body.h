// ArrowBody: the buffers of one record batch in the order of Arrow's IPC format: whole ones as they
// lie in memory, those of slices cut and their offsets begun at zero. Externally synchronized;
// lives no longer than the batch.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "lakehold/arrow_abi.h"
#include "render/arrow_field.h"
#include "render/arrow_message.h"

namespace lakehold::render {

class ArrowBody {
 public:
  // Where buffers begin, so that a reader may map them: a multiple of this.
  static constexpr int64_t kAlignment = 64;
  static int64_t Aligned(int64_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }

  // `batch` has the columns of `field`, the struct of them.
  ArrowBody(const ArrowField& field, const ArrowArray& batch);
  ArrowBody(const ArrowBody&) = delete;
  ArrowBody& operator=(const ArrowBody&) = delete;

  const ArrowBatchMap& map() const { return map_; }
  // The buffers of map(), each without its padding.
  const std::vector<std::string_view>& pieces() const { return pieces_; }

 private:
  // Rows [first, first + length) of an array, counted from its offset.
  void Add(const ArrowField& field, const ArrowArray& array, int64_t first, int64_t length);
  void AddValidity(const ArrowField& field, const ArrowArray& array, int64_t at, int64_t length);
  template <typename Offset>
  void AddTexts(const ArrowArray& array, int64_t at, int64_t length);
  template <typename Offset>
  void AddLists(const ArrowField& field, const ArrowArray& array, int64_t at, int64_t length);
  // The offsets of the rows, begun at zero; returns where the first row began and the last ended.
  template <typename Offset>
  std::pair<Offset, Offset> AddOffsets(const ArrowArray& array, int64_t at, int64_t length);
  void AddBits(const void* bits, int64_t at, int64_t length);
  void AddPiece(const void* bytes, int64_t size);

  ArrowBatchMap map_;
  std::vector<std::string_view> pieces_;
  std::deque<std::string> made_;  // Buffers that exist nowhere else.
};

}  // namespace lakehold::render
