#include "engine/raw_object.h"

#include <utility>
#include <variant>

#include "base/bytes.h"
#include "delta/action_json.h"

namespace lakehold::engine {

std::optional<RawObjectEntries> ParseRawObject(const std::string& json) {
  // The log's parser reads maps of text too: as the partition values of a file.
  const std::string line =
      R"({"add":{"path":"x","size":0,"modificationTime":0,"dataChange":false,"partitionValues":)" +
      json + "}}\n";
  std::optional<RawObjectEntries> entries;
  const Status parsed =
      delta::ParseCommit(Bytes::CopyOf(line), "tags", {}, [&](delta::Action&& action) -> Status {
        if (auto* add = std::get_if<delta::AddFile>(&action))
          entries = std::move(add->partition_values);
        return {};
      });
  if (!parsed.ok()) return std::nullopt;
  return entries;
}

std::string FormatRawObject(const RawObjectEntries& entries) {
  std::string json = "{";
  for (const auto& [key, value] : entries) {
    if (json.size() > 1) json += ',';
    delta::AppendJsonString(key, json);
    json += ':';
    if (value)
      delta::AppendJsonString(*value, json);
    else
      json += "null";
  }
  return json + "}";
}

}  // namespace lakehold::engine
