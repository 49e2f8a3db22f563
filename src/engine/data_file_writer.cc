#include "engine/data_file_writer.h"

#include <algorithm>
#include <utility>

#include "duckdb/main/client_context.hpp"
#include "duckdb/parallel/task_executor.hpp"
#include "duckdb/parallel/task_scheduler.hpp"

#include "base/limits.h"
#include "engine/duckdb_errors.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::ColumnDataCollection;
using duckdb::DataChunk;
using duckdb::idx_t;

constexpr idx_t kRows = limits::kRowGroupRows;

bool IsFull(const ColumnDataCollection& rows) {
  return rows.Count() >= kRows || rows.SizeInBytes() >= static_cast<idx_t>(limits::kRowGroupBytes);
}

// Near enough to a row group to become one without copying.
bool IsRowGroup(const ColumnDataCollection& rows) {
  const bool right_rows =
      rows.Count() + STANDARD_VECTOR_SIZE >= kRows && rows.Count() < kRows + STANDARD_VECTOR_SIZE;
  return right_rows && rows.SizeInBytes() < 2 * static_cast<idx_t>(limits::kRowGroupBytes);
}

duckdb::vector<duckdb::LogicalType> RowTypes(const delta::Schema& schema) {
  duckdb::vector<duckdb::LogicalType> types;
  for (const delta::Field& field : schema.fields) types.push_back(FileType(field.type));
  return types;
}

duckdb::unique_ptr<ColumnDataCollection> NewRows(duckdb::ClientContext& context,
                                                 const duckdb::vector<duckdb::LogicalType>& types,
                                                 duckdb::ColumnDataAppendState& append) {
  auto rows = duckdb::make_uniq<ColumnDataCollection>(context, types);
  rows->SetPartitionIndex(0);  // Soon written: the worst choice for a spill.
  append.current_chunk_state.handles.clear();
  rows->InitializeAppend(append);
  return rows;
}

}  // namespace

DataFileWriter::DataFileWriter(duckdb::ClientContext& context, DataFileTarget target,
                               AcceptPartition accept)
    : context_(context),
      target_(std::move(target)),
      layout_(context, target_.schema, target_.partition_columns, target_.configuration),
      leaves_(FindIndexedLeaves(target_.schema, target_.partition_columns, target_.configuration)),
      row_types_(RowTypes(target_.schema)),
      written_(target_) {
  if (target_.partition_columns.empty()) {
    series_ = NewSeries({});
  } else {
    router_ = std::make_unique<PartitionRouter>(
        context_, target_, layout_, row_types_, std::move(accept),
        [this](delta::PartitionValues values) { return NewSeries(std::move(values)); },
        [this](RowGroupTask task) { Push(std::move(task)); });
  }
}

DataFileWriter::~DataFileWriter() = default;

std::shared_ptr<DataFileSeries> DataFileWriter::NewSeries(delta::PartitionValues values) {
  return std::make_shared<DataFileSeries>(context_, target_, layout_, leaves_, std::move(values),
                                          written_);
}

// Keeps a copy of the rows; true if it has become a row group.
bool DataFileWriter::Keep(Local& local, DataChunk& rows) {
  if (local.rows_ == nullptr) local.rows_ = NewRows(context_, row_types_, local.append_);
  local.rows_->Append(local.append_, rows);
  if (!IsFull(*local.rows_)) return false;
  local.append_.current_chunk_state.handles.clear();
  return true;
}

void DataFileWriter::Append(Local& local, DataChunk& rows) {
  if (rows.size() > 0 && Keep(local, rows)) HandOver(std::move(local.rows_));
}

void DataFileWriter::Combine(Local& local) {
  local.append_.current_chunk_state.handles.clear();
  if (local.rows_ != nullptr) HandOver(std::move(local.rows_));
}

void DataFileWriter::HandOver(duckdb::unique_ptr<ColumnDataCollection> rows) {
  {
    std::lock_guard lock(order_);
    Cut(std::move(rows));
  }
  RunTasks();
}

void DataFileWriter::AppendToBatch(Local& local, idx_t batch, idx_t oldest, DataChunk& rows) {
  if (rows.size() == 0) return;
  if (local.rows_ == nullptr && local.batch_ != batch) {
    local.batch_ = batch;
    local.part_ = 0;
  }
  if (Keep(local, rows)) EndBatch(local, oldest);
}

