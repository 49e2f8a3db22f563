// Ctrl+C in native calls: the call works on a second thread while the main thread listens for
// signals.
//
// Called with or without the GIL; the work runs without it. Read next: streams.h, bind.h.
#pragma once

#include <functional>
#include <optional>
#include <utility>

namespace lakehold::python {

// Runs `work` without the GIL. On the main thread signals are handled meanwhile: if a handler
// raises, `interrupt` is called until the work has ended, and nanobind::python_error is thrown.
// `interrupt` must be thread-safe.
void RunInterruptibly(const std::function<void()>& work, const std::function<void()>& interrupt);

// The answer of `call`, which `target.Interrupt()` stops.
template <typename Target, typename Call>
auto Interruptible(Target& target, Call&& call) {
  std::optional<decltype(call())> answer;
  RunInterruptibly([&] { answer.emplace(call()); }, [&] { target.Interrupt(); });
  return std::move(*answer);
}

}  // namespace lakehold::python
