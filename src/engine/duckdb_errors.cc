#include "engine/duckdb_errors.h"

#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace lakehold::engine {
namespace {

using duckdb::ExceptionType;
using Extra = std::unordered_map<std::string, std::string>;

constexpr const char* kKindKey = "lakehold_kind";
constexpr const char* kReasonKey = "lakehold_reason";
constexpr const char* kMessageKey = "lakehold_message";
constexpr const char* kHintKey = "lakehold_hint";
constexpr const char* kTransactionKey = "lakehold_transaction";
constexpr std::string_view kContextPrefix = "lakehold_about_";

// A reason is a view of a literal; what comes back out of an exception is text. The set holds each
// slug once, so it is bounded by the slugs in the program.
std::string_view KeepReason(const std::string& reason) {
  static std::mutex mutex;
  static std::set<std::string>* const reasons = new std::set<std::string>;
  std::lock_guard lock(mutex);
  return *reasons->insert(reason).first;
}

std::string TextOf(const Extra& extra, const char* key) {
  auto found = extra.find(key);
  return found == extra.end() ? std::string() : found->second;
}

std::optional<Error> CarriedError(const Extra& extra) {
  const std::string kind = TextOf(extra, kKindKey);
  if (kind.empty()) return std::nullopt;
  Error error;
  for (int i = 0; i <= static_cast<int>(ErrorKind::kInternal); ++i) {
    if (KindName(static_cast<ErrorKind>(i)) == kind) error.kind = static_cast<ErrorKind>(i);
  }
  error.reason = KeepReason(TextOf(extra, kReasonKey));
  error.message = TextOf(extra, kMessageKey);
  error.hint = TextOf(extra, kHintKey);
  error.transaction_id = TextOf(extra, kTransactionKey);
  for (const auto& [key, value] : extra) {
    if (key.starts_with(kContextPrefix))
      error.context.emplace_back(key.substr(kContextPrefix.size()), value);
  }
  return error;
}

Extra ExtraOf(const Error& error) {
  Extra extra;
  extra[kKindKey] = std::string(KindName(error.kind));
  extra[kReasonKey] = std::string(error.reason);
  extra[kMessageKey] = error.message;
  if (!error.hint.empty()) extra[kHintKey] = error.hint;
  if (!error.transaction_id.empty()) extra[kTransactionKey] = error.transaction_id;
  for (const auto& [word, value] : error.context) {
    extra[std::string(kContextPrefix) + word] = value;
  }
  return extra;
}

struct Translation {
  ExceptionType type;
  ErrorKind kind;
  std::string_view reason;
};
constexpr std::array kTranslations = {
    Translation{ExceptionType::OUT_OF_RANGE, ErrorKind::kInvalid, "sql.out_of_range"},
    Translation{ExceptionType::CONVERSION, ErrorKind::kInvalid, "sql.conversion"},
    Translation{ExceptionType::DECIMAL, ErrorKind::kInvalid, "sql.conversion"},
    Translation{ExceptionType::DIVIDE_BY_ZERO, ErrorKind::kInvalid, "sql.out_of_range"},
    Translation{ExceptionType::OBJECT_SIZE, ErrorKind::kInvalid, "sql.out_of_range"},
    Translation{ExceptionType::MISMATCH_TYPE, ErrorKind::kInvalid, "sql.type"},
    Translation{ExceptionType::INVALID_TYPE, ErrorKind::kInvalid, "sql.type"},
    Translation{ExceptionType::UNKNOWN_TYPE, ErrorKind::kInvalid, "sql.type"},
    Translation{ExceptionType::TRANSACTION, ErrorKind::kInvalid, "sql.transaction"},
    Translation{ExceptionType::NOT_IMPLEMENTED, ErrorKind::kUnsupported, "sql.not_implemented"},
    Translation{ExceptionType::EXPRESSION, ErrorKind::kInvalid, "sql.bind"},
    Translation{ExceptionType::CATALOG, ErrorKind::kInvalid, "sql.catalog"},
    Translation{ExceptionType::PARSER, ErrorKind::kInvalid, "sql.syntax"},
    Translation{ExceptionType::SYNTAX, ErrorKind::kInvalid, "sql.syntax"},
    Translation{ExceptionType::PLANNER, ErrorKind::kInvalid, "sql.bind"},
    Translation{ExceptionType::BINDER, ErrorKind::kInvalid, "sql.bind"},
    Translation{ExceptionType::CONSTRAINT, ErrorKind::kInvalid, "sql.constraint"},
    Translation{ExceptionType::SETTINGS, ErrorKind::kInvalid, "sql.setting"},
    Translation{ExceptionType::INVALID_CONFIGURATION, ErrorKind::kInvalid, "sql.setting"},
    Translation{ExceptionType::INVALID_INPUT, ErrorKind::kInvalid, "sql.invalid_input"},
    Translation{ExceptionType::PARAMETER_NOT_RESOLVED, ErrorKind::kInvalid, "sql.parameter"},
    Translation{ExceptionType::PARAMETER_NOT_ALLOWED, ErrorKind::kInvalid, "sql.parameter"},
    Translation{ExceptionType::DEPENDENCY, ErrorKind::kInvalid, "sql.dependency"},
    Translation{ExceptionType::SEQUENCE, ErrorKind::kInvalid, "sql.sequence"},
    Translation{ExceptionType::IO, ErrorKind::kIo, "engine.io"},
    Translation{ExceptionType::SERIALIZATION, ErrorKind::kIo, "engine.serialization"},
    Translation{ExceptionType::CONNECTION, ErrorKind::kIo, "engine.connection"},
    Translation{ExceptionType::NETWORK, ErrorKind::kUnavailable, "engine.network"},
    Translation{ExceptionType::HTTP, ErrorKind::kUnavailable, "engine.network"},
    Translation{ExceptionType::PERMISSION, ErrorKind::kDenied, "engine.permission"},
    Translation{ExceptionType::OUT_OF_MEMORY, ErrorKind::kIo, "engine.out_of_memory"},
    Translation{ExceptionType::INTERRUPT, ErrorKind::kCancelled, "engine.interrupted"},
    Translation{ExceptionType::MISSING_EXTENSION, ErrorKind::kUnsupported, "engine.no_extension"},
    Translation{ExceptionType::AUTOLOAD, ErrorKind::kUnsupported, "engine.no_extension"},
};

// DuckDB's message without the caret drawing: its first line, and "(line n)" where it points into a
// longer text.
std::string FirstLine(const std::string& raw) {
  std::string line = raw.substr(0, raw.find('\n'));
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  const size_t drawing = raw.find("\nLINE ");
  if (drawing != std::string::npos) {
    const size_t colon = raw.find(':', drawing);
    if (colon != std::string::npos) {
      line += fmt::format(" (line {})", raw.substr(drawing + 6, colon - drawing - 6));
    }
  }
  return line;
}

// What follows `label` up to the end of its line; "" if it is not there.
std::string Labelled(const std::string& raw, const std::string& label) {
  const size_t at = raw.find(label);
  if (at == std::string::npos) return {};
  const size_t begin = at + label.size();
  return raw.substr(begin, raw.find('\n', begin) - begin);
}

// DuckDB tells of a bad CSV line over many lines, a list of reader options behind it. Kept are
// file, line, what is wrong and the text of the line.
std::optional<std::string> CsvMessage(const std::string& raw) {
  constexpr size_t kShown = 200;
  const std::string number = Labelled(raw, "CSV Error on Line: ");
  if (number.empty() || !raw.starts_with("CSV Error")) return std::nullopt;
  std::string text = Labelled(raw, "Original Line: ");
  size_t at = raw.find('\n') + 1;
  if (!text.empty()) at = raw.find('\n', raw.find("Original Line: ")) + 1;
  std::string what = raw.substr(at, raw.find('\n', at) - at);
  while (!what.empty() && (what.back() == ' ' || what.back() == '.')) what.pop_back();
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return fmt::format("{}, line {}: {}; the line reads: {}", Labelled(raw, "\n  file = "), number,
                     what, text);
}

// What to do next, where DuckDB does not say.
std::string_view UsualHint(std::string_view reason) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kHints = {{
      {"sql.conversion", "Correct the value, or make it NULL with TRY_CAST"},
      {"sql.out_of_range", "Use a wider type, or leave such values out"},
      {"sql.type", "Cast the value to the type that is wanted"},
      {"sql.bind", "Compare the statement with the table: DESCRIBE shows its columns"},
      {"sql.unknown_column", "DESCRIBE shows the columns of a table"},
      {"sql.unknown_table", "SHOW TABLES lists the tables"},
      {"sql.unknown_type", "Check the type's name: BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP, ..."},
      {"sql.unknown_schema", "SHOW ALL TABLES lists schemas and tables"},
      {"sql.unknown_function", "Check the name and the types of its arguments"},
      {"sql.syntax", "Correct the statement; a name that is a word of SQL goes in double quotes"},
      {"sql.setting", "SELECT name FROM duckdb_settings() lists the settings"},
      {"sql.invalid_input", "Check the values and files the statement names"},
      {"sql.parameter", "Give every parameter a value"},
      {"sql.transaction", "ROLLBACK, then begin again"},
      {"sql.csv_line",
       "Correct the line, name other types or separators, or skip such lines with ignore_errors = "
       "true"},
      {"sql.no_such_file", "Check the path; a pattern must match at least one file"},
      {"sql.exists", "Pick another name, or CREATE OR REPLACE it"},
      {"engine.io", "Check the path and the disk, then repeat"},
      {"engine.permission", "This is switched off in lakes"},
  }};
  for (const auto& [known, hint] : kHints) {
    if (known == reason) return hint;
  }
  return {};
}

