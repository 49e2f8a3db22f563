// docs/commit.md tells one durable append as the calls on the store. This test makes that run,
// metered, and compares the page with it, so that the page cannot rot. LAKEHOLD_UPDATE_DOCS=1
// writes the page anew.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/system_runtime.h"
#include "storage/local_store.h"
#include "storage/metered_store.h"
#include "support/table_bench.h"
#include "support/temp_folder.h"

namespace lakehold {
namespace {

using storage::MeteredCall;
using storage::StoreVerb;

const char* Meaning(StoreVerb verb, bool log) {
  switch (verb) {
    case StoreVerb::kOpenSink:
      return "a file without a name (O_TMPFILE) in that folder";
    case StoreVerb::kWrite:
      return log ? "one action a line" : "the Parquet bytes";
    case StoreVerb::kFinish:
      return "complete, still nameless";
    case StoreVerb::kSettleBytes:
      return "data and log bytes reach the disk (fdatasync, in parallel): the first wait";
    case StoreVerb::kPublish:
      return log ? "linkat: **the commit point**; whoever links first has this version"
                 : "linkat under a random name; no version names it yet";
    case StoreVerb::kSettleNames:
      return "the names reach the disk (fsync of the folders): the second wait";
    default:
      return "";
  }
}

std::string Normalised(std::string text) {
  static const std::regex kUuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  return std::regex_replace(text, kUuid, "<uuid>");
}

// The calls of one append to a fresh table on a local folder.
std::vector<MeteredCall> AppendCalls() {
  testing::TempFolder folder;
  SystemRuntime system(1);
  testing::TableBench bench;
  auto local = storage::OpenLocalStore(folder.path(), storage::Durability::kFull, system.runtime());
  EXPECT_TRUE(local.ok());
  bench.root.store = *local;
  bench.Create();
  const auto base = bench.Load();
  std::mutex mutex;
  std::vector<MeteredCall> calls;
  bench.root.store = storage::NewMeteredStore(*local, [&](const MeteredCall& call) {
    const std::lock_guard lock(mutex);
    calls.push_back(call);
  });
  EXPECT_EQ(testing::VersionOf(bench.Append(base)), 1);
  return calls;
}

std::string Page(const std::vector<MeteredCall>& calls) {
  std::string page =
      "# One append, call by call\n\n"
      "What a durable append of one file does to the store, as a metered run on a local folder "
      "told it\n"
      "(`tests/contract/commit_story_test.cc` makes the run and compares; `LAKEHOLD_UPDATE_DOCS=1` "
      "writes this page).\n"
      "The table is `t`, its newest version 0.\n\n"
      "| # | call | key | what it does on disk |\n|---|---|---|---|\n";
  int number = 0;
  for (const auto& call : calls) {
    const bool log = call.key.find("_delta_log") != std::string::npos;
    page += fmt::format("| {} | {} | `{}` | {} |\n", ++number, storage::VerbName(call.verb),
                        Normalised(call.key), Meaning(call.verb, log));
  }
  page +=
      "\nTwo waits for the disk, one after the other, whatever the size of the table and the "
      "length of its log; no listing.\n\n"
      "## When another writer was first\n\n"
      "`Publish` of the log entry answers *exists*. The winner's entry is read, its actions are "
      "checked against what this\n"
      "transaction read and removes (`src/txn/rebase.cc`), and the same nameless file is linked "
      "under the next number. It is\n"
      "already durable, so a lost race costs one read and one link, not another wait. A writer "
      "gives up at its deadline\n"
      "(60 s unless told otherwise), never after a number of tries.\n\n"
      "## When the answer is lost\n\n"
      "Each entry carries a `txnId` of its own. After an error from `Publish` the version is read "
      "back: our id there means we\n"
      "won, another id that we lost, no file that nothing happened. Where the log cannot be read "
      "either the answer is\n"
      "*outcome unknown* with the id, and nothing is removed.\n\n"
      "## When the machine dies\n\n"
      "Before the commit point: files that no version names, which do no harm. After it, before "
      "the second wait: the version\n"
      "may or may not survive, and nobody was told that it does; its bytes are on the disk "
      "already, so it is never a torn or\n"
      "empty entry. After the second wait: it stays.\n";
  return page;
}

TEST(CommitStoryTest, ThePageTellsWhatAnAppendDoes) {
  const std::string path = std::string(LAKEHOLD_SOURCE_DIR) + "/docs/commit.md";
  const std::string page = Page(AppendCalls());
  if (std::getenv("LAKEHOLD_UPDATE_DOCS") != nullptr) std::ofstream(path) << page;
  std::ifstream file(path);
  const std::string written((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
  EXPECT_EQ(written, page)
      << "docs/commit.md no longer tells the truth: run with LAKEHOLD_UPDATE_DOCS=1 and read it";
}

}  // namespace
}  // namespace lakehold
