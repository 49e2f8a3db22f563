// FileBounds: what the log alone tells of the rows of some files and of one column over them: for
// COUNT, MIN and MAX, and for reading first what can matter most. Pure functions.
//
// Rows that a deletion vector takes away do not count. Next: stats.h (where bounds come from),
// pruning.h (the same bounds against a predicate).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "delta/file_table.h"
#include "delta/predicate.h"

namespace lakehold::delta {

// One column over the rows that are left of some files.
struct FileBounds {
  Scalar min;  // No value lies below. NULL: unknown, or there is no value.
  Scalar max;  // None lies above.
  // They answer MIN and MAX: both are values of rows that are left, or there are no values. Never
  // for strings, floats and timestamps of data columns: their text in the log is only near.
  bool exact = false;
  bool may_be_null = true;
  bool may_be_value = true;
  std::optional<int64_t> null_count;
};

// Rows of the file, or of all these files; nothing if one of them does not say.
std::optional<int64_t> CountRows(const FileTable& files, FileOrdinal ordinal);
std::optional<int64_t> CountRows(const FileTable& files, const FileOrdinals& ordinals);

// By position in `ordinals`. Statistics of the column are parsed at the first call.
std::vector<FileBounds> BoundsOfEach(const FileTable& files, const FileOrdinals& ordinals,
                                     const ColumnRef& column);
// Of all of them together. No files: no rows.
FileBounds BoundsOfAll(const FileTable& files, const FileOrdinals& ordinals,
                       const ColumnRef& column);

enum class BoundOrder : uint8_t { kLeastFirst, kGreatestFirst };
// The files in the order in which ORDER BY the column wants them: by min ascending, or by max
// descending. Unknown bounds come first, files without a value last; otherwise by ordinal.
std::vector<FileOrdinal> InOrderOf(const FileTable& files, const FileOrdinals& ordinals,
                                   const ColumnRef& column, BoundOrder order);

}  // namespace lakehold::delta
