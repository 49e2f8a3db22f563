// Isolation: how much of a winner's work a transaction must look at. Pure.
#pragma once

#include <cstdint>

#include "txn/draft.h"

namespace lakehold::txn {

enum class Isolation : uint8_t {
  kSerializable,       // Every file a winner added counts. The default.
  kWriteSerializable,  // Blind appends of winners do not count. `delta.isolationLevel`.
  kSnapshot,           // Nothing counts: only for drafts that change no data.
};

// The table's level, lowered to kSnapshot for a draft of file actions that changes no data.
Isolation EffectiveIsolation(const Draft& draft);

}  // namespace lakehold::txn
