// A table's log, opened and refreshed on floors 0 to 2, beside the floor of parsing its commits.
// Prints one JSON object with microseconds (minimum of ROUNDS), bytes a file and the peak RSS.
//   bench_log_replay make FOLDER FILES COMMITS   a table of FILES files in COMMITS commits
//   bench_log_replay open FOLDER [ROUNDS]        Snapshot::Load, the list of files, their rows
//   bench_log_replay floor FOLDER [ROUNDS]       simdjson over every commit: path, size and stats
//   bench_log_replay refresh FOLDER NEW [ROUNDS] NEW commits of one file each, then Refresh
// Parquet checkpoints are measured by bench/open.py, through the Python module.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <simdjson.h>
#include <sys/resource.h>

#include "base/system_runtime.h"
#include "delta/action_json.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "log_maker.h"
#include "storage/open_store.h"

namespace lakehold {
namespace {

using delta::Snapshot;

[[noreturn]] void Fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.ToString().c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) Fail(result.error());
  return std::move(result).value();
}

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

template <typename Work>
int64_t TimedNs(const Work& work) {
  const int64_t started = NowNs();
  work();
  return NowNs() - started;
}

int64_t PeakRssBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

void WriteCommit(const std::filesystem::path& log, int64_t version, int64_t first, int64_t last) {
  std::ofstream out(log / delta::CommitName(version), std::ios::binary);
  out << CommitText(version, first, last);
}

void Make(const std::string& folder, int64_t files, int64_t commits) {
  const auto log = std::filesystem::path(folder) / "_delta_log";
  std::filesystem::create_directories(log);
  for (int64_t v = 0; v < commits; ++v)
    WriteCommit(log, v, files * v / commits, files * (v + 1) / commits);
}

struct World {
  explicit World(const std::string& folder)
      : root{Must(storage::OpenStore(folder, storage::Durability::kNone, false, system.runtime())),
             ""},
        context{system.runtime(), nullptr} {}
  SystemRuntime system;
  delta::TableRoot root;
  delta::LogContext context;
};

void Open(const std::string& folder, int rounds) {
  World world(folder);
  int64_t open = INT64_MAX, list = INT64_MAX, count = INT64_MAX;
  int64_t files = 0, rows = 0, text = 0;
  size_t held = 0, held_after = 0;
  for (int round = 0; round < rounds; ++round) {
    std::shared_ptr<const Snapshot> snapshot;
    open = std::min(open, TimedNs([&] {
                      snapshot = Must(Snapshot::Load(world.root, delta::Latest{}, world.context));
                    }));
    held = snapshot->files().memory_bytes();
    text = 0;
    list = std::min(list, TimedNs([&] {
                      for (const auto i : snapshot->files().LiveOrdinals())
                        text += static_cast<int64_t>(snapshot->files().Get(i).path.size());
                    }));
    rows = 0;
    count = std::min(count, TimedNs([&] {
                       for (const int64_t n : snapshot->files().NumRecords()) rows += n;
                     }));
    held_after = snapshot->files().memory_bytes();
    files = snapshot->files().live_files();
  }
  const double a_file = files == 0 ? 1.0 : static_cast<double>(files);
  fmt::print(
      R"({{"open_us":{},"list_us":{},"count_us":{},"files":{},"rows":{},"path_bytes":{},"bytes_a_file":{:.1f},"bytes_a_file_counted":{:.1f},"peak_rss_mb":{}}})"
      "\n",
      open / 1000, list / 1000, count / 1000, files, rows, text, static_cast<double>(held) / a_file,
      static_cast<double>(held_after) / a_file, PeakRssBytes() >> 20);
}

// What any reader must do at least: read each commit once, find path, size and statistics of every
// add, and keep a copy of them.
void Floor(const std::string& folder, int rounds) {
  World world(folder);
  int64_t best = INT64_MAX;
  size_t files = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string paths, stats;
    std::vector<int64_t> sizes;
    best = std::min(best, TimedNs([&] {
                      simdjson::ondemand::parser parser;
                      for (int64_t version = 0;; ++version) {
                        auto bytes = world.root.store->Get(
                            world.root.LogKeyOf(delta::CommitName(version)), {});
                        if (!bytes.ok()) break;
                        simdjson::ondemand::document_stream lines;
                        if (parser.iterate_many(bytes->data(), bytes->size(), 1 << 20).get(lines))
                          std::exit(1);
                        for (auto line : lines) {
                          simdjson::ondemand::object add;
                          if (line["add"].get_object().get(add)) continue;
                          std::string_view text;
                          int64_t size = 0;
                          if (add["path"].get_string().get(text)) std::exit(1);
                          paths += text;
                          if (add["size"].get_int64().get(size)) std::exit(1);
                          sizes.push_back(size);
                          if (!add["stats"].get_string().get(text)) stats += text;
                        }
                      }
                    }));
    files = sizes.size();
  }
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  fmt::print(R"({{"floor_us":{},"floor_cpu_us":{},"files":{},"peak_rss_mb":{}}})"
             "\n",
             best / 1000, (cpu.tv_sec * 1'000'000 + cpu.tv_nsec / 1000) / rounds, files,
             PeakRssBytes() >> 20);
}

void Refresh(const std::string& folder, int commits, int rounds) {
  World world(folder);
  const auto base = Must(Snapshot::Load(world.root, delta::Latest{}, world.context));
  const auto log = std::filesystem::path(folder) / "_delta_log";
  const int64_t first = base->version() + 1;
  for (int i = 0; i < commits; ++i) WriteCommit(log, first + i, 900'000'000 + i, 900'000'001 + i);
  int64_t best = INT64_MAX;
  for (int round = 0; round < rounds; ++round) {
    best = std::min(best, TimedNs([&] {
                      const auto next = Must(Snapshot::Refresh(base, world.context));
                      if (next->version() != first + commits - 1) std::exit(1);
                    }));
  }
  for (int i = 0; i < commits; ++i) std::filesystem::remove(log / delta::CommitName(first + i));
  fmt::print(R"({{"refresh_us":{:.1f},"commits":{},"files":{}}})"
             "\n",
             static_cast<double>(best) / 1000.0, commits, base->files().live_files());
}

int Run(int argc, char** argv) {
  const auto number = [&](int at, int fallback) {
    return argc > at ? std::atoi(argv[at]) : fallback;
  };
  const std::string verb = argc > 2 ? argv[1] : "";
  if (verb == "make" && argc == 5) return Make(argv[2], number(3, 0), number(4, 1)), 0;
  if (verb == "open") return Open(argv[2], number(3, 3)), 0;
  if (verb == "floor") return Floor(argv[2], number(3, 3)), 0;
  if (verb == "refresh" && argc > 3) return Refresh(argv[2], number(3, 1), number(4, 20)), 0;
  std::fprintf(stderr, "usage: %s make|open|floor|refresh FOLDER ...\n", argv[0]);
  return 2;
}

}  // namespace
}  // namespace lakehold

int main(int argc, char** argv) { return lakehold::Run(argc, argv); }
