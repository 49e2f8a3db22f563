#include "engine/modify_sink.h"

#include <atomic>
#include <memory>
#include <utility>

#include "duckdb/common/type_visitor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include <fmt/format.h>

#include "delta/action_json.h"
#include "engine/data_file_writer.h"
#include "engine/duckdb_errors.h"
#include "engine/empty_files.h"
#include "engine/implicit_casts.h"
#include "engine/lake_catalog.h"
#include "engine/lake_schema.h"
#include "engine/lake_transaction.h"
#include "engine/pending_write.h"
#include "engine/row_checks.h"

namespace lakehold::engine {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::ExecutionContext;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::PhysicalOperator;
using duckdb::unique_ptr;

// How rows keep their order on the way into files.
enum class RowOrder : uint8_t {
  kNone,     // The plan has none to keep: threads write as they come.
  kBatches,  // Threads work on numbered batches.
  kSerial,   // One thread.
};

// How a column of the plan becomes one of a new table.
struct NewColumn {
  std::string name;
  LogicalType type;  // As the plan gives it.
};

class ModifySink final : public PhysicalOperator {
 public:
  ModifySink(duckdb::PhysicalPlan& plan, duckdb::vector<LogicalType> types, RowOrder order,
             idx_t cardinality)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types),
                         cardinality),
        order_(order) {}

  // INSERT.
  LakeTable* table = nullptr;
  // CREATE TABLE AS.
  LakeSchema* schema = nullptr;
  unique_ptr<duckdb::BoundCreateTableInfo> definition;
  duckdb::vector<unique_ptr<duckdb::Expression>> casts;  // From the plan's columns to the table's.
  std::vector<NewColumn> columns;

  std::string GetName() const override { return "LAKEHOLD_WRITE"; }
  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }
  bool ParallelSink() const override { return order_ != RowOrder::kSerial; }
  bool SinkOrderDependent() const override { return order_ != RowOrder::kNone; }
  duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override {
    return duckdb::OperatorPartitionInfo(order_ == RowOrder::kBatches);
  }
  unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(ClientContext& context) const override;
  unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(ExecutionContext& context) const override;
  duckdb::SinkResultType Sink(ExecutionContext& context, DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkNextBatchType NextBatch(ExecutionContext& context,
                                      duckdb::OperatorSinkNextBatchInput& input) const override;
  duckdb::SinkCombineResultType Combine(ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

 protected:
  duckdb::SourceResultType GetDataInternal(ExecutionContext& context, DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  LakeTable& OpenTable(ClientContext& context) const;

  RowOrder order_;
};

struct GlobalState final : duckdb::GlobalSinkState {
  explicit GlobalState(LakeTable& table_p)
      : table(table_p), not_null(table_p.snapshot()->schema()) {}
  LakeTable& table;  // Kept by the transaction.
  NotNullCheck not_null;
  std::unique_ptr<DataFileWriter> writer;
  int64_t rows = 0;
};

struct LocalState final : duckdb::LocalSinkState {
  DataFileWriter::Local rows;
  std::unique_ptr<duckdb::ExpressionExecutor> casts;
  DataChunk cast_rows;
};

std::vector<delta::Field> PartitionFields(const delta::Snapshot& snapshot) {
  std::vector<delta::Field> fields;
  for (const size_t position : snapshot.partition_fields())
    fields.push_back(snapshot.schema().fields[position]);
  return fields;
}

// What this one write asks instead of the table's properties.
DataFileTarget WithOptions(DataFileTarget target, const FileOptions& options) {
  if (!options.compression.empty())
    target.configuration["delta.parquet.compression.codec"] = options.compression;
  if (options.target_bytes > 0)
    target.configuration["delta.targetFileSize"] = std::to_string(options.target_bytes);
  return target;
}

// The table to write, open for it: an existing one, or the one this statement makes.
LakeTable& ModifySink::OpenTable(ClientContext& context) const {
  if (schema != nullptr) {
    auto created = CreateLakeTable(context, *schema, *definition);
    if (created == nullptr) {
      ThrowError(AlreadyExists("sql.table_exists",
                               fmt::format("the table \"{}\" exists", definition->Base().table)));
    }
    const bool replaces =
        definition->Base().on_conflict == duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    LakeTable& made = created->Cast<LakeTable>();
    CheckOrThrow(LakeTransaction::Get(context, schema->catalog)
                     .EditDraft(made.snapshot()->root(), [&](txn::Draft& draft) {
                       draft.info.operation = replaces ? "CREATE OR REPLACE TABLE AS SELECT"
                                                       : "CREATE TABLE AS SELECT";
                     }));
    return made;
  }
  LakeTransaction& transaction = LakeTransaction::Get(context, table->catalog);
  const auto& overwrite = PendingWrite::Of(context).overwrite;
  CheckOrThrow(overwrite ? transaction.BeginOverwrite(*table, overwrite->where)
                         : transaction.BeginWrite(*table));
  return *table;
}

unique_ptr<duckdb::GlobalSinkState> ModifySink::GetGlobalSinkState(ClientContext& context) const {
  LakeTable& open = OpenTable(context);
  auto state = duckdb::make_uniq<GlobalState>(open);
  AcceptPartition accept;
  const auto& overwrite = PendingWrite::Of(context).overwrite;
  if (schema == nullptr && overwrite && overwrite->where) {
    accept = [where = *overwrite->where, fields = PartitionFields(*open.snapshot())](
                 const std::vector<delta::Scalar>& values) {
      return CheckPartitionMatches(where, fields, values);
    };
  }
  auto target = WithOptions(DataFileTargetOf(*open.snapshot(), open.lake_schema().lake()),
                            PendingWrite::Of(context).files);
  state->writer = std::make_unique<DataFileWriter>(context, std::move(target), std::move(accept));
  return state;
}

unique_ptr<duckdb::LocalSinkState> ModifySink::GetLocalSinkState(ExecutionContext& context) const {
  auto state = duckdb::make_uniq<LocalState>();
  if (!casts.empty()) {
    state->casts = std::make_unique<duckdb::ExpressionExecutor>(context.client, casts);
    duckdb::vector<LogicalType> types;
    for (const auto& cast : casts) types.push_back(cast->return_type);
    state->cast_rows.Initialize(context.client, types);
  }
  return state;
}

duckdb::SinkResultType ModifySink::Sink(ExecutionContext&, DataChunk& chunk,
                                        duckdb::OperatorSinkInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& local = input.local_state.Cast<LocalState>();
  DataChunk* rows = &chunk;
  if (local.casts != nullptr) {
    for (size_t i = 0; i < columns.size(); i++) {
      if (columns[i].type.id() != duckdb::LogicalTypeId::TIMESTAMP_NS) continue;
      CheckOrThrow(CheckWholeMicroseconds(chunk.data[i], chunk.size(), columns[i].name));
    }
    local.cast_rows.Reset();
    local.casts->Execute(chunk, local.cast_rows);
    rows = &local.cast_rows;
  }
  // After the first broken rule the rest is only counted.
  if (!global.not_null.Check(*rows)) return duckdb::SinkResultType::NEED_MORE_INPUT;
  if (order_ == RowOrder::kBatches) {
    const auto& batch = local.partition_info;
    global.writer->AppendToBatch(local.rows, batch.batch_index.GetIndex(),
                                 batch.min_batch_index.GetIndex(), *rows);
  } else {
    global.writer->Append(local.rows, *rows);
  }
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkNextBatchType ModifySink::NextBatch(ExecutionContext&,
                                                duckdb::OperatorSinkNextBatchInput& input) const {
  auto& local = input.local_state.Cast<LocalState>();
  input.global_state.Cast<GlobalState>().writer->EndBatch(
      local.rows, local.partition_info.min_batch_index.GetIndex());
  return duckdb::SinkNextBatchType::READY;
}

duckdb::SinkCombineResultType ModifySink::Combine(ExecutionContext&,
                                                  duckdb::OperatorSinkCombineInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& local = input.local_state.Cast<LocalState>();
  if (order_ == RowOrder::kBatches) {
    global.writer->EndBatch(local.rows, local.partition_info.min_batch_index.GetIndex());
  } else {
    global.writer->Combine(local.rows);
  }
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType ModifySink::Finalize(duckdb::Pipeline&, duckdb::Event&,
                                              ClientContext& context,
                                              duckdb::OperatorSinkFinalizeInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  CheckOrThrow(global.not_null.Result(global.table.DisplayName()));
  WrittenRows written = global.writer->Finish();
  global.writer.reset();
  global.rows = written.rows;
  auto& transaction = LakeTransaction::Get(context, global.table.catalog);
  CheckOrThrow(
      transaction.AddFiles(global.table.snapshot()->root(),
                           {std::move(written.adds), std::move(written.files), written.rows}));
  return duckdb::SinkFinalizeType::READY;
}

duckdb::SourceResultType ModifySink::GetDataInternal(ExecutionContext&, DataChunk& chunk,
                                                     duckdb::OperatorSourceInput&) const {
  chunk.SetValue(0, 0, duckdb::Value::BIGINT(sink_state->Cast<GlobalState>().rows));
  chunk.SetCardinality(1);
  return duckdb::SourceResultType::FINISHED;
}

RowOrder OrderOf(ClientContext& context, PhysicalOperator& plan) {
  if (!duckdb::PhysicalPlanGenerator::PreserveInsertionOrder(context, plan)) return RowOrder::kNone;
  return duckdb::PhysicalPlanGenerator::UseBatchIndex(context, plan) ? RowOrder::kBatches
                                                                     : RowOrder::kSerial;
}

// Nanoseconds inside a nested value would be cut silently.
void RefuseNestedNanoseconds(const std::string& column, const LogicalType& type) {
  if (type.id() == duckdb::LogicalTypeId::TIMESTAMP_NS) return;
  if (!duckdb::TypeVisitor::Contains(type, duckdb::LogicalTypeId::TIMESTAMP_NS)) return;
  ThrowError(
      Invalid("types.refused",
              fmt::format("column \"{}\" of type {} holds nanoseconds", column, type.ToString()),
              "cast them to TIMESTAMP"));
}

}  // namespace

DataFileTarget DataFileTargetOf(const delta::Snapshot& snapshot, const LakeCatalog& lake) {
  return {snapshot.root(),
          snapshot.schema(),
          snapshot.metadata().partition_columns,
          snapshot.metadata().configuration,
          lake.PathOf(""),
          lake.world().stores,
          lake.world().environment.runtime};
}

PhysicalOperator& PlanLakeInsert(ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
                                 duckdb::LogicalInsert& op,
                                 duckdb::optional_ptr<PhysicalOperator> plan) {
  RequireImplicitCastRules(context);
  auto& table = op.table.Cast<LakeTable>();
  const std::string name = table.DisplayName();
  if (op.return_chunk) {
    ThrowError(Unsupported("sql.not_yet",
                           fmt::format("INSERT INTO \"{}\" RETURNING is not possible yet", name),
                           "leave RETURNING out and query the table afterwards"));
  }
  if (op.on_conflict_info.action_type != duckdb::OnConflictAction::THROW) {
    ThrowError(Unsupported(
        "sql.not_yet", fmt::format("INSERT INTO \"{}\" with ON CONFLICT is not possible yet", name),
        "tables have no keys: delete the rows to be replaced first"));
  }
  if (!plan)
    ThrowError(Unsupported("sql.not_yet", fmt::format("INSERT INTO \"{}\" without rows", name)));
  const RowOrder order = OrderOf(context, *plan);
  if (!op.column_index_map.empty()) plan = planner.ResolveDefaultsProjection(op, *plan);
  auto& sink =
      planner.Make<ModifySink>(op.types, order, op.estimated_cardinality).Cast<ModifySink>();
  sink.table = &table;
  sink.children.push_back(*plan);
  return sink;
}

PhysicalOperator& PlanLakeCreateTableAs(ClientContext& context,
                                        duckdb::PhysicalPlanGenerator& planner,
                                        duckdb::LogicalCreateTable& op, PhysicalOperator& plan) {
  RequireImplicitCastRules(context);
  RefuseEmptyFiles(context, plan);
  const txn::TableDefinition definition = ValueOrThrow(DefinitionOf(*op.info));
  auto& sink = planner.Make<ModifySink>(op.types, OrderOf(context, plan), op.estimated_cardinality)
                   .Cast<ModifySink>();
  for (size_t i = 0; i < definition.schema.fields.size(); i++) {
    const delta::Field& field = definition.schema.fields[i];
    RefuseNestedNanoseconds(field.name, plan.types[i]);
    sink.columns.push_back({field.name, plan.types[i]});
    auto column = duckdb::make_uniq<duckdb::BoundReferenceExpression>(plan.types[i], i);
    const LogicalType type = ValueOrThrow(DuckDbTypeOf(field.type));
    sink.casts.push_back(
        duckdb::BoundCastExpression::AddCastToType(context, std::move(column), type));
  }
  sink.schema = &op.schema.Cast<LakeSchema>();
  sink.definition = std::move(op.info);
  sink.children.push_back(plan);
  return sink;
}

}  // namespace lakehold::engine
