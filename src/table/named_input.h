// NamedInput: Arrow input under a name of its own in a session, for as long as this object lives.
// Externally synchronized.
#pragma once

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
  // Its columns; what has no type is "NULL".
  Result<std::vector<ColumnDescription>> Columns() { return session_.InputColumns(plain_name_); }
  // Quoted, for a FROM clause.
  std::string name() const { return QuoteName(plain_name_); }

 private:
  engine::Session& session_;
  std::string plain_name_;
  bool registered_ = false;
};

}  // namespace lakehold::table
