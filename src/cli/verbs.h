// The verbs of the command line: each adds its options to the parser and, when named, sets
// Door::run. One file a verb. Externally synchronized. Both arguments outlive the parsing.
#pragma once

#include <string>
#include <vector>

#include "cli/door.h"
#include "lakehold/report.h"

namespace CLI {
class App;
}

namespace lakehold::cli {

void AddCreate(CLI::App& app, Door& door);
void AddImport(CLI::App& app, Door& door);
void AddAppend(CLI::App& app, Door& door);
void AddSql(CLI::App& app, Door& door);
void AddCat(CLI::App& app, Door& door);
void AddHead(CLI::App& app, Door& door);
void AddSchema(CLI::App& app, Door& door);
void AddLog(CLI::App& app, Door& door);
void AddFiles(CLI::App& app, Door& door);
void AddStatus(CLI::App& app, Door& door);
void AddCheckpoint(CLI::App& app, Door& door);
void AddCompactLog(CLI::App& app, Door& door);
void AddFsck(CLI::App& app, Door& door);
void AddConformance(CLI::App& app, Door& door);
void AddCompletion(CLI::App& app, Door& door);

// The options verbs share.
void AddOutputOptions(CLI::App& verb, Door& door);
void AddRowOptions(CLI::App& verb, Door& door);
void AddAtOption(CLI::App& verb, std::string& at);

// The table at `path`, at the version `at` says; "" is the newest.
Result<Table> OpenTableAt(const std::string& path, const std::string& at, const Door& door);

// What `sql` does, also for `lakehold LAKE`.
Result<int> RunSql(const std::vector<std::string>& arguments, const Parameters& parameters,
                   bool explain, Door& door);

}  // namespace lakehold::cli
