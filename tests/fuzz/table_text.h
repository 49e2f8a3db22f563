// A snapshot as text: everything an answer can depend on, for comparing two ways to the same state.
// Pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "delta/action_json.h"
#include "delta/snapshot.h"

namespace lakehold::fuzz {

inline std::string TableText(const delta::Snapshot& snapshot) {
  std::vector<std::string> lines;
  const delta::FileTable& files = snapshot.files();
  for (const delta::FileOrdinal i : files.LiveOrdinals()) {
    delta::AddFile add = files.ToAction(i);
    add.data_change = false;  // Of the commit, not of the state.
    delta::AppendActionJson(add, lines.emplace_back());
    for (size_t column = 0; column < snapshot.partition_fields().size(); ++column) {
      const auto& type = snapshot.schema().fields[snapshot.partition_fields()[column]].type;
      lines.back() += delta::FormatScalar(files.PartitionValue(i, column), type) + ";";
    }
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& [app, txn] : snapshot.transactions())
    delta::AppendActionJson(txn, lines.emplace_back());
  for (const auto& [name, domain] : snapshot.domains())
    delta::AppendActionJson(domain, lines.emplace_back());
  delta::AppendActionJson(snapshot.metadata(), lines.emplace_back());
  delta::AppendActionJson(snapshot.protocol(), lines.emplace_back());
  std::string text = std::to_string(snapshot.version()) + " " + std::to_string(files.live_files()) +
                     " " + std::to_string(files.live_bytes()) + "\n";
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace lakehold::fuzz
