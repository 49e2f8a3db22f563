#include "delta/path_index.h"

#include <cstring>

#include "delta/partition_value.h"

namespace lakehold::delta {
namespace {

bool Holds(std::string_view text, char c) {
  return std::memchr(text.data(), c, text.size()) != nullptr;
}

// True if decoding would give the very same text: no escape, scheme or absolute path, and no part
// that folds away.
bool IsPlainPath(std::string_view raw) {
  if (raw.empty() || raw.front() == '/' || raw.front() == '.') return false;
  if (Holds(raw, '%') || Holds(raw, ':') || Holds(raw, '\\')) return false;
  for (size_t slash = raw.find('/'); slash != raw.npos; slash = raw.find('/', slash + 1)) {
    if (slash + 1 < raw.size() && (raw[slash + 1] == '/' || raw[slash + 1] == '.')) return false;
  }
  return true;
}

uint64_t Hash(std::string_view text) { return std::hash<std::string_view>()(text); }

}  // namespace

std::string_view CanonicalPath(std::string_view raw, std::string_view root_uri,
                               std::string& scratch) {
  if (IsPlainPath(raw)) return raw;
  auto decoded = DecodeLogPath(raw, root_uri);
  if (!decoded.ok()) return raw;
  scratch = std::move(decoded).value();
  return scratch;
}

uint64_t WideHashFileKey(std::string_view canonical_path, std::string_view dv_unique_id) {
  uint64_t hash = Hash(canonical_path);
  if (!dv_unique_id.empty()) hash ^= std::rotl(Hash(dv_unique_id), 23) * 0x9E3779B97F4A7C15u;
  return hash;
}

void PathIndex::Reserve(size_t entries) {
  const size_t slots = std::bit_ceil(entries + entries / 3 + 1);
  if (slots > slots_.size()) Grow(slots);
}

void PathIndex::Insert(uint32_t hash, uint32_t ordinal) {
  if ((used_ + 1) * 4 > slots_.size() * 3) Grow(slots_.empty() ? 8 : slots_.size() * 2);
  Place(hash, ordinal);
  ++used_;
}

std::vector<PathIndex::Entry> PathIndex::InSlotOrder(std::vector<Entry> entries) const {
  // A stretch of slots as large as the smallest cache.
  constexpr size_t kStretch = 4096;
  if (slots_.size() <= kStretch) return entries;
  const auto stretch_of = [&](const Entry& entry) {
    return (entry.hash & (slots_.size() - 1)) / kStretch;
  };
  std::vector<size_t> next(slots_.size() / kStretch + 1);
  for (const Entry& entry : entries) ++next[stretch_of(entry) + 1];
  for (size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  std::vector<Entry> ordered(entries.size());
  for (const Entry& entry : entries) ordered[next[stretch_of(entry)]++] = entry;
  return ordered;
}

void PathIndex::Place(uint32_t hash, uint32_t ordinal) {
  size_t i = hash & (slots_.size() - 1);
  while (slots_[i].ordinal != kFree) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {hash, ordinal};
}

void PathIndex::Grow(size_t slots) {
  std::vector<Slot> old(slots);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.ordinal != kFree) Place(slot.hash, slot.ordinal);
  }
}

}  // namespace lakehold::delta
