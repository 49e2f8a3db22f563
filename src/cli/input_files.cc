#include "cli/input_files.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sql_quote.h"
#include "cli/output_file.h"
#include "cli/place.h"

namespace lakehold::cli {
namespace {

using Kind = InputFiles::Kind;

std::optional<Kind> KindOfName(std::string_view name) {
  if (name == "csv" || name == "txt") return Kind::kCsv;
  if (name == "tsv" || name == "tab") return Kind::kTsv;
  if (name == "parquet" || name == "pq") return Kind::kParquet;
  if (name == "json" || name == "ndjson" || name == "jsonl") return Kind::kJson;
  return std::nullopt;
}

// By the extension, looking through .gz and .zst.
std::optional<Kind> KindOfPath(std::string_view path) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (path.size() > packed.size() && path.substr(path.size() - packed.size()) == packed) {
      path.remove_suffix(packed.size());
    }
  }
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string extension(path.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return KindOfName(extension);
}

Kind KindOfContent(std::string_view head) {
  if (head.substr(0, 4) == "PAR1") return Kind::kParquet;
  const size_t first = head.find_first_not_of(" \t\r\n");
  const char c = first == std::string_view::npos ? '\0' : head[first];
  return c == '{' || c == '[' ? Kind::kJson : Kind::kCsv;
}

bool IsPattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

struct Spool {
  std::string path;
  Kind kind;
};

Status CopyStdin(int to, const std::string& path, Kind* kind) {
  std::string buffer(1 << 20, '\0');
  bool first = true;
  while (true) {
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("stdin", errno);
    if (count == 0) return {};
    std::string_view rest(buffer.data(), static_cast<size_t>(count));
    if (std::exchange(first, false)) *kind = KindOfContent(rest);
    while (!rest.empty()) {
      const ssize_t written = write(to, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) return SystemError(path, errno);
      if (written > 0) rest.remove_prefix(static_cast<size_t>(written));
    }
  }
}

// Types are inferred before the rows are read, so stdin is read twice: by way of a file.
Result<Spool> SpoolStdin() {
  const char* folder = std::getenv("TMPDIR");
  Spool spool{fmt::format("{}/lakehold-stdin-XXXX"
                          "XX",
                          folder && *folder ? folder : "/tmp"),
              Kind::kCsv};
  const int descriptor = mkstemp(spool.path.data());
  if (descriptor < 0) return SystemError(spool.path, errno);
  const auto status = CopyStdin(descriptor, spool.path, &spool.kind);
  close(descriptor);
  if (!status.ok()) {
    unlink(spool.path.c_str());
    return status.error();
  }
  return spool;
}

Error EmptyInput(const std::string& name) {
  return Invalid("cli.empty_input", fmt::format("{} is empty: it has no columns", name),
                 "check what wrote it");
}

// `name` is the file as people know it.
Result<int64_t> SizeOfFile(const std::string& path, const std::string& name) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return SystemError(path, errno);
  if (S_ISDIR(status.st_mode)) {
    return Invalid("cli.is_a_folder", fmt::format("{} is a folder", path),
                   fmt::format("name its files, such as '{}/*.csv'", path));
  }
  if (access(path.c_str(), R_OK) != 0) return SystemError(path, errno);
  if (S_ISREG(status.st_mode) && status.st_size == 0) {
    return EmptyInput(name);
  }
  return static_cast<int64_t>(status.st_size);
}

std::string SqlList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const auto& text : texts) list += (list.size() > 1 ? ", " : "") + QuoteText(text);
  return list + "]";
}

}  // namespace

