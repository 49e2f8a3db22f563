// NotYet: the one answer to statements the engine does not run yet, given before anything is
// written. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lakehold::engine {

// kUnsupported "sql.not_yet": "UPDATE is not supported yet (table trips)".
inline Error NotYet(std::string_view statement, std::string_view object, std::string_view name,
                    std::string hint = {}) {
  std::string message(statement);
  message.append(" is not supported yet (").append(object).append(" ").append(name).append(")");
  return Unsupported("sql.not_yet", std::move(message), std::move(hint));
}

}  // namespace lakehold::engine
