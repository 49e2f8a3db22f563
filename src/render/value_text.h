// How numbers, dates and times are spelled, in every format. Pure functions that append to `out`;
// no locale. The rules for people: README.md. Next: column_renderer.h.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace lakehold::render {

template <typename T>
void AppendInteger(T value, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

// The shortest text that reads back as the same value; "1.0", "300000.0", "1e+20", "-0.0", "NaN",
// "Infinity".
void AppendFloat(float value, std::string* out);
void AppendFloat(double value, std::string* out);
// value * 10^-scale with exactly max(scale, 0) digits behind the point.
void AppendDecimal(__int128 value, int scale, std::string* out);

// Days since 1970-01-01, in the proleptic Gregorian calendar: "2026-11-01".
void AppendDate(int64_t days, std::string* out);
// A time of day or an instant as a count of units; `units_per_second` is 1, 10^3, 10^6 or 10^9.
void AppendTime(int64_t units, int64_t units_per_second, std::string* out);
// "2026-11-01T12:30:00.250", and "Z" behind it if `utc`.
void AppendTimestamp(int64_t units, int64_t units_per_second, bool utc, std::string* out);

}  // namespace lakehold::render
