// Replays the seeds of every fuzz target, and every crash that was ever found, without libFuzzer:
// each file, each of its beginnings, and each with one byte changed.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "fuzz/fuzz_target.h"

namespace lakehold::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(LAKEHOLD_SOURCE_DIR) / "tests" / "fuzz" / "corpus";
constexpr size_t kMutations = 200;  // Of one file and kind.

std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string Read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class FuzzCorpus : public testing::TestWithParam<FuzzTarget> {
 protected:
  // `what` the input is: part of the failure.
  void Run(const std::string& input, const std::string& what) {
    try {
      GetParam().run(input);
    } catch (const BrokenPromise& broken) {
      FAIL() << what << ": " << broken.what();
    }
  }
};

TEST_P(FuzzCorpus, EverySeedKeepsThePromises) {
  const auto files = FilesOf(kCorpus / GetParam().name);
  ASSERT_FALSE(files.empty()) << "a target without seeds finds nothing";
  for (const auto& file : files) Run(Read(file), file.filename().string());
  Run("", "no bytes");
}

TEST_P(FuzzCorpus, ATornSeedKeepsThePromises) {
  for (const auto& file : FilesOf(kCorpus / GetParam().name)) {
    const std::string seed = Read(file);
    const size_t step = seed.size() / kMutations + 1;
    for (size_t size = 0; size < seed.size(); size += step)
      Run(seed.substr(0, size), file.filename().string() + " cut at " + std::to_string(size));
  }
}

TEST_P(FuzzCorpus, AByteChangedKeepsThePromises) {
  for (const auto& file : FilesOf(kCorpus / GetParam().name)) {
    const std::string seed = Read(file);
    const size_t step = seed.size() / kMutations + 1;
    for (size_t at = 0; at < seed.size(); at += step) {
      std::string changed = seed;
      changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
      Run(changed, file.filename().string() + " changed at " + std::to_string(at));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(kFuzzTargets),
                         [](const auto& target) { return std::string(target.param.name); });

TEST(FuzzCorpora, EachFolderHasATarget) {
  for (const auto& folder : FilesOf(kCorpus)) {
    const bool known = std::any_of(std::begin(kFuzzTargets), std::end(kFuzzTargets),
                                   [&](auto& t) { return folder.filename() == t.name; });
    EXPECT_TRUE(known) << folder;
  }
}

}  // namespace
}  // namespace lakehold::fuzz
