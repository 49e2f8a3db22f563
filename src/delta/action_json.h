// The JSON form of actions: one object a line. Pure functions.
//
// Parsing hands out each action as soon as it is read; unknown actions and fields are ignored.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/action.h"

namespace lakehold::delta {

// Called once an action, in order. An error stops the parse and is returned.
using ActionVisitor = std::function<Status(Action&& action)>;

// Which kinds of action the caller wants; the others are recognised and skipped without being
// built.
struct ActionFilter {
  bool files = true;    // add, remove
  bool state = true;    // metaData, protocol, txn, domainMetadata
  bool commit = true;   // commitInfo
  bool changes = true;  // cdc
};

// Parses a commit. `name` (file and version) goes into errors: kCorrupt "delta.bad_commit" tells
// file, line and cause; a zero-length or truncated commit is an error, never an empty one.
// Documents may span lines. Also checks what one commit may hold: no second metaData, protocol, txn
// of an app, domain, or add or remove of one (path, vector); no add and remove of the same (path,
// vector): kCorrupt "delta.duplicate_action".
// Paths are compared decoded; absolute ones are known as the table's only with its `root_uri`.
Status ParseCommit(const Bytes& json, std::string_view name, const ActionFilter& filter,
                   const ActionVisitor& visit, std::string_view root_uri = {});

// One line with its line feed.
void AppendActionJson(const Action& action, std::string& out);
std::string FormatCommit(const std::vector<Action>& actions);

// Writes `text` as a JSON string, quotes included.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace lakehold::delta
