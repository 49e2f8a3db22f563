// ArrowInput: Arrow streams given by a caller, read by DuckDB as tables. Thread-safe.
//
// Columns are projected here, on our side of the stream; filters never go into it (a producer would
// ignore them).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/input_contract.h"

namespace lakehold::engine {

class ArrowInput : public std::enable_shared_from_this<ArrowInput> {
 public:
  explicit ArrowInput(StreamSource source) : source_(std::move(source)) {}
  ~ArrowInput();
  ArrowInput(const ArrowInput&) = delete;
  ArrowInput& operator=(const ArrowInput&) = delete;

  // The stream's schema, to be released by the caller; opens the stream if none is open. A stream
  // opened for its schema is the one the next Take gives.
  Status ExportSchema(ArrowSchema* out);
  // A stream of rows of the schema `bound`. kInvalid "engine.consumed" if a one-shot source gave
  // its stream already, "engine.input_changed" if a source opened again has other types.
  Status Take(const ArrowSchema& bound, ArrowArrayStream* out);
  // Whether a statement that read this source cannot be run again.
  bool consumed() const;
  // The input whose producer is giving rows on this thread; null if none is.
  static const ArrowInput* Producing();

 private:
  Status OpenLocked();

  const StreamSource source_;
  mutable std::mutex
      mutex_;  // Guards what follows; held while the source opens, which must not come back here.
  ArrowArrayStream ready_{};  // Opened, not yet taken; release is null if there is none.
  std::shared_ptr<SharedSchema> schema_;
  bool taken_ = false;
};

// The inputs of one session by key, known to each of its connections.
class ArrowInputs final : public duckdb::ClientContextState {
 public:
  static constexpr const char* kStateName = "lakehold_arrow_inputs";

  std::string Add(std::shared_ptr<ArrowInput> input);
  void Remove(std::string_view key);
  std::shared_ptr<ArrowInput> Find(std::string_view key) const;
  bool Holds(const ArrowInput* input) const;
  // How many one-shot inputs have been read.
  size_t consumed() const;
  // The same inputs, as they are now.
  duckdb::shared_ptr<ArrowInputs> Copy() const;

 private:
  mutable std::mutex mutex_;
  uint64_t next_ = 1;
  std::map<std::string, std::shared_ptr<ArrowInput>, std::less<>> inputs_;
};

// The type of an Arrow column, SQLNULL wherever it has none, as a column or within one: DuckDB
// calls such parts INTEGER.
duckdb::LogicalType WithUntypedParts(const duckdb::LogicalType& type, const ArrowSchema& column);

// lakehold_arrow('<key>'): the rows of an input of this session.
duckdb::TableFunction ArrowInputFunction(duckdb::DatabaseInstance& database);

}  // namespace lakehold::engine
