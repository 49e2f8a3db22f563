#include "delta/retention.h"

#include "delta/table_property.h"

namespace lakehold::delta {

int64_t IntervalPropertyMs(const std::map<std::string, std::string>& configuration,
                           const std::string& key, int64_t fallback) {
  const auto found = configuration.find(key);
  if (found == configuration.end()) return fallback;
  return ParseIntervalMs(found->second).value_or(fallback);
}

}  // namespace lakehold::delta
