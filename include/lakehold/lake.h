// Lake: a folder of tables, and one SQL session on it. Start here. Movable; externally
// synchronized.
//
//   auto lake = lakehold::Lake::Connect("data/lake");
//   lake->Sql("CREATE TABLE trips (id BIGINT, fare DOUBLE)");
//   lake->Sql("INSERT INTO trips VALUES (1, 9.5)");
//   auto rows = lake->Sql("SELECT sum(fare) FROM trips AT (VERSION => 1)");
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lakehold/arrow_abi.h"
#include "lakehold/export.h"
#include "lakehold/report.h"
#include "lakehold/request.h"
#include "lakehold/result.h"
#include "lakehold/rows.h"
#include "lakehold/table.h"

namespace lakehold {

class LAKEHOLD_EXPORT Lake {
 public:
  // A lake at a folder, made at the first write; "" is a temporary lake of this process. kInvalid
  // "facade.is_a_table" if the folder is a table.
  static Result<Lake> Connect(std::string_view location, const OpenOptions& options = {});

  ~Lake();
  Lake(Lake&&) noexcept;
  Lake& operator=(Lake&&) noexcept;

  const std::string& location() const;
  // Another session on the same lake.
  Result<Lake> Session() const;

  // Runs the statements in order, stopping at the first error; the last one's result.
  Result<Rows> Sql(std::string_view sql, const Parameters& parameters = {});
  // The commits of the last Sql, Create or Table::Write through this lake.
  const std::vector<CommitReport>& reports() const;
  Result<Explanation> Explain(std::string_view sql, const Parameters& parameters = {});
  bool in_transaction() const;

  Result<std::vector<std::string>> Tables() const;
  Result<Table> OpenTable(std::string_view name);
  Result<Table> Create(const CreateRequest& request);

  // Gives Arrow input a name for this session's statements.
  Status Register(std::string_view name, StreamSource source);
  Status Unregister(std::string_view name);
  // Interrupts the statement running on another thread. Thread-safe.
  void Interrupt();

 private:
  friend class Table;
  struct State;
  explicit Lake(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Waits for what runs behind acknowledged commits (checkpoints). Called by itself at exit; call it
// before unloading the library or ending the process in a way that skips exit handlers.
LAKEHOLD_EXPORT void FinishBackgroundWork();

}  // namespace lakehold
