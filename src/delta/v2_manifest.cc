#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

#include "delta/action_json.h"
#include "delta/v2_checkpoint.h"

namespace lakehold::delta {
namespace {

namespace dom = simdjson::dom;

// A number told as a text, as all tags are.
std::optional<int64_t> NumberTag(const dom::object& tags, std::string_view name) {
  std::string_view text;
  int64_t number = 0;
  if (tags[name].get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<TaggedSidecar> ReadSidecar(const dom::object& fields) {
  TaggedSidecar sidecar;
  std::string_view path;
  int64_t size = 0;
  dom::object tags;
  if (fields["path"].get(path) != simdjson::SUCCESS) return std::nullopt;
  if (fields["sizeInBytes"].get(size) != simdjson::SUCCESS || size < 0) return std::nullopt;
  if (fields["modificationTime"].get(sidecar.file.modified_ms) != simdjson::SUCCESS)
    return std::nullopt;
  if (fields["tags"].get(tags) != simdjson::SUCCESS) return std::nullopt;
  const auto adds = NumberTag(tags, "lakehold.adds");
  const auto add_bytes = NumberTag(tags, "lakehold.addBytes");
  const auto removes = NumberTag(tags, "lakehold.removes");
  if (!adds || !add_bytes || !removes) return std::nullopt;
  sidecar.file.path = path;
  sidecar.file.size_bytes = static_cast<uint64_t>(size);
  sidecar.adds = *adds;
  sidecar.add_bytes = *add_bytes;
  sidecar.removes = *removes;
  return sidecar;
}

bool ReadHead(const dom::object& fields, V2Manifest& manifest) {
  dom::object tags;
  std::string_view stats;
  if (fields["version"].get(manifest.version) != simdjson::SUCCESS) return false;
  if (fields["tags"].get(tags) != simdjson::SUCCESS) return false;
  if (tags["lakehold.stats"].get(stats) != simdjson::SUCCESS) return false;
  const auto since = NumberTag(tags, "lakehold.sinceClassic");
  if (!since) return false;
  manifest.since_classic = *since;
  manifest.stats = stats;
  return true;
}

}  // namespace

std::string FormatManifest(const V2Manifest& manifest, const std::vector<Action>& state) {
  std::string text = fmt::format(
      R"({{"checkpointMetadata":{{"version":{},"tags":{{"lakehold.stats":"{}","lakehold.sinceClassic":"{}"}}}}}})"
      "\n",
      manifest.version, manifest.stats, manifest.since_classic);
  for (const Action& action : state) AppendActionJson(action, text);
  for (const TaggedSidecar& sidecar : manifest.sidecars) {
    text += R"({"sidecar":{"path":)";
    AppendJsonString(sidecar.file.path, text);
    text += fmt::format(
        R"(,"sizeInBytes":{},"modificationTime":{},"tags":{{"lakehold.adds":"{}","lakehold.addBytes":"{}","lakehold.removes":"{}"}}}}}})"
        "\n",
        sidecar.file.size_bytes, sidecar.file.modified_ms, sidecar.adds, sidecar.add_bytes,
        sidecar.removes);
  }
  return text;
}

std::optional<V2Manifest> ParseManifest(std::string_view json) {
  V2Manifest manifest;
  dom::parser parser;
  dom::document_stream rows;
  const simdjson::padded_string padded(json);
  if (parser.parse_many(padded.data(), padded.size(), padded.size() + 32).get(rows) !=
      simdjson::SUCCESS)
    return std::nullopt;
  bool has_head = false;
  for (auto row : rows) {
    dom::object action, fields;
    if (row.get(action) != simdjson::SUCCESS) return std::nullopt;
    if (action["checkpointMetadata"].get(fields) == simdjson::SUCCESS) {
      if (has_head || !ReadHead(fields, manifest)) return std::nullopt;
      has_head = true;
    } else if (action["sidecar"].get(fields) == simdjson::SUCCESS) {
      auto sidecar = ReadSidecar(fields);
      if (!sidecar) return std::nullopt;
      manifest.sidecars.push_back(*std::move(sidecar));
    } else if (action["add"].get(fields) == simdjson::SUCCESS ||
               action["remove"].get(fields) == simdjson::SUCCESS) {
      return std::nullopt;  // Ours hold no files.
    }
  }
  if (!has_head) return std::nullopt;
  return manifest;
}

}  // namespace lakehold::delta
