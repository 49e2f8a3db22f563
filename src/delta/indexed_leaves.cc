#include <algorithm>
#include <charconv>
#include <limits>

#include "base/ascii_case.h"
#include "base/limits.h"
#include "delta/stats.h"

namespace lakehold::delta {
namespace {

bool HasStatistics(TypeKind kind) { return kind < TypeKind::kStruct; }

using NameList = std::vector<std::vector<std::string>>;

// "a, st.b, `odd,name`.c": names by commas, parts by dots, a doubled backtick inside backticks
// stands for one.
NameList ParseColumnNames(std::string_view text) {
  NameList names(1);
  std::string part;
  bool quoted = false;      // Inside backticks.
  bool was_quoted = false;  // This part had some: blanks around it do not count, blanks inside do.
  auto end_part = [&] {
    if (!was_quoted) {
      part.erase(0, part.find_first_not_of(" \t"));
      part.erase(part.find_last_not_of(" \t") + 1);
    }
    names.back().push_back(std::move(part));
    part.clear();
    was_quoted = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '`') {
      bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '`';
      if (doubled) {
        part += c;
        ++i;
      } else {
        if (!quoted && !was_quoted) part.clear();
        quoted = !quoted;
        was_quoted = true;
      }
    } else if (quoted) {
      part += c;
    } else if (c == '.' || c == ',') {
      end_part();
      if (c == ',') names.emplace_back();
    } else if (!was_quoted || (c != ' ' && c != '\t')) {
      part += c;
    }
  }
  end_part();
  std::erase_if(names, [](const auto& name) { return name.size() == 1 && name[0].empty(); });
  return names;
}

struct LeafWalk {
  const NameList* wanted = nullptr;  // Null: the first `left` leaves.
  int64_t left = 0;
  std::vector<std::string> logical;
  StatsPath physical;
  std::vector<StatsPath> leaves;

  bool Wanted() const {
    return std::any_of(wanted->begin(), wanted->end(), [&](const auto& name) {
      return name.size() <= logical.size() &&
             std::equal(name.begin(), name.end(), logical.begin(), SameIgnoringCase);
    });
  }

  void Visit(const Field& field) {
    logical.push_back(field.name);
    physical.emplace_back(field.physical_name());
    if (field.type.kind == TypeKind::kStruct) {
      for (const auto& child : field.type.fields) Visit(child);
    } else if (wanted == nullptr ? left > 0 : Wanted()) {
      --left;
      if (HasStatistics(field.type.kind)) leaves.push_back(physical);
    }
    logical.pop_back();
    physical.pop_back();
  }
};

int64_t IndexedColumns(const std::map<std::string, std::string>& configuration) {
  auto found = configuration.find("delta.dataSkippingNumIndexedCols");
  if (found == configuration.end()) return limits::kStatsLeaves;
  int64_t count = 0;
  const std::string& text = found->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  // A value that is no number is not ours to refuse here: it only decides how much is written.
  if (error != std::errc() || end != text.data() + text.size() || count < -1)
    return limits::kStatsLeaves;
  return count == -1 ? std::numeric_limits<int64_t>::max() : count;
}

}  // namespace

std::vector<StatsPath> IndexedLeaves(const Schema& schema,
                                     const std::vector<std::string>& partition_columns,
                                     const std::map<std::string, std::string>& configuration) {
  LeafWalk walk;
  NameList names;
  if (auto listed = configuration.find("delta.dataSkippingStatsColumns");
      listed != configuration.end()) {
    names = ParseColumnNames(listed->second);
    walk.wanted = &names;
  }
  walk.left = IndexedColumns(configuration);
  for (const auto& field : schema.fields) {
    bool partition = std::find(partition_columns.begin(), partition_columns.end(), field.name) !=
                     partition_columns.end();
    if (!partition) walk.Visit(field);
  }
  return walk.leaves;
}

}  // namespace lakehold::delta
