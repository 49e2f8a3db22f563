// Mutator: one damage to a log, chosen by chance: what a broken disk, a broken writer or a careless
// hand leaves behind. Externally synchronized.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "mutation/naive_log.h"

namespace lakehold::mutation {

struct Mutation {
  std::string what;             // For people, with the names it touched.
  std::set<std::string> names;  // Of the files that are not what they were.
  // Only hints, or what no reader may look at, are not what they were.
  bool only_hints = false;
};

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}
  // Changes `files`; the mutation touches at least one name, unless the log has nothing to damage
  // so.
  Mutation Mutate(LogFiles& files);

  size_t Below(size_t n) { return random_() % n; }

 private:
  using Damage = void (Mutator::*)(LogFiles&, Mutation&);
  const std::string& AnyName(const LogFiles& files);
  std::string AnyCommit(const LogFiles& files);
  void Touch(Mutation& mutation, const std::string& name, const std::string& what);

  void Drop(LogFiles& files, Mutation& mutation);
  void Truncate(LogFiles& files, Mutation& mutation);
  void FlipBit(LogFiles& files, Mutation& mutation);
  void ReplaceByte(LogFiles& files, Mutation& mutation);
  void InsertByte(LogFiles& files, Mutation& mutation);
  void EraseBytes(LogFiles& files, Mutation& mutation);
  void ZeroTail(LogFiles& files, Mutation& mutation);
  void DuplicateLine(LogFiles& files, Mutation& mutation);
  void MoveLine(LogFiles& files, Mutation& mutation);
  void DropLine(LogFiles& files, Mutation& mutation);
  void SwapFiles(LogFiles& files, Mutation& mutation);
  void RepeatCommit(LogFiles& files, Mutation& mutation);
  void SwapFieldNames(LogFiles& files, Mutation& mutation);
  void ChangeNumber(LogFiles& files, Mutation& mutation);
  void SpoilHint(LogFiles& files, Mutation& mutation);
  void AddStray(LogFiles& files, Mutation& mutation);

  std::mt19937_64 random_;
};

}  // namespace lakehold::mutation
