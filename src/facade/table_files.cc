#include "facade/table_files.h"

#include <utility>

#include "delta/partition_value.h"
#include "storage/atomic_file.h"

namespace lakehold {

Result<std::vector<DataFile>> FilesOf(const delta::Snapshot& snapshot) {
  const auto& files = snapshot.files();
  const auto records = files.NumRecords();
  const std::string root = snapshot.root().uri();
  std::vector<DataFile> told;
  told.reserve(static_cast<size_t>(files.live_files()));
  for (const auto ordinal : files.LiveOrdinals()) {
    const auto view = files.Get(ordinal);
    DataFile file;
    file.path = std::string(view.path);
    // What lies elsewhere cannot be read, but can be told of.
    const auto key = delta::DecodeLogPath(view.path, root);
    file.uri = key.ok() ? storage::JoinKey(root, *key) : file.path;
    file.size_bytes = view.size_bytes;
    file.modified_ms = view.modified_ms;
    if (view.deletion_vector != nullptr) file.deleted_rows = view.deletion_vector->cardinality;
    if (records[ordinal] >= 0) file.rows = records[ordinal] - file.deleted_rows;
    file.partition_values = files.RawPartitionValues(ordinal);
    LAKEHOLD_ASSIGN(file.stats, files.StatsJson(ordinal));
    told.push_back(std::move(file));
  }
  return told;
}

}  // namespace lakehold
