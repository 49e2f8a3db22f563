#include "engine/small_append.h"

#include <algorithm>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/function/table/arrow.hpp"
#include "duckdb/main/client_context.hpp"

#include "base/limits.h"
#include "delta/log_path.h"
#include "delta/snapshot_cache.h"
#include "engine/data_file_writer.h"
#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/lake_scan.h"
#include "engine/lake_schema.h"
#include "engine/modify_sink.h"
#include "engine/publication.h"
#include "engine/row_checks.h"
#include "engine/session_state.h"
#include "txn/commit.h"
#include "txn/plan.h"

namespace lakehold::engine {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::LogicalType;

// How the columns of the input become those of the table.
struct ColumnMatch {
  duckdb::ArrowTableSchema arrow;
  duckdb::vector<duckdb::column_t> from;    // For each of the table's columns, in the input.
  duckdb::vector<LogicalType> input_types;  // In the order of the table.
  duckdb::vector<LogicalType> table_types;
};

// Whether the cast loses nothing, or fails: what input_projection.h casts without further checks.
bool OnlyWidens(const LogicalType& from, const LogicalType& to) {
  using Id = duckdb::LogicalTypeId;
  const auto whole = [](const LogicalType& type) {
    return type.IsIntegral() && type.id() != Id::HUGEINT && type.id() != Id::UHUGEINT;
  };
  if (whole(from) && whole(to)) return true;
  if (to.id() != Id::DOUBLE) return false;
  return from.id() == Id::FLOAT || (whole(from) && duckdb::GetTypeIdSize(from.InternalType()) <= 4);
}

// Nothing if they do not correspond.
std::optional<ColumnMatch> CompareColumns(ClientContext& context, const delta::Schema& table,
                                          const ArrowSchema& input) {
  ColumnMatch match;
  duckdb::ArrowTableFunction::PopulateArrowTableSchema(context, match.arrow, input);
  match.table_types = SqlTypesOf(table);
  for (size_t i = 0; i < table.fields.size(); ++i) {
    idx_t at = 0;
    const auto width = static_cast<idx_t>(input.n_children);
    while (at < width && table.fields[i].name != input.children[at]->name) ++at;
    if (at == width) return std::nullopt;
    const LogicalType& type = match.arrow.GetTypes()[at];
    if (type != match.table_types[i] && !OnlyWidens(type, match.table_types[i]))
      return std::nullopt;
    match.from.push_back(at);
    match.input_types.push_back(type);
  }
  return match;
}

// The same; a type nobody can read is for the planner to refuse.
std::optional<ColumnMatch> MatchColumns(ClientContext& context, const delta::Schema& table,
                                        const ArrowSchema& input) {
  if (static_cast<size_t>(input.n_children) != table.fields.size()) return std::nullopt;
  try {
    return CompareColumns(context, table, input);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// Gives each chunk of the batch, in the table's types, to `use`. False if a value does not fit.
template <typename Use>
bool ReadBatch(ClientContext& context, const ColumnMatch& match,
               const duckdb::shared_ptr<duckdb::ArrowArrayWrapper>& batch, Use use) {
  DataChunk input;
  DataChunk table;
  input.Initialize(context, match.input_types);
  if (match.input_types != match.table_types) table.Initialize(context, match.table_types);
  duckdb::ArrowScanLocalState scan(duckdb::make_uniq<duckdb::ArrowArrayWrapper>(), context);
  scan.chunk = batch;
  scan.column_ids = match.from;
  const auto length = static_cast<idx_t>(batch->arrow_array.length);
  for (; scan.chunk_offset < length; scan.chunk_offset += input.size()) {
    if (context.interrupted) throw duckdb::InterruptException();
    input.Reset();
    input.SetCardinality(std::min<idx_t>(STANDARD_VECTOR_SIZE, length - scan.chunk_offset));
    duckdb::ArrowTableFunction::ArrowToDuckDB(scan, match.arrow.GetColumns(), input, false);
    if (table.ColumnCount() == 0) {
      use(input);
      continue;
    }
    table.Reset();
    table.SetCardinality(input.size());
    for (idx_t i = 0; i < table.ColumnCount(); ++i) {
      std::string why;  // Told again by the plan, which fails in the same way.
      if (match.input_types[i] == match.table_types[i]) {
        table.data[i].Reference(input.data[i]);
      } else if (!duckdb::VectorOperations::TryCast(context, input.data[i], table.data[i],
                                                    input.size(), &why)) {
        return false;
      }
    }
    use(table);
  }
  return true;
}

// Writes the rows into data files. Nothing if a value does not fit its column.
std::optional<WrittenRows> WriteRows(ClientContext& context, const delta::Snapshot& snapshot,
                                     const LakeCatalog& lake, const std::string& name,
                                     const ColumnMatch& match, const PeekedStream& rows) {
  NotNullCheck not_null(snapshot.schema());
  DataFileWriter writer(context, DataFileTargetOf(snapshot, lake));
  DataFileWriter::Local local;
  std::vector<int64_t> every(match.from.begin(), match.from.end());
  for (const auto& batch : rows.batches()) {
    CheckOrThrow(CheckInputBatch(rows.schema(), batch->arrow_array, every));
    const bool fits = ReadBatch(context, match, batch, [&](DataChunk& chunk) {
      if (not_null.Check(chunk)) writer.Append(local, chunk);
    });
    if (!fits) return std::nullopt;
  }
  CheckOrThrow(not_null.Result(name));
  writer.Combine(local);
  return writer.Finish();
}

LakeSchema* FindSchema(ClientContext& context, const std::vector<std::string>& table) {
  if (table.size() != 3) return nullptr;
  auto catalog = duckdb::Catalog::GetCatalogEntry(context, table[0]);
  if (!catalog || LakeCatalog::From(*catalog) == nullptr) return nullptr;
  auto schema = catalog->GetSchema(context, table[1], duckdb::OnEntryNotFound::RETURN_NULL);
  return schema ? &static_cast<LakeSchema&>(*schema) : nullptr;
}

}  // namespace

// Its own last version stays the newest until a name follows it; that the table is still the same
// is asked by the commit.
Result<std::shared_ptr<const delta::Snapshot>> SmallAppends::Newest(const delta::TableRoot& root,
                                                                    const LakeWorld& world) {
  const auto own = std::exchange(own_, nullptr);
  const int64_t age_ns = world.environment.runtime.clock.MonotonicNs() - own_since_ns_;
  const bool known = own && own->root().store == root.store && own->root().folder == root.folder &&
                     age_ns < limits::kOwnCommitMs * 1'000'000;
  if (known) {
    const auto next = root.store->Head(root.LogKeyOf(delta::CommitName(own->version() + 1)));
    if (!next.ok() && next.error().kind == ErrorKind::kNotFound) return own;
  }
  return world.environment.snapshots->Latest(root, world.log_context());
}

Result<std::optional<CommitReport>> SmallAppends::Try(duckdb::Connection& connection,
                                                      const std::vector<std::string>& table,
                                                      PeekedStream& rows) {
  ClientContext& context = *connection.context;
  std::optional<WrittenTable> written;
  const LakeWorld* world = nullptr;
  // Ends with a Status; `written` stays empty where a plan is needed.
  const auto write = [&]() -> Status {
    LakeSchema* schema = FindSchema(context, table);
    if (schema == nullptr) return {};
    LakeCatalog& lake = schema->lake();
    world = &lake.world();
    const auto root = schema->RootOf(table[2]);
    auto newest = Newest(root, *world);
    // Perhaps a name in other letters; what else is wrong the planner says.
    if (!newest.ok()) return {};
    const auto match = MatchColumns(context, (*newest)->schema(), rows.schema());
    if (!match) return {};
    LAKEHOLD_ASSIGN(const bool few,
                    rows.EndsWithin(limits::kSmallAppendRows, limits::kSmallAppendBatches));
    if (!few || rows.rows() == 0) return {};
    LAKEHOLD_ASSIGN(auto draft, txn::PlanAppend(*newest));
    const std::string name = schema->DisplayName(table[2]);
    auto done = WriteRows(context, **newest, lake, name, *match, rows);
    if (!done) return {};
    draft.adds = std::move(done->adds);
    written = WrittenTable{root, name, std::move(draft), std::move(done->files), done->rows};
    return {};
  };
  Status status;
  const Status run = CatchDuckDb([&]() -> Status {
    context.RunFunctionInTransaction([&] { status = write(); });
    return {};
  });
  if (!run.ok() && written) txn::DiscardFiles(written->root, std::move(written->files));
  LAKEHOLD_TRY(run);
  LAKEHOLD_TRY(std::move(status));
  if (!written) return std::optional<CommitReport>();
  LAKEHOLD_ASSIGN(auto done, Publish(std::move(*written), SessionState::Of(context), *world));
  own_ = std::move(done.snapshot);
  own_since_ns_ = world->environment.runtime.clock.MonotonicNs();
  return std::optional(std::move(done.report));
}

}  // namespace lakehold::engine