std::string HintFor(const duckdb::ErrorData& error) {
  const std::string candidates = TextOf(error.ExtraInfo(), "candidates");
  if (!candidates.empty()) {
    return fmt::format("Did you mean \"{}\"?", candidates.substr(0, candidates.find(',')));
  }
  if (error.Type() == ExceptionType::OUT_OF_MEMORY)
    return "Raise the memory limit, or give it a folder to spill to";
  if (error.Type() == ExceptionType::INTERNAL) return "Please report this";
  return {};
}

// The names DuckDB gives to what is missing are worth reasons of their own.
void Specialise(const duckdb::ErrorData& error, Error* result) {
  const std::string subtype = TextOf(error.ExtraInfo(), "error_subtype");
  const std::string& raw = error.RawMessage();
  if (error.Type() == ExceptionType::CATALOG && raw.find("configuration parameter") != raw.npos) {
    result->reason = "sql.setting";
  } else if (error.Type() == ExceptionType::CATALOG && raw.starts_with("Type with name")) {
    result->reason = "sql.unknown_type";
  } else if (error.Type() == ExceptionType::CATALOG &&
             (subtype == "MISSING_ENTRY" || raw.find("does not exist") != raw.npos)) {
    const std::string type = TextOf(error.ExtraInfo(), "type");
    result->kind = ErrorKind::kNotFound;
    result->reason = "sql.unknown_table";
    if (type.find("Function") != type.npos || raw.find(" Function with name") != raw.npos) {
      result->reason = "sql.unknown_function";
    } else if (type == "Schema" || raw.starts_with("Schema")) {
      result->reason = "sql.unknown_schema";
    }
  } else if (error.Type() == ExceptionType::CATALOG && raw.find("already exists") != raw.npos) {
    result->kind = ErrorKind::kAlreadyExists;
    result->reason = "sql.exists";
  } else if (error.Type() == ExceptionType::BINDER &&
             (subtype == "COLUMN_NOT_FOUND" || raw.starts_with("Referenced column") ||
              raw.find("does not have a column named") != raw.npos)) {
    result->reason = "sql.unknown_column";
  } else if (error.Type() == ExceptionType::IO && raw.starts_with("No files found that match")) {
    result->kind = ErrorKind::kNotFound;
    result->reason = "sql.no_such_file";
  } else if (error.Type() == ExceptionType::INVALID &&
             raw == std::string_view("Allocation failure")) {
    result->kind = ErrorKind::kIo;
    result->reason = "engine.out_of_memory";
  }
}

