#include "storage/open_store.h"

#include <cctype>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "storage/local_store.h"
#include "storage/root_path.h"

namespace lakehold::storage {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error BadUri(std::string_view uri, std::string_view why) {
  return Invalid(
      "storage.bad_uri", fmt::format("'{}' is no file URI: {}", uri, why),
      "Write file:///absolute/path with special characters percent-encoded, or a plain path");
}

// The scheme of "scheme:...": letters, digits, '+', '-', '.', beginning with a letter, at least two
// characters. "" if none.
std::string_view SchemeOf(std::string_view location) {
  const size_t colon = location.find(':');
  if (colon == std::string_view::npos || colon < 2 ||
      std::isalpha(static_cast<unsigned char>(location[0])) == 0)
    return {};
  for (const char c : location.substr(0, colon)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.')
      return {};
  }
  return location.substr(0, colon);
}

// RFC 8089. Decodes once: %2525 is the name "%25".
Result<std::string> PathOfFileUri(std::string_view uri) {
  std::string_view rest = uri.substr(5);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    if (!host.empty() && host != "localhost")
      return BadUri(uri, fmt::format("'{}' is another machine", host));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  }
  if (!rest.starts_with('/')) return BadUri(uri, "its path is not absolute");
  if (rest.find_first_of("?#") != std::string_view::npos)
    return BadUri(uri, "it has a query or fragment");
  std::string path;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') {
      path += rest[i];
      continue;
    }
    const int high = i + 2 < rest.size() ? HexDigit(rest[i + 1]) : -1;
    const int low = i + 2 < rest.size() ? HexDigit(rest[i + 2]) : -1;
    if (high < 0 || low < 0) return BadUri(uri, "'%' needs two hexadecimal digits");
    if (high == 0 && low == 0) return BadUri(uri, "it has a NUL byte");
    path += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return path;
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenStore(std::string_view location, Durability durability,
                                               bool create, const Runtime& runtime) {
  std::string path(location);
  const std::string_view scheme = SchemeOf(location);
  if (scheme == "file") {
    LAKEHOLD_ASSIGN(path, PathOfFileUri(location));
  } else if (!scheme.empty() && location.substr(scheme.size()).starts_with("://")) {
    return Unsupported(
        "storage.unknown_scheme",
        fmt::format("'{}': this build cannot open '{}:' locations", location, scheme),
        "Use a path or a file: URI");
  }
  LAKEHOLD_ASSIGN(RootPath root, ResolveRoot(path));
  if (!create && !root.exists) {
    const bool tilde = location.starts_with('~');
    return NotFound("storage.no_folder", fmt::format("there is no folder '{}'", root.path),
                    tilde ? "'~' is not expanded here: write the home folder's path"
                          : "Check the path, or create it first")
        .With("path", root.path);
  }
  return OpenLocalStore(std::move(root.path), durability, runtime);
}

}  // namespace lakehold::storage
