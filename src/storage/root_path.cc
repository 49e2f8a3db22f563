#include "storage/root_path.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "storage/system_error.h"

namespace lakehold::storage {
namespace {

struct FreeText {
  void operator()(char* text) const { free(text); }
};

Error BadPath(std::string_view path, std::string_view why) {
  return Invalid("storage.bad_path", fmt::format("'{}' cannot be a folder: {}", path, why),
                 "Check the path");
}

// Appends the parts of `rest`, none of which exists.
Status AppendParts(std::string_view whole, std::string_view rest, std::string* path) {
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return BadPath(whole, "it steps back out of a folder that does not exist");
    if (part.size() > 255) return SystemError(ENAMETOOLONG, "cannot open", whole);
    if (path->back() != '/') *path += '/';
    *path += part;
  }
  return {};
}

}  // namespace

Result<RootPath> ResolveRoot(std::string_view path) {
  if (path.empty()) return BadPath(path, "it is empty");
  if (path.find('\0') != std::string_view::npos)
    return BadPath(path.substr(0, path.find('\0')), "it has a NUL byte");
  // The longest part that exists is resolved by the system; only folders can follow it.
  for (size_t end = path.size();;) {
    const std::string head =
        end == 0 ? (path.front() == '/' ? "/" : ".") : std::string(path.substr(0, end));
    const std::unique_ptr<char, FreeText> real(realpath(head.c_str(), nullptr));
    if (real != nullptr) {
      struct stat status {};
      if (stat(real.get(), &status) != 0) return SystemError(errno, "cannot open", real.get());
      if (!S_ISDIR(status.st_mode)) {
        return Invalid("storage.not_a_folder",
                       fmt::format("'{}' is a file, not a folder", real.get()),
                       "Give the folder of the lake or table");
      }
      RootPath resolved{real.get(), end == path.size()};
      const std::string_view rest = path.substr(end);
      LAKEHOLD_TRY(AppendParts(path, rest, &resolved.path));
      if (resolved.path == real.get()) resolved.exists = true;
      return resolved;
    }
    const int error = errno;
    // ENOTDIR: a shorter head is the file that stands in the way, and says so.
    if ((error != ENOENT && error != ENOTDIR) || end == 0)
      return SystemError(error, "cannot open", path);
    const size_t slash = path.rfind('/', end - 1);
    end = slash == std::string_view::npos ? 0 : slash;
  }
}

}  // namespace lakehold::storage
