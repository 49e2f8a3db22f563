// The row count a Parquet file's footer tells, read without a Parquet reader. Pure functions and
// one that reads.
//
//   file = "PAR1" pages footer length "PAR1"    footer = FileMetaData, in Thrift's compact protocol
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "storage/object_store.h"

namespace lakehold::upkeep {

// kCorrupt "upkeep.not_parquet" says what is wrong with the file; kUnsupported
// "upkeep.encrypted_footer". Reads the head and the footer only.
Result<int64_t> ReadRowCount(storage::ObjectStore& store, std::string_view key);
// The same of a footer's own bytes.
Result<int64_t> ParseRowCount(std::string_view footer);

}  // namespace lakehold::upkeep
