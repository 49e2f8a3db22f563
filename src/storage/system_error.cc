#include "storage/system_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

namespace lakehold::storage {

Error SystemError(int error_number, std::string_view doing, std::string_view path) {
  const std::string cause = std::generic_category().message(error_number);
  std::string message = fmt::format("{} '{}': {}", doing, path, cause);
  switch (error_number) {
    case ENOENT:
      return NotFound("storage.not_found", std::move(message), "Check the path");
    case EEXIST:
      return AlreadyExists("storage.exists", std::move(message), "Pick another name");
    case EACCES:
    case EPERM:
      return Denied("storage.denied", std::move(message),
                    "Ask the owner of the folder for the right, or change its mode");
    case ENOSPC:
      return IoError("storage.disk_full", std::move(message),
                     "Free some space on that file system, then repeat");
    case EDQUOT:
      return IoError("storage.disk_full", std::move(message),
                     "Free some of your disk quota, then repeat");
    case EROFS:
      return IoError("storage.read_only", std::move(message),
                     "Mount the file system writable, or use another folder");
    case EMFILE:
    case ENFILE:
      return IoError("storage.too_many_files", std::move(message),
                     "Raise the limit of open files (ulimit -n), then repeat");
    case ENOTDIR:
      return Invalid("storage.not_a_folder", std::move(message),
                     "Part of the path is a file: pick another path");
    case EISDIR:
      return Invalid("storage.is_a_folder", std::move(message),
                     "Pick another name, or remove the folder");
    case ELOOP:
      return Invalid(
          "storage.symlink", fmt::format("{} '{}': part of it is a symbolic link", doing, path),
          "Below the root no link is followed: replace it by the folder or file it stands for");
    case EXDEV:
      return Invalid("storage.other_device", std::move(message),
                     "It lies outside the root or on another file system");
    case ENAMETOOLONG:
      return Invalid("storage.name_too_long", std::move(message), "Choose a shorter name");
    case EFBIG:
      return IoError("storage.file_too_big", std::move(message),
                     "Raise the limit of file sizes (ulimit -f)");
    case ENOMEM:
      return IoError("storage.out_of_memory", std::move(message),
                     "Give the machine more memory, then repeat");
    case ESTALE:
    case ETIMEDOUT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
      return Unavailable("storage.unavailable", std::move(message),
                         "Check the file server, then repeat");
    default:
      return IoError("storage.io_error", std::move(message),
                     "Check the disk and the kernel log, then repeat");
  }
}

}  // namespace lakehold::storage
