// CommitRules: what one commit may hold at most once. Externally synchronized.
//
// Files are remembered by a 64-bit hash of (path, vector), so a commit of a million files costs 16
// MB and no strings. Two equal hashes prove nothing: then the commit is read once more, comparing
// the suspects letter by letter.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "delta/action.h"

namespace lakehold::delta {

class CommitRules {
 public:
  // `root_uri` tells which absolute paths are the table's. `hash_mask` weakens the hash for tests.
  explicit CommitRules(std::string_view root_uri = {}, uint64_t hash_mask = ~uint64_t{0})
      : root_uri_(root_uri), hash_mask_(hash_mask) {}

  // What is wrong with one more such action in this commit, or nothing. Call in order, once an
  // action.
  std::optional<std::string> Admit(const Action& action);

  // The same for one hash of a file: false if it came before.
  bool AdmitHash(uint64_t hash) { return InsertHash(hash == 0 ? 1 : hash); }

  // After the last action: whether the file actions must be admitted once more, after
  // BeginExactPass().
  bool needs_exact_pass() const { return !suspects_.empty(); }
  void BeginExactPass();

 private:
  std::optional<std::string> AdmitFile(std::string_view path,
                                       const std::optional<DeletionVectorDescriptor>& vector);
  bool InsertHash(uint64_t hash);
  void Grow();

  std::string root_uri_;
  uint64_t hash_mask_;
  bool exact_ = false;
  std::vector<uint64_t> hashes_;  // Open addressing; 0 is a free slot.
  size_t used_ = 0;
  std::set<uint64_t> suspects_;
  std::set<std::string> exact_keys_;
  bool metadata_ = false;
  bool protocol_ = false;
  std::set<std::string, std::less<>> apps_;
  std::set<std::string, std::less<>> domains_;
};

}  // namespace lakehold::delta
