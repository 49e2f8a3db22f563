// Readers under test: lakehold itself, or a program. Externally synchronized.
//
// A program is called as COMMAND TABLE FILE [VERSION]. It writes the rows as a Parquet file to FILE
// and exits with 0, or says on stderr why not and exits with 1 to 125. A line "files N" on stdout
// tells the number of live files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/conformance_score.h"
#include "lakehold/table.h"

namespace lakehold::cli {

using ConformanceReader =
    std::function<ReaderAnswer(const std::string& table, std::optional<Version> version)>;

ConformanceReader NewOwnReader(const OpenOptions& options);
// The rows are read back by a temporary lake. kIo "cli.file_failed" if there is no place for files.
Result<ConformanceReader> NewProgramReader(const std::string& command, int timeout_s);

}  // namespace lakehold::cli
