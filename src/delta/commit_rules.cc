#include "delta/commit_rules.h"

#include <functional>

#include <fmt/format.h>

#include "delta/path_index.h"

namespace lakehold::delta {

namespace {

uint64_t Mix(uint64_t seed, uint64_t value) {
  seed ^= value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2);
  return seed * 0xff51afd7ed558ccdULL;
}

uint64_t HashFile(std::string_view path, const std::optional<DeletionVectorDescriptor>& vector) {
  const std::hash<std::string_view> hash;
  uint64_t key = hash(path);
  if (vector) {
    key = Mix(key, hash(vector->storage_type));
    key = Mix(key, hash(vector->path_or_inline));
    key = Mix(key, vector->offset ? static_cast<uint64_t>(*vector->offset) + 1 : 0);
  }
  return key;
}

}  // namespace

std::optional<std::string> CommitRules::Admit(const Action& action) {
  if (const auto* add = std::get_if<AddFile>(&action))
    return AdmitFile(add->path, add->deletion_vector);
  if (const auto* remove = std::get_if<RemoveFile>(&action))
    return AdmitFile(remove->path, remove->deletion_vector);
  if (exact_) return std::nullopt;
  if (std::holds_alternative<Metadata>(action)) {
    if (metadata_) return "a second metaData in one commit";
    metadata_ = true;
  } else if (std::holds_alternative<Protocol>(action)) {
    if (protocol_) return "a second protocol in one commit";
    protocol_ = true;
  } else if (const auto* txn = std::get_if<SetTransaction>(&action)) {
    if (!apps_.insert(txn->app_id).second)
      return fmt::format("a second txn of application \"{}\"", txn->app_id);
  } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
    if (!domains_.insert(domain->domain).second)
      return fmt::format("a second metadata of domain \"{}\"", domain->domain);
  }
  return std::nullopt;
}

void CommitRules::BeginExactPass() {
  exact_ = true;
  hashes_ = {};
}

std::optional<std::string> CommitRules::AdmitFile(
    std::string_view path, const std::optional<DeletionVectorDescriptor>& vector) {
  std::string scratch;
  const std::string_view canonical = CanonicalPath(path, root_uri_, scratch);
  uint64_t hash = HashFile(canonical, vector) & hash_mask_;
  if (hash == 0) hash = 1;
  if (!exact_) {
    if (!InsertHash(hash)) suspects_.insert(hash);
    return std::nullopt;
  }
  if (!suspects_.contains(hash)) return std::nullopt;
  std::string key(canonical);
  key += '\0';
  if (vector) key += vector->UniqueId();
  if (exact_keys_.insert(std::move(key)).second) return std::nullopt;
  return fmt::format("a second add or remove of the file \"{}\"{}", path,
                     vector ? " with the deletion vector " + vector->UniqueId() : std::string());
}

bool CommitRules::InsertHash(uint64_t hash) {
  if ((used_ + 1) * 2 > hashes_.size()) Grow();
  const size_t mask = hashes_.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (hashes_[slot] == hash) return false;
    if (hashes_[slot] != 0) continue;
    hashes_[slot] = hash;
    ++used_;
    return true;
  }
}

void CommitRules::Grow() {
  std::vector<uint64_t> old = std::move(hashes_);
  hashes_.assign(old.empty() ? 64 : old.size() * 2, 0);
  used_ = 0;
  for (const uint64_t hash : old) {
    if (hash != 0) InsertHash(hash);
  }
}

}  // namespace lakehold::delta
