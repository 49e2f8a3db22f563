#include "engine/data_file_series.h"

#include <utility>

#include "duckdb/function/copy_function.hpp"

#include "base/limits.h"
#include "base/uuid.h"
#include "delta/partition_value.h"
#include "delta/stats.h"
#include "delta/table_property.h"
#include "engine/duckdb_errors.h"
#include "txn/commit.h"

namespace lakehold::engine {
namespace {

// delta.targetFileSize; what is not understood is as good as not set.
int64_t TargetBytes(const std::map<std::string, std::string>& configuration) {
  const auto found = configuration.find("delta.targetFileSize");
  if (found == configuration.end()) return limits::kTargetFileBytes;
  const int64_t bytes = delta::ParseByteSize(found->second).value_or(0);
  return bytes > 0 ? bytes : limits::kTargetFileBytes;
}

std::string FolderOf(const delta::PartitionValues& values) {
  std::string folder;
  for (const auto& [column, value] : values) {
    if (!folder.empty()) folder += '/';
    folder += delta::PartitionFolder(column, value);
  }
  return folder;
}

std::string TagsJson() {
  return std::string(R"({")") + std::string(delta::kNoNanTag) + R"(":"true"})";
}

}  // namespace

WrittenDataFiles::~WrittenDataFiles() {
  if (!files_.keys.empty()) txn::DiscardFiles(target_.root, std::move(files_));
}

void WrittenDataFiles::Expect(std::string key, std::string folder) {
  std::lock_guard lock(mutex_);
  files_.keys.push_back(std::move(key));
  folders_.insert(std::move(folder));
}

void WrittenDataFiles::Add(delta::AddFile add, std::unique_ptr<storage::Staged> staged,
                           int64_t rows) {
  std::vector<std::unique_ptr<storage::Staged>> settle;
  {
    std::lock_guard lock(mutex_);
    adds_.push_back(std::move(add));
    rows_ += rows;
    if (staged != nullptr) files_.unsettled.push_back(std::move(staged));
    if (files_.unsettled.size() <= limits::kUnsettledFiles) return;
    settle.swap(files_.unsettled);
  }
  std::vector<storage::Staged*> pointers;
  for (const auto& one : settle) pointers.push_back(one.get());
  CheckOrThrow(target_.root.store->SettleBytes(pointers));
}

std::vector<delta::AddFile> WrittenDataFiles::TakeAdds() { return std::move(adds_); }

txn::WrittenFiles WrittenDataFiles::TakeFiles() {
  files_.folders.assign(folders_.begin(), folders_.end());
  return std::exchange(files_, {});
}

// One data file while it is written. Row groups may still be encoded against it after it was
// completed.
struct DataFileSeries::OpenFile {
  std::string name;  // Below the table's folder.
  std::string path;  // For DuckDB.
  duckdb::unique_ptr<duckdb::GlobalFunctionData> state;
  std::unique_ptr<StatisticsCollector> statistics;
};

struct DataFileSeries::RowGroup {
  duckdb::unique_ptr<duckdb::PreparedBatchData> encoded;
  StatisticsCollector statistics;
};

DataFileSeries::DataFileSeries(duckdb::ClientContext& context, const DataFileTarget& target,
                               const ParquetLayout& layout, IndexedLeafList leaves,
                               delta::PartitionValues values, WrittenDataFiles& written)
    : context_(context),
      target_(target),
      layout_(layout),
      leaves_(std::move(leaves)),
      values_(std::move(values)),
      folder_(FolderOf(values_)),
      target_bytes_(TargetBytes(target.configuration)),
      written_(written) {}

DataFileSeries::~DataFileSeries() = default;

std::shared_ptr<DataFileSeries::OpenFile> DataFileSeries::Open() {
  std::lock_guard lock(mutex_);
  if (file_ != nullptr) return file_;
  auto file = std::make_shared<OpenFile>();
  file->name = folder_.empty() ? "" : folder_ + "/";
  file->name += "part-" + NewUuid(target_.runtime.random) + ".parquet";
  const std::string key = target_.root.KeyOf(file->name);
  const size_t slash = key.rfind('/');
  written_.Expect(key, slash == std::string::npos ? "" : key.substr(0, slash));
  file->path = target_.path_prefix + key;
  file->state =
      layout_.hooks().copy_to_initialize_global(context_, layout_.bind_data(), file->path);
  file->statistics = std::make_unique<StatisticsCollector>(leaves_);
  file_ = file;
  return file;
}

void DataFileSeries::Write(uint64_t sequence,
                           duckdb::unique_ptr<duckdb::ColumnDataCollection> rows) {
  // Encoded against the file that is open now, appended to the one that is open when its turn
  // comes: an encoded row group does not know its file.
  const std::shared_ptr<OpenFile> file = Open();
  auto group = std::make_unique<RowGroup>(RowGroup{nullptr, StatisticsCollector(leaves_)});
  for (auto& chunk : rows->Chunks()) group->statistics.Add(chunk);
  group->encoded =
      layout_.hooks().prepare_batch(context_, layout_.bind_data(), *file->state, std::move(rows));
  {
    std::lock_guard lock(mutex_);
    ready_.emplace(sequence, std::move(group));
    if (appending_) return;  // Whoever appends takes this one too.
    appending_ = true;
  }
  AppendReady();
}

void DataFileSeries::AppendReady() {
  while (true) {
    std::unique_ptr<RowGroup> group;
    {
      std::lock_guard lock(mutex_);
      if (ready_.empty() || ready_.begin()->first != next_append_) {
        appending_ = false;
        return;
      }
      group = std::move(ready_.begin()->second);
      ready_.erase(ready_.begin());
      next_append_++;
    }
    Append(*group);
  }
}

void DataFileSeries::Append(RowGroup& group) {
  const std::shared_ptr<OpenFile> file = Open();
  layout_.hooks().flush_batch(context_, layout_.bind_data(), *file->state, *group.encoded);
  file->statistics->Merge(group.statistics);
  const duckdb::optional_idx target(static_cast<duckdb::idx_t>(target_bytes_));
  if (layout_.hooks().rotate_next_file(*file->state, layout_.bind_data(), target)) CloseFile();
}

void DataFileSeries::Close() {
  if (file_ != nullptr) CloseFile();
}

void DataFileSeries::CloseFile() {
  std::shared_ptr<OpenFile> file;
  {
    std::lock_guard lock(mutex_);
    file.swap(file_);
  }
  layout_.hooks().copy_to_finalize(context_, layout_.bind_data(), *file->state);
  auto staged = target_.stores.TakeStaged(file->path);
  if (staged == nullptr) {
    ThrowError(Internal("engine.nothing_staged",
                        "the data file " + file->name + " was closed but not published"));
  }
  delta::AddFile add;
  add.path = delta::EncodeLogPath(file->name);
  add.partition_values = values_;
  add.size_bytes = static_cast<int64_t>(staged->size_bytes());
  add.modified_ms = target_.runtime.clock.NowMs();
  add.stats = delta::FormatStats(file->statistics->num_records(), file->statistics->Leaves());
  add.tags = TagsJson();
  written_.Add(std::move(add), std::move(staged), file->statistics->num_records());
}

}  // namespace lakehold::engine
