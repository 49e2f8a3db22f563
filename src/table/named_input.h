// NamedInput: Arrow input under a name of its own in a session, for as long as this object lives.
// Externally synchronized.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/result.h"
#include "base/sql_quote.h"
#include "engine/engine.h"

namespace lakehold::table {

class NamedInput {
 public:
  explicit NamedInput(engine::Session& session)
      : session_(session),
        plain_name_(fmt::format("lakehold_input_{:x}", reinterpret_cast<uintptr_t>(this))) {}
  ~NamedInput() {
    if (registered_) [[maybe_unused]]
      const auto ignored = session_.Unregister(plain_name_);
  }
  NamedInput(const NamedInput&) = delete;
  NamedInput& operator=(const NamedInput&) = delete;

  Status Register(StreamSource source) {
    LAKEHOLD_TRY(session_.Register(plain_name_, std::move(source)));
    registered_ = true;
    return {};
  }
  // Its columns; those without a type are of type "NULL".
  Result<std::vector<ColumnDescription>> Columns() {
    LAKEHOLD_ASSIGN(auto columns, session_.Describe("SELECT * FROM " + name(), {}));
    LAKEHOLD_ASSIGN(const auto untyped, session_.UntypedColumns(plain_name_));
    for (auto& column : columns) {
      if (std::find(untyped.begin(), untyped.end(), column.name) != untyped.end())
        column.type = "NULL";
    }
    return columns;
  }
  // Quoted, for a FROM clause.
  std::string name() const { return QuoteName(plain_name_); }

 private:
  engine::Session& session_;
  std::string plain_name_;
  bool registered_ = false;
};

}  // namespace lakehold::table
