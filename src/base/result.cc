#include "base/result.h"

#include "lakehold/export.h"

namespace lakehold {

LAKEHOLD_EXPORT std::string_view KindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "Invalid";
    case ErrorKind::kNotFound:
      return "NotFound";
    case ErrorKind::kAlreadyExists:
      return "AlreadyExists";
    case ErrorKind::kConflict:
      return "Conflict";
    case ErrorKind::kOutcomeUnknown:
      return "OutcomeUnknown";
    case ErrorKind::kDenied:
      return "Denied";
    case ErrorKind::kUnsupported:
      return "Unsupported";
    case ErrorKind::kCorrupt:
      return "Corrupt";
    case ErrorKind::kUnavailable:
      return "Unavailable";
    case ErrorKind::kIo:
      return "Io";
    case ErrorKind::kCancelled:
      return "Cancelled";
    case ErrorKind::kInternal:
      return "Internal";
  }
  return "Internal";
}

LAKEHOLD_EXPORT std::string Error::ToString() const {
  std::string text = message;
  auto end_sentence = [&text] {
    if (!text.empty() && text.back() != '.' && text.back() != '!' && text.back() != '?')
      text += '.';
  };
  if (!hint.empty()) {
    end_sentence();
    if (!text.empty()) text += ' ';
    text += hint;
  }
  if (!transaction_id.empty()) {
    end_sentence();
    text += " Transaction id: ";
    text += transaction_id;
  }
  if (!reason.empty()) {
    if (!text.empty()) text += ' ';
    text += '[';
    text += reason;
    text += ']';
  }
  return text;
}

}  // namespace lakehold
