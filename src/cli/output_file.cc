#include "cli/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lakehold::cli {

Error SystemError(const std::string& path, int code) {
  const std::string message = fmt::format("{}: {}", path, std::strerror(code));
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return NotFound("cli.no_such_file", message, "check the path");
    case EACCES:
    case EPERM:
    case EROFS:
      return Denied("cli.file_denied", message, "check the permissions");
    case EISDIR:
      return Invalid("cli.is_a_folder", message, "name a file");
    default:
      return IoError("cli.file_failed", message, "check the disk");
  }
}

Result<OutputFile> OutputFile::Open(const std::string& path) {
  if (path.empty() || path == "-") return OutputFile(STDOUT_FILENO, "stdout", "");
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return SystemError(path, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return SystemError(path, errno);
    return OutputFile(descriptor, path, "");
  }
  std::string staging = fmt::format("{}.{}.partial", path, getpid());
  const int descriptor = open(staging.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return SystemError(path, errno);
  return OutputFile(descriptor, path, std::move(staging));
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      before_first_write_(std::exchange(other.before_first_write_, {})),
      path_(std::move(other.path_)),
      staging_(std::exchange(other.staging_, {})) {}

OutputFile::~OutputFile() {
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
  if (!staging_.empty()) unlink(staging_.c_str());
}

Status OutputFile::Write(std::string_view text) {
  if (before_first_write_) std::exchange(before_first_write_, {})();
  while (!text.empty()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path_, errno);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status OutputFile::Finish() {
  if (staging_.empty()) return {};
  if (std::rename(staging_.c_str(), path_.c_str()) != 0) return SystemError(path_, errno);
  staging_.clear();
  return {};
}

}  // namespace lakehold::cli
