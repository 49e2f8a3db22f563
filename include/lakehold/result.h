// Result<T> and Error: how every lakehold call answers. Immutable values.
//
// An Error means "unchanged", unless its kind is kOutcomeUnknown, which carries the transaction id
// that settles it. Code branches on `kind`, tests and documentation name `reason`, people read
// `message` and `hint`; nobody searches messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lakehold {

// What the caller should do. A closed set: adding one needs an ADR.
enum class ErrorKind : uint8_t {
  kInvalid,         // Fix the call.
  kNotFound,        // Check the name or the version.
  kAlreadyExists,   // Open it, or pick another name.
  kConflict,        // Re-read and redo the work.
  kOutcomeUnknown,  // Look for `transaction_id` before redoing.
  kDenied,          // Obtain the right.
  kUnsupported,     // Use a build that knows the feature.
  kCorrupt,         // Stop; restore.
  kUnavailable,     // Try later (we already retried).
  kIo,              // Repair the machine (disk full, read-only).
  kCancelled,       // Nothing.
  kInternal,        // Report a bug.
};

// The kind's name without the k, such as "NotFound".
std::string_view KindName(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string_view
      reason;           // What happened: a stable literal slug, such as "txn.concurrent_append".
  std::string message;  // Which object, which numbers, why. One line.
  std::string hint;     // The next step; may be empty.
  std::string transaction_id;  // Only with kOutcomeUnknown: the id to look for.
  // What it is about, for programs: a word once, such as "table", "path", "version", "column",
  // "row" (from 0), "value", "file", "line".
  std::vector<std::pair<std::string, std::string>> context = {};

  // The same error that knows one word more; a word that is there stays as it is.
  Error With(std::string_view word, std::string value) &&;
  // "message. hint [reason]", for people.
  std::string ToString() const;
};

inline Error Error::With(std::string_view word, std::string value) && {
  for (const auto& known : context) {
    if (known.first == word) return std::move(*this);
  }
  context.emplace_back(word, std::move(value));
  return std::move(*this);
}

// The part of std::expected<T, Error> lakehold uses.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Precondition: ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // Precondition: !ok().
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  // Precondition: !ok().
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace lakehold
