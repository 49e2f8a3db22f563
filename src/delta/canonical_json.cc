#include "delta/canonical_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <simdjson.h>

namespace lakehold::delta {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' ||
                            byte == '_' || byte == '~';
    if (unreserved) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back("0123456789ABCDEF"[byte >> 4]);
      out.push_back("0123456789ABCDEF"[byte & 15]);
    }
  }
  out.push_back('"');
  return out;
}

using Leaves = std::vector<std::pair<std::string, std::string>>;

void Flatten(const element& value, const std::string& path, Leaves& leaves) {
  const std::string prefix = path.empty() ? path : path + "+";
  switch (value.type()) {
    case element_type::OBJECT:
      for (const auto& field : simdjson::dom::object(value))
        Flatten(field.value, prefix + Quoted(field.key), leaves);
      break;
    case element_type::ARRAY: {
      size_t position = 0;
      for (const auto& item : simdjson::dom::array(value)) {
        Flatten(item, prefix + std::to_string(position++), leaves);
      }
      break;
    }
    case element_type::STRING:
      leaves.emplace_back(path, Quoted(std::string_view(value)));
      break;
    default:
      leaves.emplace_back(path, simdjson::minify(value));
  }
}

}  // namespace

std::optional<std::string> CanonicalJson(std::string_view json, std::string_view left_out) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  Leaves leaves;
  for (const auto& field : object) {
    if (field.key != left_out) Flatten(field.value, Quoted(field.key), leaves);
  }
  std::sort(leaves.begin(), leaves.end());
  std::string text;
  for (const auto& [path, value] : leaves) {
    if (!text.empty()) text.push_back(',');
    text.append(path).append("=").append(value);
  }
  return text;
}

}  // namespace lakehold::delta
