// The rows of a checkpoint: a V2 manifest as JSON and the sidecar it may name, parted by byte 0x1E,
// beside a log that needs neither.
#include <algorithm>

#include "delta/checkpoint_reader.h"
#include "delta/log_bench.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/table_text.h"

namespace lakehold::fuzz {
namespace {

constexpr const char* kManifest =
    "00000000000000000004.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json";

struct Rows {
  Status status;
  std::vector<delta::Action> actions;
};

Rows ReadRows(delta::LogBench& bench, const delta::CheckpointColumns& columns) {
  Rows rows;
  auto part = delta::ParseLogFileName(kManifest);
  part->key = bench.root.LogKeyOf(kManifest);
  rows.status =
      delta::ReadCheckpoint(bench.root, {*part}, columns, bench.context, [&](delta::Action&& row) {
        rows.actions.push_back(std::move(row));
        return Status();
      });
  return rows;
}

}  // namespace

void FuzzCheckpointRows(std::string_view input) {
  delta::LogBench bench;
  bench.Fill(5);
  const auto truth = bench.Load();
  Require(truth.ok(), "the log alone loads");
  const size_t end = input.find('\x1e');
  bench.Put(kManifest, input.substr(0, end));
  if (end != std::string_view::npos) bench.Put("_sidecars/s.parquet", input.substr(end + 1));

  const Rows all = ReadRows(bench, {.tombstones = true});
  if (all.status.ok()) {
    const Rows state = ReadRows(bench, {.files = false});
    Require(state.status.ok(), "fewer columns are no harder to read");
    for (const auto& row : state.actions)
      Require(std::find(all.actions.begin(), all.actions.end(), row) != all.actions.end(),
              "fewer columns are the same rows");
  } else {
    Require(!all.status.error().reason.empty(), "a refusal has a name");
  }
  const auto loaded = bench.Load();
  if (!all.status.ok()) {
    // Broken for anybody who reads it whole: another way to the version is found, or it is named.
    if (loaded.ok() && !(*loaded)->last_checkpoint())
      Require(TableText(**loaded) == TableText(**truth), "without the checkpoint, the log decides");
    return;
  }
  if (!loaded.ok()) return;
  const std::string text = TableText(**loaded);
  const auto again = bench.Load();
  Require(again.ok() && TableText(**again) == text, "one log has one answer");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzCheckpointRows)
