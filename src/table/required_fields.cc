#include "table/required_fields.h"

#include <string_view>
#include <utility>

#include "base/sql_quote.h"

namespace lakehold::table {
namespace {

void Collect(const ArrowSchema& parent, const std::string& path, RequiredFields* into) {
  const std::string_view format = parent.format;
  const bool is_map = format == "+m";
  const bool is_list = !is_map && format.starts_with("+") && !format.starts_with("+s");
  for (int64_t i = 0; i < parent.n_children; ++i) {
    const ArrowSchema& child = *parent.children[i];
    // A map's one child is the pair of key and value, which is always there, as are the keys.
    if (is_map) {
      if (child.n_children != 2) continue;
      const ArrowSchema& value = *child.children[1];
      const std::string below = path + ".\"value\"";
      if ((value.flags & ARROW_FLAG_NULLABLE) == 0) into->nested.push_back(below);
      Collect(value, below, into);
      continue;
    }
    const std::string name = is_list ? "element" : child.name == nullptr ? "" : child.name;
    const std::string below = path.empty() ? QuoteName(name) : path + "." + QuoteName(name);
    if ((child.flags & ARROW_FLAG_NULLABLE) == 0) {
      if (path.empty()) {
        into->columns.push_back(name);
      } else {
        into->nested.push_back(below);
      }
    }
    Collect(child, below, into);
  }
}

}  // namespace

StreamSource CollectRequired(StreamSource source, RequiredFields* into) {
  StreamSource watched;
  watched.one_shot = source.one_shot;
  watched.open = [inner = std::move(source.open), into](ArrowArrayStream* out) -> Status {
    if (auto opened = inner(out); !opened.ok()) return opened;
    ArrowSchema schema{};
    if (out->get_schema(out, &schema) != 0) return {};  // Whoever reads the stream will hear of it.
    *into = {};
    Collect(schema, "", into);
    schema.release(&schema);
    return {};
  };
  return watched;
}

}  // namespace lakehold::table
