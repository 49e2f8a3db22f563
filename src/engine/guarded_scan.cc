#include "engine/guarded_scan.h"

#include <mutex>
#include <string_view>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/file_reader.h"
#include "engine/store_registry.h"

namespace lakehold::engine {
namespace {

// "lakehold://<handle>/<key>" without what people have not named.
std::string KeyOf(const std::string& path) {
  if (!path.starts_with(kStoreScheme)) return path;
  const size_t slash = path.find('/', kStoreScheme.size());
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool IsDamage(const Error& error, bool opening) {
  const std::string_view reason = error.reason;
  if (reason == "engine.internal" || reason == "engine.io" || reason == "engine.serialization" ||
      reason == "storage.short_read")
    return true;
  const bool of_reader = error.message.find("arquet") != std::string::npos ||
                         error.message.find("failed to cast column") != std::string::npos;
  // A condition of the query may have failed instead.
  return reason.starts_with("sql.") && (opening || of_reader);
}

const ParquetScanFunctions& Unguarded(
    const duckdb::optional_ptr<const duckdb::FunctionData> bind_data) {
  return bind_data->Cast<duckdb::MultiFileBindData>()
      .multi_file_reader->Cast<LakeFileReader>()
      .parquet();
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  try {
    Unguarded(input.bind_data).scan(context, input, output);
  } catch (const std::exception& exception) {
    if (!input.local_state) throw;
    const auto& reader = input.local_state->Cast<duckdb::MultiFileLocalState>().reader;
    if (!reader) throw;
    RethrowAboutFile(exception, reader->GetFileName(), false);
  }
}

// The file whose scan was about to begin.
std::string FileAhead(const duckdb::MultiFileGlobalState& state) {
  const std::lock_guard lock(state.lock);
  const duckdb::idx_t index = state.file_index;
  if (index >= state.readers.size() || !state.readers[index]->reader) return {};
  return state.readers[index]->reader->GetFileName();
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> Begin(
    duckdb::ExecutionContext& context, duckdb::TableFunctionInitInput& input,
    duckdb::GlobalTableFunctionState* global_state) {
  try {
    return Unguarded(input.bind_data).begin(context, input, global_state);
  } catch (const std::exception& exception) {
    const auto path = FileAhead(global_state->Cast<duckdb::MultiFileGlobalState>());
    if (path.empty()) throw;
    RethrowAboutFile(exception, path, false);
  }
}

}  // namespace

void RethrowAboutFile(const std::exception& exception, const std::string& path, bool opening) {
  const Error error = ErrorFromDuckDb(exception);
  if (!IsDamage(error, opening)) throw;
  const std::string key = KeyOf(path);
  ThrowError(Corrupt("engine.bad_data_file",
                     fmt::format("{} cannot be read as the Parquet file it should be: {}", key,
                                 error.message),
                     "restore the file from a backup; lakehold fsck --deep names all that are "
                     "damaged")
                 .With("file", key));
}

ParquetScanFunctions GuardScan(duckdb::TableFunction& function) {
  const ParquetScanFunctions parquet{function.function, function.init_local};
  function.function = Scan;
  function.init_local = Begin;
  return parquet;
}

}  // namespace lakehold::engine
