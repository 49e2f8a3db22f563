#include "delta/stats.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/stats_value.h"

namespace lakehold::delta {
namespace {

// An object of the output: a leaf has JSON text, a struct has children in the order they came.
struct Node {
  std::string name;
  std::string json;
  std::vector<Node> children;
};

void Insert(Node& root, const StatsPath& path, std::string json) {
  Node* at = &root;
  for (const auto& name : path) {
    // Leaves come in schema order, so the struct we are in is the last child, if any.
    auto found = std::find_if(at->children.rbegin(), at->children.rend(),
                              [&](const Node& n) { return n.name == name; });
    if (found == at->children.rend()) {
      at->children.push_back({name, {}, {}});
      at = &at->children.back();
    } else {
      at = &*found;
    }
  }
  at->json = std::move(json);
}

void AppendNode(const Node& node, std::string& out) {
  if (!node.json.empty()) {
    out += node.json;
    return;
  }
  out += '{';
  for (const auto& child : node.children) {
    if (out.back() != '{') out += ',';
    AppendJsonString(child.name, out);
    out += ':';
    AppendNode(child, out);
  }
  out += '}';
}

bool IsNan(const Scalar& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isnan(*number);
}

}  // namespace

std::string FormatStats(int64_t num_records, const std::vector<LeafStats>& leaves) {
  Node min, max, nulls;
  for (const auto& leaf : leaves) {
    // A min of NaN would be the work of a writer that saw nothing else; it says nothing to readers
    // who order otherwise.
    bool nan = leaf.has_nan || IsNan(leaf.max);
    if (!IsNull(leaf.min) && !IsNan(leaf.min)) {
      if (auto text = FormatBound(leaf.min, BoundSide::kMin, leaf.type))
        Insert(min, leaf.path, std::move(*text));
    }
    if (!IsNull(leaf.max) && !nan) {
      if (auto text = FormatBound(leaf.max, BoundSide::kMax, leaf.type))
        Insert(max, leaf.path, std::move(*text));
    }
    if (leaf.null_count) Insert(nulls, leaf.path, fmt::format("{}", *leaf.null_count));
  }
  std::string out =
      fmt::format("{{\"numRecords\":{},\"tightBounds\":true,\"minValues\":", num_records);
  AppendNode(min, out);
  out += ",\"maxValues\":";
  AppendNode(max, out);
  out += ",\"nullCount\":";
  AppendNode(nulls, out);
  out += '}';
  return out;
}

}  // namespace lakehold::delta
