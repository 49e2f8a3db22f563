// How long a table keeps what it no longer needs: properties that are intervals, and their
// defaults. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lakehold::delta {

inline constexpr int64_t kDeletedFileRetentionMs = int64_t{7} * 24 * 3600 * 1000;
inline constexpr int64_t kLogRetentionMs = int64_t{30} * 24 * 3600 * 1000;

// The property as an interval; `fallback` where it is absent or no interval.
int64_t IntervalPropertyMs(const std::map<std::string, std::string>& configuration,
                           const std::string& key, int64_t fallback);

}  // namespace lakehold::delta
