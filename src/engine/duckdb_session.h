// DuckDbSession: a Session on one DuckDB connection. Externally synchronized but for Interrupt.
//
// Statements run on the session's connection; a SELECT outside of a transaction gets a sibling
// connection of its own, which keeps its snapshots pinned and its stream alive. Inside a
// transaction its rows are taken at once. Next: query.h.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "engine/arrow_input.h"
#include "engine/duckdb_instance.h"
#include "engine/engine.h"
#include "engine/small_append.h"
#include "engine/statement.h"

namespace lakehold::engine {

class DuckDbSession final : public Session {
 public:
  explicit DuckDbSession(std::shared_ptr<DuckDbInstance> instance);
  ~DuckDbSession() override;

  Status Attach(std::string_view name, std::shared_ptr<storage::ObjectStore> store,
                bool make_default) override;
  Status Detach(std::string_view name) override;
  Result<std::unique_ptr<Query>> Run(std::string_view sql, const Parameters& parameters) override;
  const std::vector<CommitReport>& reports() const override { return reports_; }
  Result<Explanation> Explain(std::string_view sql, const Parameters& parameters) override;
  Result<CommitReport> Write(const WriteRequest& request) override;
  Result<std::optional<CommitReport>> AppendFew(const std::vector<std::string>& table,
                                                StreamSource* rows) override;
  Result<std::vector<ColumnDescription>> Describe(std::string_view sql,
                                                  const Parameters& parameters) override;
  Status Register(std::string_view name, StreamSource source) override;
  Status Unregister(std::string_view name) override;
  Result<std::vector<ColumnDescription>> InputColumns(std::string_view name) override;
  void SetFileOptions(FileOptions options) override;
  Status CheckExpression(std::string_view text) override;
  bool in_transaction() const override;
  void Interrupt() override;

 private:
  struct RegisteredInput {
    std::string name;
    std::string key;
  };

  // kInvalid "engine.session_busy" when called by the producer of an input that a statement of this
  // session is reading: it would wait for itself.
  Status CheckNotProducing() const;
  // A connection with this session's defaults, settings, temporary objects and inputs.
  duckdb::unique_ptr<duckdb::Connection> OpenSibling();
  void WatchForInterrupt(const duckdb::shared_ptr<duckdb::ClientContext>& context);
  // Clears what the last statement left and arms a new cancel token.
  void BeginStatement();
  // Runs on the session's connection to the end; again after a conflict, where nothing was consumed
  // by the first try.
  Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> Finish(const ParsedStatement& parsed);
  Result<std::unique_ptr<Query>> RunOne(ParsedStatement parsed, bool last);
  Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> FinishOnce(
      const ParsedStatement& parsed);

  std::shared_ptr<DuckDbInstance> instance_;
  duckdb::unique_ptr<duckdb::Connection> connection_;
  duckdb::shared_ptr<ArrowInputs> inputs_;
  std::vector<RegisteredInput> registered_;
  std::vector<std::string> lakes_;
  std::vector<CommitReport> reports_;
  SmallAppends small_appends_;

  std::mutex mutex_;  // Guards what Interrupt reads.
  std::vector<duckdb::weak_ptr<duckdb::ClientContext>> contexts_;
  std::shared_ptr<CancelToken> cancel_;
};

}  // namespace lakehold::engine
