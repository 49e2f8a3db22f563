// Random: the only source of chance. Thread-safe. Not for keys or passwords.
#pragma once

#include <cstdint>

namespace lakehold {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;
  // Uniform in [0, bound). Precondition: bound > 0.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
};

}  // namespace lakehold
