// TruthBits: the TruthSets of a batch of files, one bit a file and outcome, so that AND, OR and NOT
// take one instruction for 64 files. Plain values.
//
// Next: leaf_truth.h (a comparison over statistics), pruning.h (what a TruthSet is).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "delta/pruning.h"

namespace lakehold::delta {

// Files evaluated at a time: a predicate's nodes and the statistics they read stay in a cache.
inline constexpr size_t kTruthBatch = 4'096;

struct TruthBits {
  std::vector<uint64_t> can_be_true;
  std::vector<uint64_t> can_be_false;
  std::vector<uint64_t> can_be_null;

  size_t words() const { return can_be_true.size(); }
  // The same for so many words of files.
  void Assign(size_t words, TruthSet set) {
    const auto bits = [](bool bit) { return bit ? ~uint64_t{0} : uint64_t{0}; };
    can_be_true.assign(words, bits(set.can_be_true));
    can_be_false.assign(words, bits(set.can_be_false));
    can_be_null.assign(words, bits(set.can_be_null));
  }
  void Set(size_t file, TruthSet set) {
    const auto put = [&](std::vector<uint64_t>& bits, bool bit) {
      bits[file / 64] = (bits[file / 64] & ~(uint64_t{1} << file % 64)) | uint64_t{bit}
                                                                              << file % 64;
    };
    put(can_be_true, set.can_be_true);
    put(can_be_false, set.can_be_false);
    put(can_be_null, set.can_be_null);
  }
  TruthSet Get(size_t file) const {
    const auto get = [&](const std::vector<uint64_t>& bits) {
      return (bits[file / 64] >> file % 64 & 1) != 0;
    };
    return {get(can_be_true), get(can_be_false), get(can_be_null)};
  }

  void Not() { can_be_true.swap(can_be_false); }
  // As operator&& of TruthSets.
  void And(const TruthBits& other) {
    for (size_t i = 0; i < words(); ++i) {
      const uint64_t at = can_be_true[i], af = can_be_false[i], an = can_be_null[i];
      const uint64_t bt = other.can_be_true[i], bf = other.can_be_false[i];
      const uint64_t bn = other.can_be_null[i];
      can_be_true[i] = at & bt;
      can_be_false[i] = (af & (bt | bf | bn)) | (bf & (at | af | an));
      can_be_null[i] = (an & (bn | bt)) | (bn & at);
    }
  }
  void Or(const TruthBits& other) {
    for (size_t i = 0; i < words(); ++i) {
      const uint64_t at = can_be_true[i], af = can_be_false[i], an = can_be_null[i];
      const uint64_t bt = other.can_be_true[i], bf = other.can_be_false[i];
      const uint64_t bn = other.can_be_null[i];
      can_be_false[i] = af & bf;
      can_be_true[i] = (at & (bt | bf | bn)) | (bt & (at | af | an));
      can_be_null[i] = (an & (bn | bf)) | (bn & af);
    }
  }
};

}  // namespace lakehold::delta
