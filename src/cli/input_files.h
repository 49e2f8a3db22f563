// InputFiles: what import and append read: files of one kind, and the SQL that reads them.
// Externally synchronized.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

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
  // A table function call for FROM. More texts that mean NULL may be given, to see what types they
  // would leave.
  std::string ReaderSql(const std::vector<std::string>& more_null_texts = {}) const;

 private:
  InputFiles() = default;

  std::vector<std::string> paths_;
  InputFlags flags_;
  Kind kind_ = Kind::kCsv;
  int64_t size_bytes_ = 0;
  std::string spool_;  // The temporary file, if any.
};

}  // namespace lakehold::cli
