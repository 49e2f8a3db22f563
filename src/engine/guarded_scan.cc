#include "engine/guarded_scan.h"

#include <mutex>
#include <optional>

#include "duckdb/common/multi_file/base_file_reader.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"

#include "engine/data_file.h"
#include "engine/duckdb_errors.h"
#include "engine/file_reader.h"

namespace lakehold::engine {
namespace {

const LakeFileReader& ReaderOf(const duckdb::optional_ptr<const duckdb::FunctionData> bind_data) {
  return bind_data->Cast<duckdb::MultiFileBindData>().multi_file_reader->Cast<LakeFileReader>();
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  try {
    ReaderOf(input.bind_data).parquet().scan(context, input, output);
  } catch (const std::exception& exception) {
    if (!input.local_state) throw;
    const auto& reader = input.local_state->Cast<duckdb::MultiFileLocalState>().reader;
    if (!reader) throw;
    RethrowAboutFile(exception, ReaderOf(input.bind_data).scan(), reader->file, false);
  }
}

// The file whose scan was about to begin.
std::optional<duckdb::OpenFileInfo> FileAhead(const duckdb::MultiFileGlobalState& state) {
  const std::lock_guard lock(state.lock);
  const duckdb::idx_t index = state.file_index;
  if (index >= state.readers.size() || !state.readers[index]->reader) return {};
  return state.readers[index]->reader->file;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> Begin(
    duckdb::ExecutionContext& context, duckdb::TableFunctionInitInput& input,
    duckdb::GlobalTableFunctionState* global_state) {
  try {
    return ReaderOf(input.bind_data).parquet().begin(context, input, global_state);
  } catch (const std::exception& exception) {
    const auto file = FileAhead(global_state->Cast<duckdb::MultiFileGlobalState>());
    if (!file) throw;
    RethrowAboutFile(exception, ReaderOf(input.bind_data).scan(), *file, false);
  }
}

}  // namespace

void RethrowAboutFile(const std::exception& exception, const LakeScan& scan,
                      const duckdb::OpenFileInfo& file, bool opening) {
  const auto ordinal = LakeFileList::OrdinalOf(file);
  if (!ordinal) throw;
  const auto bad = DataFileError(*scan.snapshot, *ordinal, ErrorFromDuckDb(exception), opening);
  if (!bad) throw;
  ThrowError(*bad);
}

ParquetScanFunctions GuardScan(duckdb::TableFunction& function) {
  const ParquetScanFunctions parquet{function.function, function.init_local};
  function.function = Scan;
  function.init_local = Begin;
  return parquet;
}

}  // namespace lakehold::engine
