#include "cli/conformance_reader.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sql_quote.h"
#include "cli/arrow_stream.h"
#include "lakehold/lake.h"
#include "render/content_hash.h"

namespace lakehold::cli {
namespace {

using Kind = ReaderAnswer::Kind;

Status HashRows(Rows& rows, ReaderAnswer& answer) {
  LAKEHOLD_ASSIGN(auto stream, ArrowStream::Open(rows));
  LAKEHOLD_ASSIGN(auto hash, render::ContentHash::Open(stream.schema()));
  LAKEHOLD_TRY(stream.ForEach([&](const ArrowArray& batch) { return hash.Add(batch); }));
  answer.rows = hash.rows();
  answer.hash = hash.Hex();
  return {};
}

// Errors that are an answer about the table, and those that are the reader's own trouble.
bool IsRefusal(ErrorKind kind) {
  return kind == ErrorKind::kInvalid || kind == ErrorKind::kNotFound ||
         kind == ErrorKind::kUnsupported || kind == ErrorKind::kCorrupt;
}

Status ReadOwn(const std::string& table, std::optional<Version> version, const OpenOptions& options,
               ReaderAnswer& answer) {
  const VersionSpec spec = version ? VersionSpec(AtVersion{*version}) : VersionSpec(Latest{});
  LAKEHOLD_ASSIGN(auto opened, Table::Open(table, spec, options));
  LAKEHOLD_ASSIGN(const auto status, opened.Describe());
  answer.live_files = status.files;
  LAKEHOLD_ASSIGN(auto rows, opened.Scan());
  return HashRows(rows, answer);
}

// A folder of this process that goes with it.
class ScratchFolder {
 public:
  static Result<std::shared_ptr<ScratchFolder>> Make() {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    std::string path = (error ? std::string("/tmp") : parent.string()) +
                       "/lakehold-XXXX"
                       "XX";
    if (mkdtemp(path.data()) == nullptr) {
      return IoError("cli.file_failed", fmt::format("{}: {}", path, std::strerror(errno)),
                     "set TMPDIR to a folder that can be written");
    }
    return std::shared_ptr<ScratchFolder>(new ScratchFolder(path));
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

std::string ReadText(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The last line that is not empty: where programs put their reason.
std::string LastLine(const std::string& text) {
  const size_t end = text.find_last_not_of(" \r\n\t");
  if (end == std::string::npos) return "";
  const size_t begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
}

class ProgramReader {
 public:
  ProgramReader(std::string command, int timeout_s, std::shared_ptr<ScratchFolder> folder,
                std::shared_ptr<Lake> lake)
      : command_(std::move(command)),
        timeout_s_(timeout_s),
        folder_(std::move(folder)),
        lake_(std::move(lake)) {}

  ReaderAnswer operator()(const std::string& table, std::optional<Version> version) const {
    ReaderAnswer answer;
    const std::string rows_file = folder_->File("rows.parquet");
    std::error_code ignored;
    std::filesystem::remove(rows_file, ignored);
    const auto code = RunProgram(table, rows_file, version);
    answer.live_files = FilesTold(ReadText(folder_->File("stdout")));
    if (!code) {
      answer.text = fmt::format("no answer within {} s", timeout_s_);
      return answer;
    }
    const std::string reason = LastLine(ReadText(folder_->File("stderr")));
    if (!WIFEXITED(*code) || WEXITSTATUS(*code) > 125) {
      answer.text = WIFEXITED(*code)
                        ? fmt::format("exit code {}: {}", WEXITSTATUS(*code), reason)
                        : fmt::format("ended by signal {}: {}", WTERMSIG(*code), reason);
    } else if (WEXITSTATUS(*code) != 0) {
      answer.kind = reason.empty() ? Kind::kBroken : Kind::kRefused;
      answer.text = reason.empty() ? "exit code without a word on stderr" : reason;
    } else {
      const Status read = HashFile(rows_file, answer);
      answer.kind = read.ok() ? Kind::kRows : Kind::kBroken;
      if (!read.ok()) answer.text = read.error().ToString();
    }
    return answer;
  }

 private:
  static std::optional<int64_t> FilesTold(const std::string& text) {
    const size_t at = text.starts_with("files ") ? 0 : text.find("\nfiles ");
    if (at == std::string::npos) return std::nullopt;
    return std::atoll(text.c_str() + text.find(' ', at));
  }

  // The status of waitpid, or nothing if the time was up.
  std::optional<int> RunProgram(const std::string& table, const std::string& rows_file,
                                std::optional<Version> version) const {
    // The shell only splits the command into words, then becomes it.
    const std::string script = "exec " + command_ + " \"$@\"";
    const std::string at = version ? std::to_string(*version) : "";
    const char* arguments[] = {"sh",
                               "-c",
                               script.c_str(),
                               "sh",
                               table.c_str(),
                               rows_file.c_str(),
                               version ? at.c_str() : nullptr,
                               nullptr};
    const std::string out = folder_->File("stdout"), err = folder_->File("stderr");
    const pid_t child = fork();
    if (child < 0) return 127 << 8;
    if (child == 0) {
      const int in = open("/dev/null", O_RDONLY);
      const int to = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      const int err_to = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(in, 0);
      dup2(to, 1);
      dup2(err_to, 2);
      execv("/bin/sh", const_cast<char**>(arguments));
      _exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s_);
    for (int pause_ms = 1;; pause_ms = std::min(pause_ms * 2, 20)) {
      int status = 0;
      if (waitpid(child, &status, WNOHANG) == child) return status;
      if (std::chrono::steady_clock::now() > deadline) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        return std::nullopt;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    }
  }

  Status HashFile(const std::string& file, ReaderAnswer& answer) const {
    LAKEHOLD_ASSIGN(auto rows, lake_->Sql("SELECT * FROM read_parquet(" + QuoteText(file) + ")"));
    return HashRows(rows, answer);
  }

  std::string command_;
  int timeout_s_;
  std::shared_ptr<ScratchFolder> folder_;
  std::shared_ptr<Lake> lake_;
};

}  // namespace

ConformanceReader NewOwnReader(const OpenOptions& options) {
  return [options](const std::string& table, std::optional<Version> version) {
    ReaderAnswer answer;
    const Status read = ReadOwn(table, version, options, answer);
    if (read.ok()) {
      answer.kind = Kind::kRows;
      return answer;
    }
    answer.error_kind = read.error().kind;
    answer.kind = IsRefusal(read.error().kind) ? Kind::kRefused : Kind::kBroken;
    answer.text = fmt::format("{} [{}]", read.error().message, read.error().reason);
    return answer;
  };
}

Result<ConformanceReader> NewProgramReader(const std::string& command, int timeout_s) {
  LAKEHOLD_ASSIGN(auto folder, ScratchFolder::Make());
  LAKEHOLD_ASSIGN(auto lake, Lake::Connect(""));
  return ConformanceReader(
      ProgramReader(command, timeout_s, folder, std::make_shared<Lake>(std::move(lake))));
}

}  // namespace lakehold::cli
