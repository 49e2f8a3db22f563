// Rebase: may a draft still become the version after a winner? Pure: a short list of named checks
// over facts.
//
// The checks and their order are those of delta.md, "Concurrency and conflicts"; each has one
// question, one reason and a pair of tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "delta/action.h"
#include "txn/draft.h"

namespace lakehold::txn {

struct Conflicted {
  delta::Version winner = 0;
  std::string_view reason;  // "txn.concurrent_append", ...
  std::string message;      // Which operation won, and what of ours it touched.
};

struct Rebased {
  Draft draft;
  bool bytes_unchanged =
      true;  // The staged log entry may be published as it is under the next number.
};

Result<std::variant<Rebased, Conflicted>> Rebase(const Draft& mine, delta::Version winner,
                                                 std::span<const delta::Action> theirs);

}  // namespace lakehold::txn
