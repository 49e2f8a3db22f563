#include "delta/roaring_format.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include <fmt/format.h>

namespace lakehold::delta {
namespace {

constexpr uint32_t kPlainCookie = 12346;
constexpr uint32_t kRunCookie = 12347;
constexpr uint32_t kMaxContainers = 65536;
constexpr uint32_t kOffsetsFrom = 4;
constexpr uint32_t kArrayMax = 4096;
constexpr size_t kBitsetBytes = 8192;

Error Bad(std::string_view what) {
  return Corrupt("delta.bad_deletion_vector",
                 fmt::format("a bitmap of the deletion vector is broken: {}", what));
}

// Takes little-endian numbers off the front; once something was missing, `short_read` stays true.
struct Cursor {
  std::string_view rest;
  bool short_read = false;

  std::string_view Take(size_t size) {
    if (rest.size() < size) {
      short_read = true;
      rest = {};
      return {};
    }
    std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  uint32_t TakeNumber(size_t size) {
    uint32_t number = 0;
    std::string_view bytes = Take(size);
    for (size_t i = bytes.size(); i-- > 0;)
      number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
  }
  uint32_t U16() { return TakeNumber(2); }
  uint32_t U32() { return TakeNumber(4); }
};

struct Container {
  uint32_t key = 0;
  uint32_t cardinality = 0;
  bool run = false;
};

Status CheckRuns(Cursor& cursor, uint32_t cardinality) {
  uint32_t runs = cursor.U16();
  uint32_t next = 0;  // The first value the next run may start with.
  uint32_t total = 0;
  for (uint32_t i = 0; i < runs && !cursor.short_read; ++i) {
    uint32_t start = cursor.U16();
    uint32_t end = start + cursor.U16();
    if (cursor.short_read) break;
    if (start < next || end > 0xFFFF) return Bad("runs out of order");
    total += end - start + 1;
    next = end + 1;
  }
  if (cursor.short_read) return Bad("cut within a run container");
  if (total != cardinality) return Bad("a run container has another cardinality than its header");
  return {};
}

Status CheckArray(Cursor& cursor, uint32_t cardinality) {
  std::string_view bytes = cursor.Take(size_t{cardinality} * 2);
  if (cursor.short_read) return Bad("cut within an array container");
  Cursor values{bytes};
  int64_t last = -1;
  for (uint32_t i = 0; i < cardinality; ++i) {
    int64_t value = values.U16();
    if (value <= last) return Bad("an array container is not ascending");
    last = value;
  }
  return {};
}

Status CheckBitset(Cursor& cursor, uint32_t cardinality) {
  std::string_view bytes = cursor.Take(kBitsetBytes);
  if (cursor.short_read) return Bad("cut within a bitset container");
  uint32_t total = 0;
  for (size_t i = 0; i < bytes.size(); i += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    total += static_cast<uint32_t>(std::popcount(word));
  }
  if (total != cardinality)
    return Bad("a bitset container has another cardinality than its header");
  return {};
}

Result<std::vector<Container>> ReadHeader(Cursor& cursor) {
  uint32_t cookie = cursor.U32();
  bool with_runs = (cookie & 0xFFFF) == kRunCookie;
  if (!with_runs && cookie != kPlainCookie) return Bad(fmt::format("unknown cookie {}", cookie));
  uint32_t count = with_runs ? (cookie >> 16) + 1 : cursor.U32();
  if (count > kMaxContainers) return Bad(fmt::format("{} containers", count));
  std::string_view run_bits = with_runs ? cursor.Take((count + 7) / 8) : std::string_view();
  if (cursor.short_read || cursor.rest.size() < size_t{count} * 4)
    return Bad("cut within the header");
  std::vector<Container> containers(count);
  for (uint32_t i = 0; i < count; ++i) {
    containers[i].key = cursor.U16();
    containers[i].cardinality = cursor.U16() + 1;
    containers[i].run =
        with_runs && ((static_cast<unsigned char>(run_bits[i / 8]) >> (i % 8)) & 1) != 0;
    if (i > 0 && containers[i].key <= containers[i - 1].key) return Bad("keys are not ascending");
  }
  if (!with_runs || count >= kOffsetsFrom) cursor.Take(size_t{count} * 4);
  if (cursor.short_read) return Bad("cut within the offsets");
  return containers;
}

}  // namespace

Result<size_t> CheckRoaring(std::string_view bytes) {
  Cursor cursor{bytes};
  LAKEHOLD_ASSIGN(auto containers, ReadHeader(cursor));
  for (const auto& container : containers) {
    if (container.run) {
      LAKEHOLD_TRY(CheckRuns(cursor, container.cardinality));
    } else if (container.cardinality <= kArrayMax) {
      LAKEHOLD_TRY(CheckArray(cursor, container.cardinality));
    } else {
      LAKEHOLD_TRY(CheckBitset(cursor, container.cardinality));
    }
  }
  return bytes.size() - cursor.rest.size();
}

}  // namespace lakehold::delta
