// Sound logs to damage: random histories with everything a log may hold, and the tables of the
// corpus. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mutation/naive_log.h"

namespace lakehold::mutation {

struct SoundTable {
  std::string name;
  LogFiles files;
};

// Histories of every shape: bare commits, checkpoints (classic, in parts, V2 with sidecars),
// compaction files, checksums, with and without the commits that a checkpoint covers; with column
// mapping and deletion vectors.
std::vector<SoundTable> MakeTables(uint64_t seed);
// The commits, compaction files and hints of the tables below `folder`/tables that begin at version
// 0: checkpoints in Parquet are left out, and one as text is put beside the newest commit.
std::vector<SoundTable> CorpusTables(const std::string& folder);

}  // namespace lakehold::mutation
