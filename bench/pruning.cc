// Pruning a table's files by their statistics, on floors 0 to 2: the first predicate over a column,
// which reads the statistics, and those after it. Prints one JSON object a predicate, with
// microseconds (minimum of ROUNDS) and files a second.
//   bench_pruning FOLDER [ROUNDS]   a table made by bench_log_replay make FOLDER FILES COMMITS
#include "delta/pruning.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/system_runtime.h"
#include "delta/snapshot.h"
#include "storage/open_store.h"

namespace lakehold {
namespace {

using delta::CompareOp;
using delta::Predicate;
using delta::Scalar;
using delta::Snapshot;

template <typename T>
T Must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
  std::exit(1);
}

int64_t CpuNs() {
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return cpu.tv_sec * 1'000'000'000 + cpu.tv_nsec;
}

struct Timing {
  int64_t wall_ns = INT64_MAX;
  int64_t cpu_ns = INT64_MAX;

  template <typename Work>
  void Take(const Work& work) {
    const auto started = std::chrono::steady_clock::now();
    const int64_t cpu = CpuNs();
    work();
    cpu_ns = std::min(cpu_ns, CpuNs() - cpu);
    wall_ns = std::min<int64_t>(wall_ns, std::chrono::duration_cast<std::chrono::nanoseconds>(
                                             std::chrono::steady_clock::now() - started)
                                             .count());
  }
};

struct Named {
  std::string name;
  Predicate predicate;
};

// File i holds the ids from 1000 * i to 1000 * i + 999.
std::vector<Named> PredicatesOver(const Snapshot& snapshot) {
  const auto column = [&](const char* name) {
    return *delta::FindColumn(snapshot.schema(), snapshot.metadata().partition_columns, {name});
  };
  const auto id = column("id"), name = column("name"), fare = column("fare"), day = column("day");
  const int64_t files = snapshot.files().live_files();
  const auto at = [&](int64_t file) { return Scalar(file * 1'000 + 500); };
  std::vector<Scalar> list;
  for (int64_t i = 0; i < 100; ++i) list.push_back(at(i * files / 100));
  const auto is = [&](Scalar value) { return Predicate::Compare(id, CompareOp::kEq, value); };
  return {
      {"point", is(at(files / 2))},
      {"range", Predicate::And({Predicate::Compare(id, CompareOp::kGe, at(files / 2)),
                                Predicate::Compare(id, CompareOp::kLt, at(files / 2 + 10))})},
      {"IN of 100", Predicate::In(id, list)},
      {"OR of 3", Predicate::Or({is(at(1)), is(at(files / 3)), is(at(files - 1))})},
      {"string point",
       Predicate::Compare(name, CompareOp::kEq, fmt::format("name-{:08}", files / 2))},
      {"double range", Predicate::Compare(fare, CompareOp::kLt, 3.5)},
      {"partition and point",
       Predicate::And(
           {Predicate::Compare(day, CompareOp::kEq, int64_t{20'454}), is(at(files / 2))})},
  };
}

int Run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [ROUNDS]\n", argv[0]);
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  SystemRuntime system;
  const delta::TableRoot root{
      Must(storage::OpenStore(argv[1], storage::Durability::kNone, false, system.runtime())), ""};
  const delta::LogContext context{system.runtime(), nullptr};
  const size_t predicates =
      PredicatesOver(*Must(Snapshot::Load(root, delta::Latest{}, context))).size();
  for (size_t p = 0; p < predicates; ++p) {
    Timing cold, warm;
    delta::PruneReport report;
    std::string name;
    size_t bytes = 0;
    for (int round = 0; round < rounds; ++round) {
      const auto snapshot = Must(Snapshot::Load(root, delta::Latest{}, context));
      const delta::FileTable& files = snapshot->files();
      const auto all = files.LiveOrdinals();
      const Named one = PredicatesOver(*snapshot)[p];
      name = one.name;
      const auto prune = [&] {
        report = delta::Prune(files, all, one.predicate, &context.runtime.executor);
      };
      const size_t before = files.memory_bytes();
      cold.Take(prune);
      bytes = files.memory_bytes() - before;
      for (int again = 0; again < 5; ++again) warm.Take(prune);
    }
    const double files = static_cast<double>(report.considered);
    fmt::print(
        R"({{"predicate":"{}","files":{},"kept":{},"cold_us":{},"cold_cpu_us":{},"warm_us":{:.1f},"warm_cpu_us":{:.1f},"warm_files_per_s":{:.3g},"statistics_bytes_a_file":{:.1f}}})"
        "\n",
        name, report.considered, report.kept.size(), cold.wall_ns / 1000, cold.cpu_ns / 1000,
        static_cast<double>(warm.wall_ns) / 1e3, static_cast<double>(warm.cpu_ns) / 1e3,
        files * 1e9 / static_cast<double>(warm.wall_ns), static_cast<double>(bytes) / files);
  }
  return 0;
}

}  // namespace
}  // namespace lakehold

int main(int argc, char** argv) { return lakehold::Run(argc, argv); }
