// The deletion vectors of Delta tables written by others: found by $LAKEHOLD_CORPUS, or in
// ../shared/corpus beside the repository. Without either the test says so and is skipped.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "delta/action_json.h"
#include "delta/deletion_vector.h"
#include "delta/stats.h"
#include "storage/local_store.h"

namespace lakehold::delta {
namespace {

namespace fs = std::filesystem;

fs::path CorpusTables() {
  if (const char* given = std::getenv("LAKEHOLD_CORPUS")) return fs::path(given) / "tables";
  return fs::path(LAKEHOLD_SOURCE_DIR) / ".." / "shared" / "corpus" / "tables";
}

struct Tally {
  int loaded = 0;
  int refused = 0;
  int without_log = 0;
};

void CheckTable(const fs::path& folder, Tally& tally) {
  SimRuntime sim;
  auto store = storage::OpenLocalStore(fs::canonical(folder).string(), storage::Durability::kNone,
                                       sim.runtime());
  ASSERT_TRUE(store.ok()) << store.error().message;
  TableRoot root{*store, ""};
  auto check = [&](Action&& action) -> Status {
    const auto* add = std::get_if<AddFile>(&action);
    if (add == nullptr || !add->deletion_vector) return {};
    auto vector = DeletionVector::Load(root, *add->deletion_vector);
    // Version 5 of this table has an inline vector whose last z85 group exceeds four bytes:
    // refused.
    if (!vector.ok() && folder.filename() == "kernel-rs.cdf-table-with-dv" &&
        vector.error().reason == "delta.bad_z85") {
      ++tally.refused;
      return {};
    }
    EXPECT_TRUE(vector.ok()) << folder << ": " << vector.error().message;
    if (!vector.ok()) return {};
    ++tally.loaded;
    auto records = ParseFileStats(add->stats.value_or("")).num_records;
    if (records) {
      std::vector<uint32_t> kept(static_cast<size_t>(*records));
      size_t left = (*vector)->SelectKept(0, kept);
      // Every deleted row lies within the file.
      EXPECT_EQ(static_cast<int64_t>(left), *records - add->deletion_vector->cardinality)
          << add->path;
    }
    return {};
  };
  for (const auto& entry : fs::directory_iterator(folder / "_delta_log")) {
    std::string name = entry.path().filename();
    if (name.size() != 25 || !name.ends_with(".json")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    // Some tables are broken on purpose: their logs are not this test's subject.
    if (!ParseCommit(Bytes::CopyOf(text.str()), name, {}, check).ok()) ++tally.without_log;
  }
}

TEST(DeletionVectorCorpus, LoadsEveryVectorOfForeignTables) {
  fs::path tables = CorpusTables();
  if (!fs::is_directory(tables)) {
    GTEST_SKIP() << "no foreign tables at " << tables << "; set LAKEHOLD_CORPUS";
  }
  Tally tally;
  for (const auto& entry : fs::directory_iterator(tables)) {
    if (fs::is_directory(entry.path() / "_delta_log")) CheckTable(entry.path(), tally);
  }
  std::cout << fmt::format("{} vectors loaded, {} refused, {} commits left out as unreadable\n",
                           tally.loaded, tally.refused, tally.without_log);
  EXPECT_GT(tally.loaded, 10);
}

}  // namespace
}  // namespace lakehold::delta
