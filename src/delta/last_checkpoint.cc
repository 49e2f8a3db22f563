#include <fmt/format.h>
#include <simdjson.h>

#include "delta/canonical_json.h"
#include "delta/checkpoint.h"
#include "delta/md5.h"

namespace lakehold::delta {
namespace {

constexpr std::string_view kChecksum = "checksum";

template <typename T>
std::optional<T> NumberAt(const simdjson::dom::object& object, std::string_view key) {
  int64_t number = 0;
  if (object[key].get(number) != simdjson::SUCCESS || number < 0) return std::nullopt;
  return static_cast<T>(number);
}

}  // namespace

std::optional<LastCheckpoint> ParseLastCheckpoint(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  const auto version = NumberAt<Version>(object, "version");
  if (!version) return std::nullopt;
  std::string_view checksum;
  if (object[kChecksum].get(checksum) == simdjson::SUCCESS) {
    const auto canonical = CanonicalJson(json, kChecksum);
    if (!canonical || Md5Hex(*canonical) != checksum) return std::nullopt;
  }
  return LastCheckpoint{
      *version, NumberAt<int64_t>(object, "size").value_or(0), NumberAt<uint32_t>(object, "parts"),
      NumberAt<uint64_t>(object, "sizeInBytes"), NumberAt<int64_t>(object, "numOfAddFiles")};
}

std::string FormatLastCheckpoint(const LastCheckpoint& hint) {
  std::string fields = fmt::format("\"version\":{},\"size\":{}", hint.version, hint.size);
  if (hint.parts) fields += fmt::format(",\"parts\":{}", *hint.parts);
  if (hint.size_bytes) fields += fmt::format(",\"sizeInBytes\":{}", *hint.size_bytes);
  if (hint.num_of_add_files) fields += fmt::format(",\"numOfAddFiles\":{}", *hint.num_of_add_files);
  const std::string checksum = Md5Hex(CanonicalJson("{" + fields + "}", kChecksum).value_or(""));
  return fmt::format("{{{},\"{}\":\"{}\"}}", fields, kChecksum, checksum);
}

}  // namespace lakehold::delta
