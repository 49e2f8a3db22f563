// LeftoverLister: an ability of stores whose objects have a hidden name while they are written:
// what writers left behind that died before they could publish. Thread-safe. Who removes it:
// staged_leftovers.h.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace lakehold::storage {

class LeftoverLister {
 public:
  virtual ~LeftoverLister() = default;
  // The hidden files in `folder` and below it whose writer is gone, in no order. An absent folder
  // has none.
  virtual Result<std::vector<ObjectMeta>> ListLeftovers(std::string_view folder) = 0;
};

}  // namespace lakehold::storage
