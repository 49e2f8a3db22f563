// RootPath: where a local store lives, made absolute and canonical once. Symbolic links are allowed
// here, and only here.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lakehold::storage {

struct RootPath {
  std::string path;     // Absolute, without links, '.', '..' and doubled '/' as far as it exists.
  bool exists = false;  // As a folder.
};

// `path` may be relative; '~' means nothing. kInvalid "storage.not_a_folder" if a file is in its
// place, "storage.bad_path" if it is empty or steps back (..) out of a folder that does not exist.
Result<RootPath> ResolveRoot(std::string_view path);

}  // namespace lakehold::storage
