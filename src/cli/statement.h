// One statement from text to rows on stdout and its commits on stderr; Ctrl+C cancels it. Stateless
// functions.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/door.h"
#include "cli/row_output.h"
#include "lakehold/lake.h"

namespace lakehold::cli {

// Sets the memory limit that was asked for, if any: for all sessions of this process.
Status LimitMemory(const Door& door);
// Runs it and prints what it gives: rows by `output`, one line a commit.
Status RunStatement(Lake& lake, const std::string& sql, const Parameters& parameters,
                    RowOutput& output, Door& door);
// Runs it for its effect; says its commits. `label` and `input_bytes` are for the progress line.
Status RunWrite(Lake& lake, const std::string& sql, const std::string& label, int64_t input_bytes,
                Door& door);
// A script: every statement in turn; at the first error an open transaction is rolled back.
Status RunScript(Lake& lake, const std::string& script, const Parameters& parameters,
                 RowOutput& output, Door& door);
// Says which files the statement would read; never runs it.
Status PrintExplanation(const Result<Explanation>& explained, const Door& door);

}  // namespace lakehold::cli
