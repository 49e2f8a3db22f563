// What replaying a log costs in instructions: fixed logs in memory, one thread. Run by
// bench/replay_counts.py under callgrind, which counts within lakehold_counted only and dumps at
// its end: one dump a case, in the order of their names on standard output.
//   bench_replay_counts build    what the counts depend on besides our source, as JSON
//   bench_replay_counts          every case once
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <simdjson.h>

#include "base/sim_runtime.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "log_maker.h"
#include "storage/atomic_file.h"
#include "storage/memory_store.h"

extern "C" __attribute__((noinline, visibility("default"))) void lakehold_counted(
    const std::function<void()>& work) {
  work();
  asm volatile("");  // Keeps the call from becoming a jump, which callgrind would not see return.
}

namespace lakehold {
namespace {

using delta::Snapshot;
using SnapshotPtr = std::shared_ptr<const Snapshot>;

template <typename T>
T Must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
  std::exit(1);
}

// A table's log in memory.
struct Log {
  SimRuntime world;
  std::shared_ptr<storage::MemoryStore> store = storage::NewMemoryStore(world.clock);
  delta::TableRoot root{store, "t"};
  delta::LogContext context{world.runtime(), nullptr};
  int64_t commits = 0;
  int64_t files = 0;

  void Put(std::string_view name, std::string_view text) {
    world.clock.Advance(1'000);
    Must(storage::PutIfAbsent(*store, root.LogKeyOf(name), AsBytes(text)));
  }
  void Commit(int64_t new_files) {
    Put(delta::CommitName(commits), CommitText(commits, files, files + new_files));
    ++commits;
    files += new_files;
  }
  SnapshotPtr Load(const VersionSpec& spec = Latest{}) {
    return Must(Snapshot::Load(root, spec, context));
  }
};

void Count(std::string_view name, int64_t files, const std::function<SnapshotPtr()>& work) {
  SnapshotPtr made;
  lakehold_counted([&] { made = work(); });
  if (made->files().live_files() != files) {
    std::fprintf(stderr, "%.*s: %lld files\n", static_cast<int>(name.size()), name.data(),
                 static_cast<long long>(made->files().live_files()));
    std::exit(1);
  }
  std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
}

void CountLoads() {
  Log large;
  large.Commit(20'000);
  Count("load, 20,000 files in one commit", 20'000, [&] { return large.Load(); });
  Log small;
  for (int i = 0; i < 1'000; ++i) small.Commit(10);
  Count("load, 10,000 files in 1,000 commits", 10'000, [&] { return small.Load(); });
  Count("load, version 500 of them", 5'010, [&] { return small.Load(AtVersion{500}); });
  Log checkpoint;
  std::string rows = R"({"checkpointMetadata":{"version":7}})"
                     "\n" +
                     HeadLines(true);
  for (int64_t i = 0; i < 10'000; ++i) rows += AddLine(i);
  checkpoint.Put("00000000000000000007.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json", rows);
  checkpoint.Put(delta::CommitName(7), CommitText(7, 0, 0));
  Count("load, 10,000 files in a JSON checkpoint", 10'000, [&] { return checkpoint.Load(); });
}

// Two sizes of table: what a refresh costs must not grow with it.
void CountRefreshes(int64_t files) {
  Log log;
  log.Commit(files);
  const SnapshotPtr base = log.Load();
  const std::string of = fmt::format(" at {} files", files);
  log.Commit(1);
  Count("refresh, 1 commit" + of, log.files,
        [&] { return Must(Snapshot::Refresh(base, log.context)); });
  for (int i = 1; i < 100; ++i) log.Commit(1);
  Count("refresh, 100 commits" + of, log.files,
        [&] { return Must(Snapshot::Refresh(base, log.context)); });
}

void PrintBuild() {
  fmt::print(R"({{"compiler":"{}","libstdc++":"{}","glibc":"{}","simdjson":"{}.{} {}","fmt":{}}})"
             "\n",
             __VERSION__, __GLIBCXX__, gnu_get_libc_version(), simdjson::SIMDJSON_VERSION_MAJOR,
             simdjson::SIMDJSON_VERSION_MINOR, simdjson::get_active_implementation()->name(),
             FMT_VERSION);
}

}  // namespace
}  // namespace lakehold

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "build") return lakehold::PrintBuild(), 0;
  lakehold::CountLoads();
  lakehold::CountRefreshes(2'000);
  lakehold::CountRefreshes(20'000);
  return 0;
}
