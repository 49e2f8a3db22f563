// Paths of data files: the folder of a partition, and the text of a path in the log.
//
// Two encodings lie on top of each other. On disk a folder is "col=value" with Hive's escapes (a
// '/' in a value is "%2F"). In the log the whole path is a URI, so the '%' of such a folder is
// encoded once more ("%252F").
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "delta/partition_value.h"

namespace lakehold::delta {

namespace {

constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

// Hive's and Spark's list, as ExternalCatalogUtils.escapePathName has it, and NUL: control
// characters, DEL and
//   " # % ' * / : = ? \ { [ ] ^
// All else, spaces and UTF-8 included, stays as it is.
constexpr std::array<bool, 256> MakeFolderEscapes() {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = true;
  table[0x7F] = true;
  for (const char c : std::string_view("\"#%'*/:=?\\{[]^"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kFolderEscapes = MakeFolderEscapes();

// Letters, digits and -_.~/= stay; all else is encoded, though RFC 2396 would allow more: decoders
// agree on these only
// (":" can look like a scheme, "+" like a space).
constexpr std::array<bool, 256> MakePathEscapes() {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    table[c] = !letter;
  }
  for (const char c : std::string_view("-_.~/=")) table[static_cast<unsigned char>(c)] = false;
  return table;
}
constexpr std::array<bool, 256> kPathEscapes = MakePathEscapes();

void AppendEncoded(std::string_view text, const std::array<bool, 256>& escapes, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!escapes[byte]) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> DecodeOnce(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// The scheme in front of ':', or nothing for a path. "col=a:b" has none: '=' is no scheme
// character.
std::string_view SchemeOf(std::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == ':') return path.substr(0, i);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (i == 0 || !later)) return {};
  }
  return {};
}

// An absolute place: "file" for local ones, else scheme and authority as written ("s3://bucket");
// then the path in parts.
struct Place {
  std::string origin;
  std::vector<std::string> parts;
};

// Parts between slashes; empty ones and "." say nothing. Fails on "..", NUL, or a path without a
// last part.
bool SplitParts(std::string_view path, std::vector<std::string>& parts) {
  if (path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") return false;
    parts.emplace_back(part);
  }
  return true;
}

// `encoded`: the path part is URI-encoded (paths in the log are, a plain local root is not).
std::optional<Place> ParsePlace(std::string_view text, bool encoded) {
  Place place;
  const std::string_view scheme = SchemeOf(text);
  std::string_view path = text;
  place.origin = "file";
  if (!scheme.empty()) {
    path.remove_prefix(scheme.size() + 1);
    std::string_view authority;
    if (path.starts_with("//")) {
      path.remove_prefix(2);
      authority = path.substr(0, path.find('/'));
      path.remove_prefix(authority.size());
    }
    const bool local = scheme == "file" && (authority.empty() || authority == "localhost");
    if (!local) place.origin = fmt::format("{}://{}", scheme, authority);
  }
  std::optional<std::string> decoded = encoded ? DecodeOnce(path) : std::string(path);
  if (!decoded || !SplitParts(*decoded, place.parts)) return std::nullopt;
  return place;
}

std::string JoinParts(const std::vector<std::string>& parts, size_t first) {
  std::string key;
  for (size_t i = first; i < parts.size(); ++i) {
    if (i > first) key += '/';
    key += parts[i];
  }
  return key;
}

Error BadPath(std::string_view path) {
  return Corrupt(
      "delta.bad_path",
      fmt::format("the log names the data file \"{}\", which is no path inside a table", path),
      "only the writer of this table can repair it");
}

}  // namespace

std::string PartitionFolder(std::string_view column, const std::optional<std::string>& value) {
  std::string folder;
  AppendEncoded(column, kFolderEscapes, folder);
  folder += '=';
  if (value && !value->empty()) {
    AppendEncoded(*value, kFolderEscapes, folder);
  } else {
    folder += kNullFolder;
  }
  return folder;
}

std::string EncodeLogPath(std::string_view key) {
  std::string out;
  out.reserve(key.size() + 16);
  AppendEncoded(key, kPathEscapes, out);
  return out;
}

Result<std::string> DecodeLogPath(std::string_view path, std::string_view root_uri) {
  if (path.empty() || path.back() == '/') return BadPath(path);
  if (path.front() != '/' && SchemeOf(path).empty()) {
    const std::optional<std::string> decoded = DecodeOnce(path);
    std::vector<std::string> parts;
    // A decoded leading slash would turn a relative path into an absolute one.
    if (!decoded || decoded->front() == '/' || decoded->back() == '/' ||
        !SplitParts(*decoded, parts) || parts.empty()) {
      return BadPath(path);
    }
    return JoinParts(parts, 0);
  }
  const std::optional<Place> place = ParsePlace(path, true);
  if (!place) return BadPath(path);
  const std::optional<Place> root = ParsePlace(root_uri, root_uri.starts_with("file:"));
  const bool inside = root && place->origin == root->origin &&
                      place->parts.size() > root->parts.size() &&
                      std::equal(root->parts.begin(), root->parts.end(), place->parts.begin());
  if (!inside) {
    return Unsupported(
        "delta.path_outside_table",
        fmt::format("the log names the data file \"{}\", which is outside the table {}", path,
                    root_uri),
        "copy the table with its data files, or read it with the tool that made the shallow clone");
  }
  return JoinParts(place->parts, root->parts.size());
}

}  // namespace lakehold::delta
