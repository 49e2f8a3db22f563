// Errors across the border: DuckDB's exceptions become our Error, and our Error travels inside
// DuckDB's exceptions and comes out unchanged. Stateless functions. Never throw
// duckdb::InternalException: it invalidates the whole instance.
#pragma once

#include <exception>
#include <utility>

#include <duckdb.hpp>

#include "base/result.h"

namespace lakehold::engine {

// The Error that ThrowError put in, else the nearest kind and a reason "sql.*" or "engine.*".
Error ErrorFromDuckDb(const duckdb::ErrorData& error);
Error ErrorFromDuckDb(const std::exception& exception);

// DuckDB's form of our error, for CommitTransaction, which returns errors instead of throwing them.
duckdb::ErrorData ErrorDataOf(const Error& error);
// Throws it: an IOException for what the machine did, an InterruptException when cancelled, else
// InvalidInputException.
[[noreturn]] void ThrowError(const Error& error);

// For DuckDB's callbacks: the value, or ThrowError.
template <typename T>
T ValueOrThrow(Result<T> result) {
  if (!result.ok()) ThrowError(result.error());
  return std::move(result).value();
}
inline void CheckOrThrow(const Status& status) {
  if (!status.ok()) ThrowError(status.error());
}

// For our side of a call into DuckDB: `call()` returns a Result or Status; whatever it throws
// becomes an Error.
template <typename F>
auto CatchDuckDb(F&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& exception) {
    return ErrorFromDuckDb(exception);
  } catch (...) {
    return Internal("engine.unknown_exception", "DuckDB threw something that is no exception");
  }
}

}  // namespace lakehold::engine
