// RawObject: the entries of a raw JSON object as texts (tags are maps of text in checkpoints). Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lakehold::engine {

using RawObjectEntries = std::vector<std::pair<std::string, std::optional<std::string>>>;

// Nothing for text that is no JSON object of strings and nulls.
std::optional<RawObjectEntries> ParseRawObject(const std::string& json);
// The reverse: every value is a JSON string, an absent one null.
std::string FormatRawObject(const RawObjectEntries& entries);

}  // namespace lakehold::engine
