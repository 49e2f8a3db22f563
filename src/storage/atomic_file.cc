#include "storage/atomic_file.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace lakehold::storage {

Result<ObjectMeta> PutIfAbsent(ObjectStore& store, std::string_view key,
                               std::span<const std::byte> bytes) {
  LAKEHOLD_TRY(CheckKey(key));
  const std::string folder(FolderOf(key));
  LAKEHOLD_ASSIGN(std::unique_ptr<ObjectSink> sink, store.OpenSink(folder));
  LAKEHOLD_TRY(sink->Write(bytes));
  LAKEHOLD_ASSIGN(std::unique_ptr<Staged> staged, sink->Finish());
  const std::array<Staged*, 1> all = {staged.get()};
  LAKEHOLD_TRY(store.SettleBytes(all));
  LAKEHOLD_ASSIGN(ObjectMeta meta, store.Publish(*staged, key));
  if (Status settled = store.SettleNames({&folder, 1}); !settled.ok()) {
    return OutcomeUnknown("storage.not_durable",
                          fmt::format("'{}' was written but may not survive a power cut: {}", key,
                                      settled.error().message),
                          {}, settled.error().hint);
  }
  return meta;
}

}  // namespace lakehold::storage
