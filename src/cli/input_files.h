// InputFiles: what import and append read: files of one kind, and the SQL that reads them.
// Externally synchronized.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/ragged_line.h"
#include "lakehold/report.h"

namespace lakehold::cli {

struct InputFlags {
  std::vector<std::string> files;  // Paths, patterns or "-".
  std::string kind;  // csv, tsv, parquet, json; "": by the name, for stdin by the content.
  std::vector<std::string> null_texts;
  std::string
      sample;  // Rows looked at to infer types: a number or "all"; "": the engine's default.
};

class InputFiles {
 public:
  enum class Kind : uint8_t { kCsv, kTsv, kParquet, kJson };

  // Stdin is kept in a temporary file until this goes. kNotFound "cli.no_such_file", kInvalid
  // "cli.unknown_input".
  static Result<InputFiles> Open(const InputFlags& flags);
  ~InputFiles();
  InputFiles(InputFiles&& other) noexcept;
  InputFiles& operator=(InputFiles&&) = delete;

  bool is_text() const { return kind_ == Kind::kCsv || kind_ == Kind::kTsv; }
  Kind kind() const { return kind_; }
  int64_t size_bytes() const { return size_bytes_; }
  // "flights.csv", "3 files".
  std::string description() const;
  // The first line, of the first MiB of each file, with another number of fields than the file's
  // first line. Nothing if there is none, or the files are packed.
  std::optional<RaggedLine> FindRaggedLine(char separator) const;
  // kInvalid "cli.empty_input": for an input without rows in which columns would be a guess.
  Error EmptyError() const;
  // Reads these columns of CSV as these types, from their text and not by way of a guess.
  void SetTypes(std::vector<ColumnDescription> types) { types_ = std::move(types); }
  // A table function call for FROM. More texts that mean NULL may be given, to see what types they
  // would leave.
  std::string ReaderSql(const std::vector<std::string>& more_null_texts = {}) const;

 private:
  InputFiles() = default;

  std::vector<std::string> paths_;
  std::vector<ColumnDescription> types_;
  InputFlags flags_;
  Kind kind_ = Kind::kCsv;
  int64_t size_bytes_ = 0;
  std::string spool_;  // The temporary file, if any.
};

}  // namespace lakehold::cli
