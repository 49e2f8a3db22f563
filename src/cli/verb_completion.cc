// lakehold completion bash|zsh|fish: a script that completes verbs and options, made from the
// parser itself.
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

std::string VerbNames(const CLI::App& app) {
  std::string names;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : " ") + verb->get_name();
    for (const auto& alias : verb->get_aliases()) names += " " + alias;
  }
  return names;
}

std::string OptionNames(const CLI::App& verb) {
  std::string names;
  for (const auto* option : verb.get_options()) {
    for (const auto& name : option->get_lnames()) names += (names.empty() ? "--" : " --") + name;
  }
  return names;
}

std::string BashScript(const CLI::App& app) {
  std::string cases;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::string names = verb->get_name();
    for (const auto& alias : verb->get_aliases()) names += "|" + alias;
    cases += fmt::format("    {}) words='{}' ;;\n", names, OptionNames(*verb));
  }
  return fmt::format(
      "# lakehold completion for bash: source it, or put it into bash_completion.d\n"
      "_lakehold() {{\n"
      "  local words='' current=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  case ${{COMP_WORDS[1]}} in\n{}  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then words='{} {}'; fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\") $(compgen -f -- \"$current\"))\n"
      "}}\n"
      "complete -o filenames -F _lakehold lakehold\n",
      cases, VerbNames(app), OptionNames(app));
}

// In single quotes for a shell.
std::string Quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) {
    text.replace(at, 1, "'\\''");
  }
  return "'" + text + "'";
}

std::string FishScript(const CLI::App& app) {
  std::string script = "# lakehold completion for fish\n";
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    script += fmt::format("complete -c lakehold -n __fish_use_subcommand -a {} -d {}\n",
                          verb->get_name(), Quoted(verb->get_description()));
    for (const auto* option : verb->get_options()) {
      for (const auto& name : option->get_lnames()) {
        script +=
            fmt::format("complete -c lakehold -n '__fish_seen_subcommand_from {}' -l {} -d {}\n",
                        verb->get_name(), name, Quoted(option->get_description()));
      }
    }
  }
  return script;
}

Result<int> Run(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") {
    std::fputs(FishScript(app).c_str(), stdout);
    return 0;
  }
  if (shell == "zsh") {
    std::fputs("#compdef lakehold\nautoload -U +X bashcompinit && bashcompinit\n", stdout);
  }
  std::fputs(BashScript(app).c_str(), stdout);
  return 0;
}

}  // namespace

void AddCompletion(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("completion", "a completion script: bash, zsh or fish");
  auto shell = std::make_shared<std::string>();
  verb->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&app, shell, &door] { door.run = [&app, shell] { return Run(app, *shell); }; });
}

}  // namespace lakehold::cli
