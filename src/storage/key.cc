#include "storage/key.h"

#include <algorithm>

#include <fmt/format.h>

namespace lakehold::storage {
namespace {

constexpr size_t kLongestNameBytes = 255;  // NAME_MAX of every file system we know.

// Control characters would be shown as something else; printing must not repeat them.
std::string Printable(std::string_view key) {
  std::string text;
  for (const char c : key.substr(0, 200)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return key.size() > 200 ? text + "..." : text;
}

Error BadKey(std::string_view key, std::string_view why) {
  return Invalid("storage.bad_key",
                 fmt::format("'{}' cannot name an object: {}", Printable(key), why),
                 "Use a relative name of parts joined by '/', none of them '.', '..' or empty");
}

bool HasControlCharacter(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return true;
  }
  return false;
}

Status CheckPart(std::string_view key, std::string_view part) {
  if (part.empty()) return BadKey(key, "it has an empty part");
  if (part == "." || part == "..") return BadKey(key, fmt::format("it has a part '{}'", part));
  if (part.size() > kLongestNameBytes) {
    return Invalid("storage.name_too_long",
                   fmt::format("'{}' cannot name an object: a part has {} bytes, the limit is {}",
                               Printable(key), part.size(), kLongestNameBytes),
                   "Choose a shorter name");
  }
  return {};
}

}  // namespace

std::string_view FolderOf(std::string_view key) {
  const size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
}

std::string_view NameOf(std::string_view key) {
  const size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? key : key.substr(slash + 1);
}

std::string JoinKey(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return fmt::format("{}/{}", folder, name);
}

Status CheckKey(std::string_view key) {
  if (key.empty()) return BadKey(key, "it is empty");
  if (HasControlCharacter(key)) return BadKey(key, "it has a control character");
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    LAKEHOLD_TRY(CheckPart(key, key.substr(begin, end - begin)));
    begin = end + 1;
  }
  return {};
}

bool IsValidKey(std::string_view key) { return CheckKey(key).ok(); }

Status CheckFolder(std::string_view folder) {
  if (folder.empty()) return {};
  return CheckKey(folder);
}

Status CheckPrefix(std::string_view prefix) {
  if (HasControlCharacter(NameOf(prefix))) return BadKey(prefix, "it has a control character");
  if (!prefix.empty() && prefix.front() == '/') return BadKey(prefix, "it begins with '/'");
  return CheckFolder(FolderOf(prefix));
}

}  // namespace lakehold::storage