Result<InputFiles> InputFiles::Open(const InputFlags& flags) {
  InputFiles input;
  input.flags_ = flags;
  std::optional<Kind> kind;
  if (!flags.kind.empty() && !(kind = KindOfName(flags.kind))) {
    return Invalid("cli.unknown_input", fmt::format("\"{}\" is no kind of input", flags.kind),
                   "use csv, tsv, parquet or json");
  }
  for (const auto& file : flags.files) {
    std::optional<Kind> own = KindOfPath(file);
    if (file == "-" && input.spool_.empty()) {
      LAKEHOLD_ASSIGN(const auto spool, SpoolStdin());
      input.spool_ = spool.path;
      input.paths_.push_back(spool.path);
      own = spool.kind;
    } else {
      input.paths_.push_back(IsUrl(file) ? file : std::filesystem::absolute(file).string());
    }
    if (!IsUrl(file) && (!IsPattern(file) || PathExists(input.paths_.back()))) {
      LAKEHOLD_ASSIGN(const int64_t size,
                      SizeOfFile(input.paths_.back(), file == "-" ? "stdin" : file));
      input.size_bytes_ += size;
    }
    if (!flags.kind.empty()) continue;
    if (!own) {
      return Invalid("cli.unknown_input", fmt::format("what kind of file is {}?", file),
                     "say --type csv, tsv, parquet or json");
    }
    if (kind && *kind != *own) {
      return Invalid("cli.mixed_input", "the files are of different kinds",
                     "import one kind after the other");
    }
    kind = own;
  }
  input.kind_ = kind.value_or(Kind::kCsv);
  return input;
}

InputFiles::InputFiles(InputFiles&& other) noexcept
    : paths_(std::move(other.paths_)),
      flags_(std::move(other.flags_)),
      kind_(other.kind_),
      size_bytes_(other.size_bytes_),
      spool_(std::exchange(other.spool_, {})) {}

InputFiles::~InputFiles() {
  if (!spool_.empty()) unlink(spool_.c_str());
}

std::optional<RaggedLine> InputFiles::FindRaggedLine(char separator) const {
  constexpr size_t kLookBytes = size_t{1} << 20;
  for (const auto& path : paths_) {
    std::ifstream file(path);
    std::string text(kLookBytes, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    auto ragged = RaggedLineOf(text, separator);
    if (!ragged) continue;
    ragged->file = spool_.empty() ? std::filesystem::path(path).filename().string() : "stdin";
    return ragged;
  }
  return std::nullopt;
}

Error InputFiles::EmptyError() const { return EmptyInput(description()); }

std::string InputFiles::description() const {
  if (paths_.size() != 1) return fmt::format("{} files", paths_.size());
  if (!spool_.empty()) return "stdin";
  return std::filesystem::path(paths_[0]).filename().string();
}

std::string InputFiles::ReaderSql(const std::vector<std::string>& more_null_texts) const {
  const std::string files = SqlList(paths_);
  const bool many = paths_.size() > 1 || IsPattern(paths_[0]);
  const std::string by_name = many ? ", union_by_name = true" : "";
  if (kind_ == Kind::kParquet) return fmt::format("read_parquet({}{})", files, by_name);
  std::string options = by_name;
  if (flags_.sample == "all") {
    options += ", sample_size = -1";
  } else if (!flags_.sample.empty()) {
    options += ", sample_size = " + flags_.sample;
  }
  if (kind_ == Kind::kJson) return fmt::format("read_json({}{})", files, options);
  std::vector<std::string> nulls = {""};
  nulls.insert(nulls.end(), flags_.null_texts.begin(), flags_.null_texts.end());
  nulls.insert(nulls.end(), more_null_texts.begin(), more_null_texts.end());
  options += ", nullstr = " + SqlList(nulls);
  std::string types;
  for (const auto& column : types_) {
    types += fmt::format("{}{}: {}", types.empty() ? "" : ", ", QuoteText(column.name),
                         QuoteText(column.type));
  }
  if (!types.empty()) options += fmt::format(", types = {{{}}}", types);
  if (kind_ == Kind::kTsv) options += ", delim = '\t'";
  return fmt::format("read_csv({}{})", files, options);
}

}  // namespace lakehold::cli
