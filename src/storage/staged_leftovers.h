// Hidden files of a local store: who writes one holds its lock (flock) until it closes it, so a
// lock that can be had says that its writer is gone. Stateless functions.
#pragma once

#include <string>

namespace lakehold::storage {

// Takes the lock of a staged file just made. Where the file system has no locks, nobody is ever
// found gone.
void HoldStaged(int fd);
// Whether the writer of this hidden file is gone. False if that cannot be told.
bool IsLeftover(int folder, const std::string& name);
// Removes the leftovers in `folder` that are a day (limits::kLeftoverAgeSeconds) older than the
// file open as `fresh`, made there just now: by the clock that dates the others. Whatever fails is
// left for the next time. A name is removed, never a file that has another one.
void SweepLeftovers(int folder, int fresh);

}  // namespace lakehold::storage
