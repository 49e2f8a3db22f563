// `_last_checkpoint`: what is trusted is written and read as the same, and no hint changes an
// answer.
#include "delta/canonical_json.h"
#include "delta/log_bench.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/table_text.h"

namespace lakehold::fuzz {

void FuzzLastCheckpoint(std::string_view input) {
  const auto canonical = delta::CanonicalJson(input, "checksum");
  const auto hint = delta::ParseLastCheckpoint(input);
  if (hint) {
    Require(canonical.has_value(), "a hint is a JSON object");
    Require(hint->version >= 0, "a version is not negative");
    const std::string text = delta::FormatLastCheckpoint(*hint);
    const auto again = delta::ParseLastCheckpoint(text);
    Require(again && again->version == hint->version && again->size == hint->size &&
                again->parts == hint->parts && again->size_bytes == hint->size_bytes &&
                again->num_of_add_files == hint->num_of_add_files,
            "what is written is read as the same: " + text);
  }
  delta::LogBench bench;
  bench.Fill(5);
  Require(bench.Checkpoint(3).ok(), "a checkpoint is written");
  bench.Drop(std::string(delta::kLastCheckpointName));
  const auto before = bench.Load();
  bench.Put(std::string(delta::kLastCheckpointName), input);
  const auto after = bench.Load();
  Require(before.ok() && after.ok(), "a hint does not break a log");
  Require(TableText(**before) == TableText(**after), "a hint changes no answer");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzLastCheckpoint)
