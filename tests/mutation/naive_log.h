// NaiveLog: what a log honestly says, by a reader so plain that one sees it is right: every file
// parsed into a tree, every way to a version walked. The judge of the mutation campaign. Pure
// functions.
//
// A way to a version is a checkpoint, or none, and every commit after it; or the same with
// compaction files in place of the commits they cover. A sound log gives one state by every way; a
// damaged one may give several, or none.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "delta/snapshot.h"

namespace lakehold::mutation {

// Names below `_delta_log` to contents; sidecars as "_sidecars/NAME". Checkpoints are lines of
// JSON.
using LogFiles = std::map<std::string, std::string>;

struct HonestAnswers {
  delta::Version version = -1;   // The one asked for, or the newest there is.
  std::set<std::string> states;  // By every way that can be walked to its end.
  bool must_answer =
      false;  // Some way without compaction files holds nothing that a reader may refuse.
};
HonestAnswers ReadHonestly(const LogFiles& files, std::optional<delta::Version> at);

// The state of a snapshot in the same words.
std::string StateText(const delta::Snapshot& snapshot);

}  // namespace lakehold::mutation
