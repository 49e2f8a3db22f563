#include "engine/arrow_input.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/main/external_dependencies.hpp>
#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/input_contract.h"

namespace lakehold::engine {

namespace {

bool SameTypes(const ArrowSchema& a, const ArrowSchema& b) {
  if (std::strcmp(a.format, b.format) != 0 || a.n_children != b.n_children) return false;
  if ((a.dictionary == nullptr) != (b.dictionary == nullptr)) return false;
  if (a.dictionary != nullptr && !SameTypes(*a.dictionary, *b.dictionary)) return false;
  for (int64_t i = 0; i < a.n_children; ++i) {
    if (!SameTypes(*a.children[i], *b.children[i])) return false;
  }
  return true;
}

// A batch seen through a projection: the wanted children in DuckDB's order, the producer's batch
// kept until release.
struct ProjectedBatch {
  ArrowArray batch{};
  std::vector<ArrowArray*> children;
};

void Project(ArrowArray* batch, const std::vector<int64_t>& columns) {
  auto* projected = new ProjectedBatch;
  projected->batch = *batch;
  for (const int64_t column : columns) {
    projected->children.push_back(column < 0 ? nullptr : projected->batch.children[column]);
  }
  batch->children = projected->children.data();
  batch->n_children = static_cast<int64_t>(projected->children.size());
  batch->private_data = projected;
  batch->release = [](ArrowArray* view) {
    auto* held = static_cast<ProjectedBatch*>(view->private_data);
    held->batch.release(&held->batch);
    delete held;
    view->release = nullptr;
  };
}

struct KeptInput final : duckdb::DependencyItem {
  std::shared_ptr<ArrowInput> input;
  ArrowSchema bound{};  // A copy: what the plan's types came from.
  ~KeptInput() override {
    if (bound.release != nullptr) bound.release(&bound);
  }
};

thread_local const ArrowInput* producing = nullptr;

// While a producer gives rows, this thread is within it.
class Producer {
 public:
  explicit Producer(const ArrowInput* input) : before_(std::exchange(producing, input)) {}
  ~Producer() { producing = before_; }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

 private:
  const ArrowInput* before_;
};

class ProjectedStream final : public duckdb::ArrowArrayStreamWrapper {
 public:
  // columns[i]: the producer's column for DuckDB's i-th, or -1 for none.
  ProjectedStream(const ArrowArrayStream& stream, const KeptInput& kept,
                  std::vector<int64_t> columns)
      : input_(kept.input), schema_(kept.bound), columns_(std::move(columns)) {
    arrow_array_stream = stream;
    number_of_rows = -1;
  }

  duckdb::shared_ptr<duckdb::ArrowArrayWrapper> GetNextChunk() override {
    auto chunk = duckdb::make_shared_ptr<duckdb::ArrowArrayWrapper>();
    const int code = [&] {
      const Producer producer(input_.get());
      return arrow_array_stream.get_next(&arrow_array_stream, &chunk->arrow_array);
    }();
    if (code != 0) {
      chunk->arrow_array.release = nullptr;  // Undefined after an error.
      ThrowError(InputFailure(code, &arrow_array_stream));
    }
    if (chunk->arrow_array.release == nullptr) return chunk;
    CheckOrThrow(CheckInputBatch(schema_, chunk->arrow_array, columns_));
    Project(&chunk->arrow_array, columns_);
    return chunk;
  }

 private:
  const std::shared_ptr<ArrowInput> input_;
  const ArrowSchema& schema_;  // Lives as long as the plan.
  const std::vector<int64_t> columns_;
};

duckdb::unique_ptr<duckdb::ArrowArrayStreamWrapper> Produce(
    uintptr_t factory, duckdb::ArrowStreamParameters& parameters) {
  auto* kept = reinterpret_cast<KeptInput*>(factory);
  std::vector<int64_t> columns;
  for (const auto& [position, column] : parameters.projected_columns.filter_to_col) {
    if (columns.size() <= position) columns.resize(position + 1, -1);
    columns[position] = static_cast<int64_t>(column);
  }
  ArrowArrayStream stream{};
  CheckOrThrow(kept->input->Take(kept->bound, &stream));
  return duckdb::make_uniq<ProjectedStream>(stream, *kept, std::move(columns));
}

void GiveSchema(ArrowArrayStream* factory, ArrowSchema& schema) {
  auto* kept = reinterpret_cast<KeptInput*>(factory);
  CheckOrThrow(kept->input->ExportSchema(&schema));
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  const std::string key = duckdb::StringValue::Get(input.inputs[0]);
  auto inputs = context.registered_state->Get<ArrowInputs>(ArrowInputs::kStateName);
  auto found = inputs ? inputs->Find(key) : nullptr;
  if (!found)
    ThrowError(NotFound("engine.unknown_input",
                        fmt::format("this session has no Arrow input \"{}\"", key)));
  auto kept = duckdb::make_shared_ptr<KeptInput>();
  kept->input = std::move(found);
  CheckOrThrow(kept->input->ExportSchema(&kept->bound));

  const auto factory = reinterpret_cast<uintptr_t>(kept.get());
  duckdb::vector<duckdb::Value> pointers{
      duckdb::Value::POINTER(factory),
      duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&Produce)),
      duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&GiveSchema))};
  duckdb::TableFunctionBindInput arrow_input(
      pointers, input.named_parameters, input.input_table_types, input.input_table_names,
      input.info, input.binder, input.table_function, input.ref);
  auto data = duckdb::ArrowTableFunction::ArrowScanBind(context, arrow_input, types, names);
  data->Cast<duckdb::ArrowScanFunctionData>().dependency = std::move(kept);
  return data;
}

}  // namespace

ArrowInput::~ArrowInput() {
  if (ready_.release != nullptr) ready_.release(&ready_);
}

