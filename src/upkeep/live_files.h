// LiveFiles: the files that count at some version, as the commits or a checkpoint tell them.
// Externally synchronized.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "delta/action.h"

namespace lakehold::upkeep {

class LiveFiles {
 public:
  void Apply(const delta::Action& action);
  int64_t count() const { return static_cast<int64_t>(files_.size()); }
  int64_t bytes() const;
  // Size, and the rows that its deletion vector takes away, of each.
  void ForEach(const std::function<void(int64_t size, int64_t deleted)>& visit) const;
  // "" if both are the same, else what these lack, have too many or with another size, each with
  // the first one's name: "lacks 2 files (part-1.parquet, ...)".
  std::string DifferenceFrom(const LiveFiles& log) const;

 private:
  struct File {
    int64_t size = 0;
    int64_t deleted = 0;
  };
  // By path and deletion vector: "part-1.parquet", "part-1.parquet (deletion vector u...)".
  std::map<std::string, File> files_;
};

}  // namespace lakehold::upkeep
