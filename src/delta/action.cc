#include "delta/action.h"

namespace lakehold::delta {

std::string DeletionVectorDescriptor::UniqueId() const {
  std::string id = storage_type + path_or_inline;
  if (offset) id += "@" + std::to_string(*offset);
  return id;
}

}  // namespace lakehold::delta