Status ArrowInput::OpenLocked() {
  if (ready_.release != nullptr) return {};
  ArrowArrayStream stream{};
  {
    const Producer producer(this);
    LAKEHOLD_TRY(source_.open(&stream));
  }
  auto schema = ReadInputSchema(&stream);
  if (!schema.ok()) {
    stream.release(&stream);
    return std::move(schema).error();
  }
  ready_ = stream;
  schema_ = std::move(schema).value();
  return {};
}

Status ArrowInput::ExportSchema(ArrowSchema* out) {
  std::lock_guard lock(mutex_);
  // A consumed one-shot stream can still be bound; reading it is what fails.
  if (!(source_.one_shot && taken_)) LAKEHOLD_TRY(OpenLocked());
  SharedSchema::Share(schema_, out);
  return {};
}

Status ArrowInput::Take(const ArrowSchema& bound, ArrowArrayStream* out) {
  std::lock_guard lock(mutex_);
  if (source_.one_shot && taken_) {
    return Invalid("engine.consumed",
                   "this Arrow stream was read already; a stream can be read once",
                   "Give a table, or read the rows once into one");
  }
  LAKEHOLD_TRY(OpenLocked());
  if (!SameTypes(bound, schema_->schema)) {
    return Invalid("engine.input_changed",
                   "the Arrow input has other columns or types than when the query was made",
                   "Make the query again");
  }
  *out = std::exchange(ready_, ArrowArrayStream{});
  taken_ = true;
  return {};
}

const ArrowInput* ArrowInput::Producing() { return producing; }

bool ArrowInput::consumed() const {
  std::lock_guard lock(mutex_);
  return source_.one_shot && taken_;
}

std::string ArrowInputs::Add(std::shared_ptr<ArrowInput> input) {
  std::lock_guard lock(mutex_);
  std::string key = fmt::format("i{}", next_++);
  inputs_.emplace(key, std::move(input));
  return key;
}

void ArrowInputs::Remove(std::string_view key) {
  std::shared_ptr<ArrowInput> removed;
  std::lock_guard lock(mutex_);
  auto found = inputs_.find(key);
  if (found == inputs_.end()) return;
  removed = std::move(found->second);
  inputs_.erase(found);
}

std::shared_ptr<ArrowInput> ArrowInputs::Find(std::string_view key) const {
  std::lock_guard lock(mutex_);
  auto found = inputs_.find(key);
  return found == inputs_.end() ? nullptr : found->second;
}

bool ArrowInputs::Holds(const ArrowInput* input) const {
  if (input == nullptr) return false;
  std::lock_guard lock(mutex_);
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [&](const auto& held) { return held.second.get() == input; });
}

size_t ArrowInputs::consumed() const {
  std::lock_guard lock(mutex_);
  size_t count = 0;
  for (const auto& [key, input] : inputs_) count += input->consumed() ? 1 : 0;
  return count;
}

duckdb::shared_ptr<ArrowInputs> ArrowInputs::Copy() const {
  auto copy = duckdb::make_shared_ptr<ArrowInputs>();
  std::lock_guard lock(mutex_);
  copy->next_ = next_;
  copy->inputs_ = inputs_;
  return copy;
}

duckdb::LogicalType WithUntypedParts(const duckdb::LogicalType& type, const ArrowSchema& column) {
  using duckdb::LogicalType;
  if (std::strcmp(column.format, "n") == 0) return LogicalType(duckdb::LogicalTypeId::SQLNULL);
  if (column.dictionary != nullptr || column.n_children < 1) return type;
  const auto child = [&](const LogicalType& inner) {
    return WithUntypedParts(inner, *column.children[0]);
  };
  switch (type.id()) {
    case duckdb::LogicalTypeId::LIST:
      return LogicalType::LIST(child(duckdb::ListType::GetChildType(type)));
    case duckdb::LogicalTypeId::ARRAY:
      return LogicalType::ARRAY(child(duckdb::ArrayType::GetChildType(type)),
                                duckdb::ArrayType::GetSize(type));
    case duckdb::LogicalTypeId::MAP: {
      const ArrowSchema& entry = *column.children[0];
      if (entry.n_children != 2) return type;
      return LogicalType::MAP(
          WithUntypedParts(duckdb::MapType::KeyType(type), *entry.children[0]),
          WithUntypedParts(duckdb::MapType::ValueType(type), *entry.children[1]));
    }
    case duckdb::LogicalTypeId::STRUCT: {
      auto fields = duckdb::StructType::GetChildTypes(type);
      if (static_cast<int64_t>(fields.size()) != column.n_children) return type;
      for (size_t i = 0; i < fields.size(); ++i)
        fields[i].second = WithUntypedParts(fields[i].second, *column.children[i]);
      return LogicalType::STRUCT(std::move(fields));
    }
    default:
      return type;
  }
}

duckdb::TableFunction ArrowInputFunction(duckdb::DatabaseInstance& database) {
  auto& system = duckdb::Catalog::GetSystemCatalog(database);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(database);
  auto& entry = system.GetSchema(transaction, DEFAULT_SCHEMA)
                    .GetEntry(transaction, duckdb::CatalogType::TABLE_FUNCTION_ENTRY, "arrow_scan")
                    ->Cast<duckdb::TableFunctionCatalogEntry>();
  duckdb::TableFunction function = entry.functions.GetFunctionByOffset(0);
  function.name = "lakehold_arrow";
  function.arguments = {duckdb::LogicalType::VARCHAR};
  function.bind = Bind;
  // Our producers do not filter, and DuckDB drops a pushed filter from the plan.
  function.filter_pushdown = false;
  function.filter_prune = false;
  function.supports_pushdown_type = nullptr;
  return function;
}

}  // namespace lakehold::engine
