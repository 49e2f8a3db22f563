// Settings: which of environment, project file and user file wins, and what is refused where.
#include "cli/settings.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace lakehold::cli {
namespace {

class SettingsOf : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path(folder_.path()) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string Path(const std::string& name) const {
    return std::string(folder_.path()) + "/" + name;
  }
  Result<Settings> Load(const std::string& folder = "project") {
    variables_.emplace("XDG_CONFIG_HOME", Path("home"));
    return Settings::Load({Path(folder), [this](const std::string& name) {
                             const auto found = variables_.find(name);
                             return found == variables_.end() ? "" : found->second;
                           }});
  }
  std::string Value(const std::string& name, const std::string& folder = "project") {
    const auto settings = Load(folder);
    if (!settings.ok()) return settings.error().ToString();
    const auto setting = settings->Find(name);
    return setting ? setting->value : "(none)";
  }
  // What is wrong with a project file of this text.
  std::string Refusal(const std::string& text) {
    Write("project/lakehold.toml", text);
    const auto settings = Load();
    if (settings.ok()) return "accepted";
    EXPECT_EQ(settings.error().reason, "cli.bad_setting");
    return settings.error().message;
  }

  testing::TempFolder folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SettingsOf, TheEnvironmentComesOverTheProjectOverTheUser) {
  EXPECT_EQ(Value("rows"), "(none)");
  Write("home/lakehold/config.toml", "rows = 10\nformat = \"json\"\nnull = '-'\n");
  Write("project/lakehold.toml", "# ours\nrows = \"all\"   # of a table\nformat = \"csv\"\n");
  variables_["LAKEHOLD_FORMAT"] = "ndjson";
  EXPECT_EQ(Value("format"), "ndjson");
  EXPECT_EQ(Value("rows"), "all");
  EXPECT_EQ(Value("null"), "-");
  EXPECT_EQ(Load()->Find("rows")->origin, Path("project/lakehold.toml") + ":2");
  EXPECT_EQ(Load()->Find("format")->origin, "LAKEHOLD_FORMAT");
}

TEST_F(SettingsOf, TheProjectsFileIsTheNearestOneUpward) {
  Write("project/lakehold.toml", "rows = 1\n");
  EXPECT_EQ(Value("rows", "project/deep/below"), "1");
  Write("project/deep/lakehold.toml", "null = \"x\"\n");
  EXPECT_EQ(Value("rows", "project/deep/below"), "(none)");
}

TEST_F(SettingsOf, PathsAreMeantFromTheFilesFolder) {
  Write("project/lakehold.toml", "lake = \"data/../lake\"\n");
  EXPECT_EQ(Value("lake", "project/below"), Path("project/lake"));
  Write("project/lakehold.toml", "lake = \"s3://bucket/lake\"\n");
  EXPECT_EQ(Value("lake"), "s3://bucket/lake");
  Write("home/lakehold/config.toml", "history = \"typed\"\n");
  EXPECT_EQ(Value("history"), Path("home/lakehold/typed"));
}

TEST_F(SettingsOf, TextsMayHoldAnythingInQuotes) {
  Write("project/lakehold.toml", "null = \"a # \\\"b\\\"\\t\" # c\r\nlake = 'x\\y'\n");
  EXPECT_EQ(Value("null"), "a # \"b\"\t");
  EXPECT_EQ(Value("lake"), Path("project/x\\y"));
}

TEST_F(SettingsOf, MistakesAreNamedByFileAndLine) {
  const std::string file = Path("project/lakehold.toml");
  EXPECT_EQ(Refusal("\nformt = \"csv\"\n"), file + ":2: there is no setting \"formt\"");
  EXPECT_EQ(Refusal("format = \"xls\"\n"), file + ":1: \"xls\" is no output format");
  EXPECT_EQ(Refusal("rows = \"many\"\n"), file + ":1: rows cannot be \"many\"");
  EXPECT_EQ(Refusal("progress = 3\n"), file + ":1: progress cannot be \"3\"");
  EXPECT_EQ(Refusal("rows = 1\nrows = 2\n"),
            file + ":2: rows is set twice, first at " + file + ":1");
  EXPECT_NE(Refusal("history = \"x\"\n").find("user's file"), std::string::npos);
  for (const char* line : {"[cat]", "rows", "rows = ", "rows = 1 2", "format = csv", "= 3",
                           "null = \"open", "null = \"\\q\"", "rows = -1"}) {
    EXPECT_EQ(Refusal(line), file + ":1: this is no setting") << line;
  }
}

TEST_F(SettingsOf, AVariableWithAMistakeIsNamed) {
  variables_["LAKEHOLD_DURABILITY"] = "some";
  EXPECT_EQ(Load().error().message, "LAKEHOLD_DURABILITY: durability cannot be \"some\"");
  variables_["LAKEHOLD_DURABILITY"] = "none";
  variables_["LAKEHOLD_MEMORY_LIMIT"] = "1GB";
  EXPECT_EQ(Value("memory-limit"), "1GB");
}

}  // namespace
}  // namespace lakehold::cli
