// Dates and times as text, in the proleptic Gregorian calendar; no locale, no time zone of the
// machine. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lakehold::delta {

// "2026-11-01", "-0044-03-15", "+12000-1-1" as days since 1970-01-01. The year has four to seven
// digits (the range of DuckDB's and Spark's 32-bit days); nothing if the text is not such a date.
std::optional<int64_t> ParseDate(std::string_view text);
std::string FormatDate(int64_t days);

enum class ZoneText : uint8_t {
  kAllowed,    // "Z", "UTC", "+02:00", "-0730"; none counts as UTC.
  kForbidden,  // At most "Z": the value has no zone.
};
// "2026-11-01", "2026-11-01 12:30", "2026-11-01T12:30:59.123456789Z" as microseconds since 1970
// UTC; digits of the second beyond the sixth are dropped, as Spark does. Nothing if the text is no
// time or is beyond 64 bits.
std::optional<int64_t> ParseTimestamp(std::string_view text, ZoneText zone);
// "2026-11-01T12:30:59.123456Z", always with six digits.
std::string FormatTimestamp(int64_t micros);
// "2026-11-01 12:30:59" or, with a fraction, "2026-11-01 12:30:59.123456".
std::string FormatTimestampNtz(int64_t micros);

}  // namespace lakehold::delta
