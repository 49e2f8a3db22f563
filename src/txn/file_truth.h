// FileTruth: what a predicate can be over the rows of one added file, told by the add action alone.
// Pure.
#pragma once

#include "delta/action.h"
#include "delta/predicate.h"
#include "delta/pruning.h"

namespace lakehold::txn {

// Sound like delta::Evaluate, for files that are in no file table: a winner's adds. What cannot be
// parsed is unknown.
delta::TruthSet EvaluateAdd(const delta::Predicate& predicate, const delta::AddFile& file);

}  // namespace lakehold::txn
