#include "cli/shell.h"

#include <cstdio>

#include <fmt/format.h>

#include "cli/dot_command.h"
#include "cli/exit_code.h"
#include "cli/line_editor.h"
#include "cli/report_text.h"
#include "cli/statement.h"
#include "cli/statement_splitter.h"
#include "cli/word_list.h"

namespace lakehold::cli {
namespace {

class Shell {
 public:
  Shell(Lake& lake, Door& door)
      : state_{lake, door}, words_(DotCommands()), editor_(NewEditor(&words_, door.history)) {}

  int Run() {
    words_.Refresh(state_.lake);
    Greet();
    std::string line;
    while (!state_.quit) {
      switch (editor_->Read(Prompt(), &line)) {
        case LineState::kEnd:
          return 0;
        case LineState::kInterrupted:
          pending_.clear();
          break;
        case LineState::kLine:
          Take(line);
      }
    }
    return 0;
  }

 private:
  // Nothing is written to the home folder unless it is asked for.
  static std::unique_ptr<LineEditor> NewEditor(const WordList* words, const std::string& history) {
    return LineEditor::New([words](std::string_view line) { return words->Complete(line); },
                           history);
  }

  void Greet() const {
    const auto tables = state_.lake.Tables();
    const auto count = tables.ok() ? static_cast<int64_t>(tables->size()) : 0;
    state_.door.Say(
        fmt::format("{}: {}. .help for help", state_.lake.location(), Count(count, "table")));
  }

  std::string Prompt() const {
    if (!pending_.empty()) return "     ...> ";
    return state_.lake.in_transaction() ? "lakehold*> " : "lakehold> ";
  }

  void Report(const Status& status) const {
    if (status.ok()) return;
    std::fflush(stdout);
    std::fputs(ErrorLine(status.error(), state_.door.terminal.color).c_str(), stderr);
  }

  void Take(const std::string& line) {
    const bool blank = line.find_first_not_of(" \t") == std::string::npos;
    if (pending_.empty() && blank) return;
    if (pending_.empty() && line[line.find_first_not_of(" \t")] == '.') {
      editor_->Remember(line);
      Report(RunDotCommand(line, state_));
      std::fflush(stdout);
      return;
    }
    pending_ += (pending_.empty() ? "" : "\n") + line;
    const Script script = SplitStatements(pending_);
    if (script.statements.empty()) return;
    editor_->Remember(script.rest.empty() ? pending_ : pending_.substr(0, pending_.rfind(';') + 1));
    pending_ = script.rest;
    for (const auto& statement : script.statements) {
      if (!RunOne(statement)) {
        pending_.clear();
        break;
      }
    }
    words_.Refresh(state_.lake);
  }

  bool RunOne(const std::string& statement) {
    const Stopwatch watch;
    auto output = ChooseRowOutput(state_.door);
    if (!output.ok()) {
      Report(output.error());
      return false;
    }
    output->file.clear();
    const auto status = RunStatement(state_.lake, statement, {}, *output, state_.door);
    Report(status);
    if (state_.timer) state_.door.Say(FormatElapsed(watch.ElapsedMs()));
    return status.ok();
  }

  ShellState state_;
  WordList words_;
  std::unique_ptr<LineEditor> editor_;
  std::string pending_;
};

}  // namespace

Result<int> RunShell(Lake& lake, Door& door) { return Shell(lake, door).Run(); }

}  // namespace lakehold::cli
