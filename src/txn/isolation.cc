#include "txn/isolation.h"

namespace lakehold::txn {

Isolation EffectiveIsolation(const Draft& draft) {
  const bool only_files =
      !draft.protocol && !draft.metadata && draft.transactions.empty() && draft.domains.empty();
  if (only_files && !draft.data_change) return Isolation::kSnapshot;
  if (!draft.base) return Isolation::kSerializable;
  const auto& configuration = draft.base->metadata().configuration;
  const auto level = configuration.find("delta.isolationLevel");
  if (level != configuration.end() && level->second == "WriteSerializable")
    return Isolation::kWriteSerializable;
  return Isolation::kSerializable;
}

}  // namespace lakehold::txn