// The names and lines that DuckDB tells apart from its text.
Error WithContext(Error result, const duckdb::ErrorData& error) {
  const std::string& raw = error.RawMessage();
  const std::string name = TextOf(error.ExtraInfo(), "name");
  if (result.reason == "sql.csv_line") {
    return std::move(result)
        .With("file", Labelled(raw, "\n  file = "))
        .With("line", Labelled(raw, "CSV Error on Line: "));
  }
  if (result.reason == "sql.unknown_column" && !name.empty())
    return std::move(result).With("column", name);
  if (result.reason == "sql.unknown_table" && !name.empty())
    return std::move(result).With("table", name);
  return result;
}

// A result that failed before says "it is closed", and of what it failed behind that.
std::optional<duckdb::ErrorData> EarlierError(const duckdb::ErrorData& error) {
  const std::string& raw = error.RawMessage();
  const std::string text = raw.starts_with("Attempting to ") ? Labelled(raw, "\nError: ") : "";
  const size_t colon = text.find(" Error: ");
  if (colon == std::string::npos) return std::nullopt;
  const auto type = duckdb::Exception::StringToExceptionType(text.substr(0, colon));
  return duckdb::ErrorData(type, text.substr(colon + 8));
}

}  // namespace

Error ErrorFromDuckDb(const duckdb::ErrorData& error) {
  if (auto carried = CarriedError(error.ExtraInfo())) return *std::move(carried);
  if (const auto earlier = EarlierError(error)) return ErrorFromDuckDb(*earlier);
  const auto csv = CsvMessage(error.RawMessage());
  Error result =
      Internal("engine.internal", csv ? *csv : FirstLine(error.RawMessage()), HintFor(error));
  for (const Translation& translation : kTranslations) {
    if (translation.type == error.Type()) {
      result.kind = translation.kind;
      result.reason = translation.reason;
    }
  }
  Specialise(error, &result);
  // Several files, none of them with a column: to DuckDB a mistake of its own.
  if (error.RawMessage().find("must return at least one column") != std::string::npos) {
    result = Invalid("sql.empty_file", "the files are empty: they have no columns",
                     "Check what wrote them, or give the columns: columns = {'id': 'BIGINT'}");
  }
  if (csv) result.reason = "sql.csv_line";
  if (csv && error.RawMessage().find("not utf-8 encoded") != std::string::npos) {
    result.hint = "Convert the file first: iconv -f ISO-8859-1 -t UTF-8, or its own encoding";
  }
  if (result.hint.empty()) result.hint = UsualHint(result.reason);
  return WithContext(std::move(result), error);
}

Error ErrorFromDuckDb(const std::exception& exception) {
  return ErrorFromDuckDb(duckdb::ErrorData(exception));
}

void ThrowError(const Error& error) {
  const Extra extra = ExtraOf(error);
  switch (error.kind) {
    case ErrorKind::kIo:
    case ErrorKind::kCorrupt:
    case ErrorKind::kUnavailable:
    case ErrorKind::kDenied:
    case ErrorKind::kOutcomeUnknown:
      throw duckdb::IOException(extra, error.ToString());
    case ErrorKind::kUnsupported:
      throw duckdb::NotImplementedException(extra, error.ToString());
    case ErrorKind::kCancelled:
      // InterruptException takes no extra; its type alone says kCancelled.
      throw duckdb::InterruptException();
    default:
      throw duckdb::InvalidInputException(extra, error.ToString());
  }
}

duckdb::ErrorData ErrorDataOf(const Error& error) {
  try {
    ThrowError(error);
  } catch (const std::exception& exception) {
    return duckdb::ErrorData(exception);
  }
}

}  // namespace lakehold::engine
