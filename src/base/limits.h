// Every bound in lakehold, with its reason. Names end in their unit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lakehold::limits {

// Commit: a writer gives up after this long, never after a number of tries (delta-rs lost appends
// by counting).
inline constexpr int64_t kCommitDeadlineMs = 60'000;
// First and longest pause between two attempts; the pause is random in between (decorrelated
// jitter).
inline constexpr int64_t kBackoffFirstMs = 1;
inline constexpr int64_t kBackoffLongestMs = 250;
// A checkpoint is due after this many versions unless the table says otherwise ...
inline constexpr int64_t kCheckpointIntervalVersions = 100;
// ... or when the JSON since the last one exceeds this (or a quarter of the last checkpoint, if
// that is more).
inline constexpr int64_t kCheckpointJsonBytes = int64_t{16} << 20;
// How long a process waits at exit for its background lane.
inline constexpr int64_t kExitDrainMs = 2'000;
// Rows of one column chunk of the file table: large enough to vectorise, small enough to copy on
// write.
inline constexpr size_t kFileChunkRows = 65'536;
// Statistics: leaves with min, max and null count, and characters kept of a string (both as in the
// protocol).
inline constexpr int kStatsLeaves = 32;
inline constexpr size_t kStatsStringChars = 32;
// Commits a load reads keep their statistics in memory up to so much text, newest first: what a log
// with checkpoints holds. Of longer logs the rest is left in the commits and read again when asked.
inline constexpr uint64_t kInlineStatsLogBytes = uint64_t{256} << 10;
// Typed statistics a table keeps after a predicate asked for them: about a dozen columns of a
// million files.
inline constexpr size_t kStatsCacheBytes = size_t{256} << 20;
// Data files: rows of a row group and target size.
inline constexpr int64_t kRowGroupRows = 122'880;
// Appends of at most this many rows, in at most this many batches, are written without a plan, by
// the calling thread: what planning costs is worth more rows than these, and they are held in
// memory.
inline constexpr int64_t kSmallAppendRows = 8'192;
inline constexpr size_t kSmallAppendBatches = 64;
// How long a session takes its own last commit for the newest version if no name follows it: far
// less than any log is kept, so that the name cannot have been cleaned away.
inline constexpr int64_t kOwnCommitMs = 10'000;
inline constexpr int64_t kTargetFileBytes = int64_t{128} << 20;
// A row group of wide rows ends at this many bytes in memory, so that every thread may hold one.
inline constexpr int64_t kRowGroupBytes = int64_t{128} << 20;
// Partitions one statement buffers rows for at the same time; rows of further ones wait in spill
// files.
inline constexpr size_t kOpenPartitions = 256;
// Rows buffered for partitions: beyond it the largest buffer becomes a row group early. A spill
// would cost more.
inline constexpr int64_t kPartitionBufferBytes = int64_t{256} << 20;
// Tables whose newest snapshot the process-wide cache keeps.
inline constexpr size_t kCachedSnapshots = 64;
// Past versions it keeps of all tables together, and the memory of their file tables (what they
// share counts for each).
inline constexpr size_t kPastSnapshots = 32;
inline constexpr size_t kPastSnapshotBytes = size_t{256} << 20;
// How many commits after a past version it keeps are replayed on it, and how large these may be,
// rather than look for a nearer checkpoint.
inline constexpr int64_t kRedoneCommits = 128;
inline constexpr uint64_t kRedoneBytes = uint64_t{16} << 20;
// A log entry or hint larger than this is not ours to parse in one piece.
inline constexpr int64_t kLogEntryBytes = int64_t{4} << 30;
// Commits put together in memory, by their JSON: a compaction file of more would help nobody, and a
// checkpoint of more begins anew.
inline constexpr uint64_t kLogSegmentBytes = uint64_t{256} << 20;
// Listings of a log for one answer while files go away: each begins after what made the missing
// ones needless was written, so the second one does unless the next clean-up is as fast.
inline constexpr int kLogListings = 8;
// Files in one sidecar of a checkpoint: what a change of one file makes us write again.
inline constexpr int64_t kSidecarRows = 100'000;
// Columns of a table: beyond it a schema is a mistake, and quadratic work would hurt.
inline constexpr size_t kColumns = 100'000;
// Nesting of a type, so that a hostile schema cannot exhaust the stack.
inline constexpr int kTypeDepth = 100;
// Finished but unsynced data files a statement may hold open before it syncs them on the way.
inline constexpr size_t kUnsettledFiles = 64;
// A hidden file whose writer is gone is removed when it is this old: far longer than anybody waits
// for a lock, a file server or a debugger.
inline constexpr int64_t kLeftoverAgeSeconds = 24 * 60 * 60;

}  // namespace lakehold::limits
