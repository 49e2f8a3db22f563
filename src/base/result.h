// Result, Status, Error and the two macros that pass errors up. The types are public:
// include/lakehold/result.h.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lakehold/result.h"

namespace lakehold {

// One factory a kind: `return Invalid("sql.unknown_column", fmt::format(...), "next step");`
inline Error Invalid(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kInvalid, reason, std::move(message), std::move(hint), {}};
}
inline Error NotFound(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kNotFound, reason, std::move(message), std::move(hint), {}};
}
inline Error AlreadyExists(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kAlreadyExists, reason, std::move(message), std::move(hint), {}};
}
inline Error Conflict(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kConflict, reason, std::move(message), std::move(hint), {}};
}
inline Error OutcomeUnknown(std::string_view reason, std::string message,
                            std::string transaction_id, std::string hint = {}) {
  return {ErrorKind::kOutcomeUnknown, reason, std::move(message), std::move(hint),
          std::move(transaction_id)};
}
inline Error Denied(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kDenied, reason, std::move(message), std::move(hint), {}};
}
inline Error Unsupported(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kUnsupported, reason, std::move(message), std::move(hint), {}};
}
inline Error Corrupt(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kCorrupt, reason, std::move(message), std::move(hint), {}};
}
inline Error Unavailable(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kUnavailable, reason, std::move(message), std::move(hint), {}};
}
inline Error IoError(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kIo, reason, std::move(message), std::move(hint), {}};
}
inline Error Cancelled(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kCancelled, reason, std::move(message), std::move(hint), {}};
}
inline Error Internal(std::string_view reason, std::string message, std::string hint = {}) {
  return {ErrorKind::kInternal, reason, std::move(message), std::move(hint), {}};
}

}  // namespace lakehold

#define LAKEHOLD_CONCAT_INNER(a, b) a##b
#define LAKEHOLD_CONCAT(a, b) LAKEHOLD_CONCAT_INNER(a, b)

// Returns the error of a Status or Result expression, if it has one.
#define LAKEHOLD_TRY(expr)                                                \
  do {                                                                    \
    auto lakehold_status = (expr);                                        \
    if (!lakehold_status.ok()) return std::move(lakehold_status).error(); \
  } while (false)

// LAKEHOLD_ASSIGN(auto x, F()); declares x from the Result, or returns its error.
#define LAKEHOLD_ASSIGN(lhs, expr) \
  LAKEHOLD_ASSIGN_INNER(LAKEHOLD_CONCAT(lakehold_result_, __LINE__), lhs, expr)
#define LAKEHOLD_ASSIGN_INNER(result, lhs, expr)      \
  auto result = (expr);                               \
  if (!result.ok()) return std::move(result).error(); \
  lhs = std::move(result).value()
