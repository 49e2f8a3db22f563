// Engine: the interface behind which DuckDB lives. Only results and Arrow cross it; no DuckDB type
// does.
//
// The library that implements it is loaded at first use (load_engine.h). Engine is thread-safe, a
// Session and its queries are externally synchronized. Start reading at Session::Run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel_token.h"
#include "base/result.h"
#include "base/runtime.h"
#include "base/sql_quote.h"
#include "delta/checkpoint.h"
#include "delta/snapshot_cache.h"
#include "lakehold/arrow_abi.h"
#include "lakehold/input.h"
#include "lakehold/report.h"
#include "storage/object_store.h"
#include "storage/open_store.h"
#include "txn/background_failures.h"

namespace lakehold::engine {

// What the engine needs of the process. The pointers outlive it.
struct Environment {
  Runtime runtime;
  delta::SnapshotCache* snapshots = nullptr;
  int threads = 0;           // 0: the CPUs this process may use.
  int64_t memory_bytes = 0;  // 0: half of the memory this process may use.
  std::string temp_folder;   // Made at the first spill. "": $LAKEHOLD_TEMP_DIR, else
                             // $TMPDIR/lakehold-<pid>-<random>.
  storage::Durability durability = storage::Durability::kFull;
  txn::BackgroundFailures* background_failures = nullptr;  // May be null.
};

// Values shared with the public API.
using lakehold::ColumnDescription;
using lakehold::CommitReport;
using lakehold::Explanation;
using lakehold::FileOptions;
using lakehold::Parameters;
using lakehold::QuoteName;
using lakehold::QuoteText;
using lakehold::ScanReport;
using lakehold::SqlValue;
using lakehold::StreamSource;
using lakehold::WriteMode;

// The result of one statement. A SELECT is bound when made (its tables are pinned) and runs at each
// Open; DML and DDL have run already and hold their counts as rows.
class Query {
 public:
  virtual ~Query() = default;
  virtual const std::vector<ColumnDescription>& columns() const = 0;
  // Rows as an Arrow C stream of record batches; `out` is filled on success and owned by the
  // caller. May be called again unless a one-shot input was consumed: then kInvalid
  // "engine.consumed". The stream stays valid after the Query is gone and while its Session runs
  // other statements (which buffer what is still open first).
  virtual Status Open(int64_t batch_rows, ArrowArrayStream* out) = 0;
  // How many rows the statement changed; -1 for a SELECT.
  virtual int64_t changed_rows() const = 0;
};

// Writes the rows of a SELECT into a table, in the open transaction or one of its own.
struct WriteRequest {
  std::vector<std::string> table;  // Catalog, schema, name; or fewer.
  std::string
      source;  // SELECT text; columns matched by name, ignoring case, cast to the table's types.
  Parameters parameters;
  WriteMode mode = WriteMode::kAppend;
  std::optional<std::string> where;  // kOverwrite: one scalar expression over partition columns.
  std::map<std::string, std::string> operation_parameters;  // For commitInfo.
};

class Session {
 public:
  virtual ~Session() = default;

  // Attaches a store as a lake named `name`; its tables are <name>.main.<table> and
  // <name>.<schema>.<table>.
  virtual Status Attach(std::string_view name, std::shared_ptr<storage::ObjectStore> store,
                        bool make_default) = 0;
  virtual Status Detach(std::string_view name) = 0;

  // Runs the statements in `sql` in order, stopping at the first error; the last one's result.
  // Parameters go to every statement that names them. A predicate or name built by us must come
  // through QuoteName or a parameter.
  virtual Result<std::unique_ptr<Query>> Run(std::string_view sql,
                                             const Parameters& parameters) = 0;
  // The commits that the last Run or Write made, in order.
  virtual const std::vector<CommitReport>& reports() const = 0;
  // Plans a SELECT and says which files it would read; never runs it.
  virtual Result<Explanation> Explain(std::string_view sql, const Parameters& parameters) = 0;
  virtual Result<CommitReport> Write(const WriteRequest& request) = 0;
  // Appends rows that are few and have the columns of `table` (catalog, schema, name), without a
  // plan: the same checks, files and commit as Write. Nothing, and nothing done, if they are not
  // such rows or a transaction is open: `*rows` then gives every row to Register.
  virtual Result<std::optional<CommitReport>> AppendFew(const std::vector<std::string>& table,
                                                        StreamSource* rows) = 0;
  // The columns of a SELECT, without running it.
  virtual Result<std::vector<ColumnDescription>> Describe(std::string_view sql,
                                                          const Parameters& parameters) = 0;

  // Gives Arrow input a name for later statements of this session, until Unregister. Shadows tables
  // of that name.
  virtual Status Register(std::string_view name, StreamSource source) = 0;
  virtual Status Unregister(std::string_view name) = 0;
  // The columns of a registered input. What has no type at all (Arrow null), as a column or within
  // one, is "NULL": SQL would call it INTEGER.
  virtual Result<std::vector<ColumnDescription>> InputColumns(std::string_view name) = 0;
  // How the data files of later statements are made.
  virtual void SetFileOptions(FileOptions options) = 0;

  // Whether `text` is one scalar expression: no statement, sub-query, aggregate or table function.
  // kInvalid "sql.not_an_expression" otherwise. The only way a user's condition enters a statement
  // made by us.
  virtual Status CheckExpression(std::string_view text) = 0;

  virtual bool in_transaction() const = 0;
  // Interrupts the statement running on another thread. The only thread-safe call.
  virtual void Interrupt() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<Session>> OpenSession() = 0;
  virtual std::shared_ptr<delta::CheckpointCodec> checkpoint_codec() = 0;
  // "v1.5.6 (069cc9f9b5)".
  virtual std::string version() const = 0;
};

// The engine library's one exported function. Null and `*error` filled on failure. `abi` is
// kEngineAbi.
using OpenEngineFunction = Engine* (*)(const Environment* environment, const char* abi,
                                       Error* error);
inline constexpr const char* kOpenEngineSymbol = "lakehold_engine_open";
// Version of this header: the loader and the library must agree.
inline constexpr const char* kEngineAbi = "lakehold-engine-3";

}  // namespace lakehold::engine
