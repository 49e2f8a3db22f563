// How an Error leaves the process: its exit code and its line on stderr. Pure functions. The table:
// ARCHITECTURE.md.
#pragma once

#include <string>

#include "lakehold/result.h"

namespace lakehold::cli {

inline int ExitCode(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 2;
    case ErrorKind::kNotFound:
      return 3;
    case ErrorKind::kAlreadyExists:
      return 4;
    case ErrorKind::kConflict:
      return 5;
    case ErrorKind::kOutcomeUnknown:
      return 6;
    case ErrorKind::kDenied:
      return 7;
    case ErrorKind::kUnsupported:
      return 8;
    case ErrorKind::kCorrupt:
      return 9;
    case ErrorKind::kUnavailable:
      return 10;
    case ErrorKind::kIo:
      return 11;
    case ErrorKind::kCancelled:
      return 130;
    case ErrorKind::kInternal:
      break;
  }
  return 70;
}

// "error: message. hint [reason]", the first word in red if `color`.
inline std::string ErrorLine(const Error& error, bool color) {
  std::string line = color ? "\x1b[1;31merror:\x1b[0m " : "error: ";
  Error shown = error;
  if (!shown.hint.empty() && shown.hint[0] >= 'a' && shown.hint[0] <= 'z') {
    shown.hint[0] = static_cast<char>(shown.hint[0] - 'a' + 'A');
  }
  line += shown.ToString();
  if (!error.transaction_id.empty()) line += " (transaction " + error.transaction_id + ")";
  return line + "\n";
}

}  // namespace lakehold::cli