void DataFileWriter::EndBatch(Local& local, idx_t oldest) {
  if (local.rows_ == nullptr) return;
  local.append_.current_chunk_state.handles.clear();
  {
    std::lock_guard lock(order_);
    batches_.emplace(BatchPart(local.batch_, local.part_++), std::move(local.rows_));
    DrainBatches(oldest);
  }
  RunTasks();
}

// Batches before the oldest are complete; of the oldest itself, what was handed over came in order.
void DataFileWriter::DrainBatches(idx_t oldest) {
  while (!batches_.empty() && batches_.begin()->first.first <= oldest) {
    auto rows = std::move(batches_.begin()->second);
    batches_.erase(batches_.begin());
    Cut(std::move(rows));
  }
}

// Makes row groups of rows that come in order.
void DataFileWriter::Cut(duckdb::unique_ptr<ColumnDataCollection> rows) {
  if (router_ != nullptr) {
    for (auto& chunk : rows->Chunks()) router_->Route(chunk);
    return;
  }
  if (partial_ == nullptr && IsRowGroup(*rows)) {
    return Push({series_, series_->NextSequence(), std::move(rows)});
  }
  if (partial_ == nullptr && rows->Count() <= static_cast<idx_t>(limits::kSmallAppendRows) &&
      !IsFull(*rows)) {
    partial_ = std::move(rows);  // Most often all there is: another copy would double its cost.
    partial_->InitializeAppend(partial_append_);
    return;
  }
  for (auto& chunk : rows->Chunks()) {
    if (partial_ == nullptr) partial_ = NewRows(context_, row_types_, partial_append_);
    partial_->Append(partial_append_, chunk);
    if (IsFull(*partial_)) EmitPartial();
  }
}

void DataFileWriter::EmitPartial() {
  partial_append_.current_chunk_state.handles.clear();
  if (partial_ != nullptr) Push({series_, series_->NextSequence(), std::move(partial_)});
}

void DataFileWriter::Push(RowGroupTask task) {
  std::lock_guard lock(queue_mutex_);
  queue_.push_back(std::move(task));
}

bool DataFileWriter::RunOne() {
  RowGroupTask task;
  {
    std::lock_guard lock(queue_mutex_);
    if (queue_.empty()) return false;
    task = std::move(queue_.front());
    queue_.pop_front();
  }
  task.series->Write(task.sequence, std::move(task.rows));
  return true;
}

void DataFileWriter::RunTasks() {
  while (RunOne()) {
    if (context_.interrupted) throw duckdb::InterruptException();
  }
}

void DataFileWriter::RunTasksOnAllThreads() {
  class Task : public duckdb::BaseExecutorTask {
   public:
    Task(duckdb::TaskExecutor& executor, DataFileWriter& writer)
        : BaseExecutorTask(executor), writer_(writer) {}
    void ExecuteTask() override { writer_.RunTasks(); }
    std::string TaskType() const override { return "LakeholdEncode"; }

   private:
    DataFileWriter& writer_;
  };
  const auto threads =
      static_cast<size_t>(duckdb::TaskScheduler::GetScheduler(context_).NumberOfThreads());
  const size_t helpers = std::min(queue_.size(), threads);
  if (helpers <= 1) return RunTasks();
  duckdb::TaskExecutor executor(context_);
  for (size_t i = 0; i < helpers; i++)
    executor.ScheduleTask(duckdb::make_uniq<Task>(executor, *this));
  executor.WorkOnTasks();
}

void DataFileWriter::FinishPartitions() {
  while (true) {
    router_->EmitBuffered();
    RunTasksOnAllThreads();
    router_->CloseRound();
    const auto waiting = router_->TakeWaiting();
    if (waiting == nullptr) return;
    for (auto& chunk : waiting->Chunks()) {
      router_->Route(chunk);
      RunTasks();
    }
  }
}

WrittenRows DataFileWriter::Finish() {
  DrainBatches(duckdb::DConstants::INVALID_INDEX);
  if (router_ != nullptr) {
    FinishPartitions();
  } else {
    EmitPartial();
    RunTasksOnAllThreads();
    series_->Close();
  }
  WrittenRows result;
  result.rows = written_.rows();
  result.adds = written_.TakeAdds();
  result.files = written_.TakeFiles();
  return result;
}

}  // namespace lakehold::engine
