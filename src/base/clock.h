// Clock: the only source of time. Thread-safe. Implemented by the system and by simulations.
#pragma once

#include <cstdint>

namespace lakehold {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01T00:00Z. May step backwards.
  virtual int64_t NowMs() = 0;
  // Nanoseconds of a clock that never steps back; its zero is arbitrary.
  virtual int64_t MonotonicNs() = 0;
  virtual void SleepMs(int64_t ms) = 0;
};

}  // namespace lakehold
