// PathIndex: from a file's identity (canonical path and vector id) to its ordinal, by hash.
// Externally synchronized while it grows, immutable afterwards.
//
// Holds hashes and ordinals only, 8 bytes a slot: the caller verifies every hit against the path
// itself.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lakehold::delta {

// The identity of a data file as text: DecodeLogPath of the path, or the path itself where that is
// refused (reading such a file fails later; keeping it apart is enough here). The view is into
// `raw` or `scratch`.
std::string_view CanonicalPath(std::string_view raw, std::string_view root_uri,
                               std::string& scratch);
uint64_t WideHashFileKey(std::string_view canonical_path, std::string_view dv_unique_id);
// What a PathIndex keeps of it.
constexpr uint32_t NarrowHash(uint64_t hash) { return static_cast<uint32_t>(hash ^ (hash >> 32)); }
inline uint32_t HashFileKey(std::string_view canonical_path, std::string_view dv_unique_id) {
  return NarrowHash(WideHashFileKey(canonical_path, dv_unique_id));
}

class PathIndex {
 public:
  void Reserve(size_t entries);
  // Keys may repeat: a file that was removed and added again has two ordinals, one of them dead.
  void Insert(uint32_t hash, uint32_t ordinal);
  struct Entry {
    uint32_t hash = 0;
    uint32_t ordinal = 0;
  };
  // Many at once, in an order that stays in a processor's cache. An entry is left out if
  // is_same(ordinal of an equal hash, its own) holds; of equal hashes the earlier entry comes
  // first.
  template <typename IsSame>
  void InsertAll(std::vector<Entry> entries, const IsSame& is_same) {
    Reserve(used_ + entries.size());
    for (const Entry& entry : InSlotOrder(std::move(entries))) {
      if (!Find(entry.hash, [&](uint32_t present) { return is_same(present, entry.ordinal); }))
        Insert(entry.hash, entry.ordinal);
    }
  }
  // The first entry with this hash for which match(ordinal) holds.
  template <typename Match>
  std::optional<uint32_t> Find(uint32_t hash, const Match& match) const {
    if (slots_.empty()) return std::nullopt;
    for (size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[i];
      if (slot.ordinal == kFree) return std::nullopt;
      if (slot.hash == hash && match(slot.ordinal)) return slot.ordinal;
    }
  }
  // Asks the processor for what Find and Insert of this hash will look at first.
  void Prefetch(uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.ordinal != kFree) visit(slot.hash, slot.ordinal);
    }
  }
  // Replaces every ordinal by renumber(ordinal).
  template <typename Renumber>
  void RenumberAll(const Renumber& renumber) {
    for (Slot& slot : slots_) {
      if (slot.ordinal != kFree) slot.ordinal = renumber(slot.ordinal);
    }
  }
  size_t size() const { return used_; }
  size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    uint32_t hash = 0;
    uint32_t ordinal = kFree;
  };
  // The same entries, those of a stretch of slots together; stable.
  std::vector<Entry> InSlotOrder(std::vector<Entry> entries) const;
  void Place(uint32_t hash, uint32_t ordinal);
  void Grow(size_t slots);

  std::vector<Slot> slots_;  // A power of two, at most three quarters used.
  size_t used_ = 0;
};

}  // namespace lakehold::delta
