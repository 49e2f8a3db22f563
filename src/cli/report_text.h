// What reports say to people: one line a commit, one a scan, sizes and times. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "lakehold/report.h"

namespace lakehold::cli {

// "trips: +1,000 rows, version 13, 4 ms"
std::string CommitLine(const CommitReport& report, int64_t elapsed_ms);
// "trips v12: read 2 of 365 files, 0.4 of 9.1 MB; skipped 363 by partition day; then filter fare >
// 50"
std::string ScanLine(const ScanReport& report);

// "9.1 MB"; "512 bytes" below 1 kB. Powers of ten.
std::string FormatBytes(int64_t bytes);
// "4 ms", "1.2 s", "3 min 20 s".
std::string FormatElapsed(int64_t ms);
// "2026-11-01T12:30:00.250Z"
std::string FormatTimeMs(int64_t time_ms);
// "1 file", "2 files"
std::string Count(int64_t number, const std::string& noun);

}  // namespace lakehold::cli
