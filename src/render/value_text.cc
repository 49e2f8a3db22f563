#include "render/value_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

namespace lakehold::render {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

template <typename T>
void AppendAnyFloat(T value, std::string* out) {
  if (std::isnan(value)) {
    *out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    *out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  char digits[64];
  char* const last = digits + sizeof digits;
  // Left to itself, to_chars writes 3e+05 where people write 300000.
  const T size = std::abs(value);
  const bool plain = size == 0 || (size >= T(1e-5) && size < T(1e16));
  const auto end = plain ? std::to_chars(digits, last, value, std::chars_format::fixed).ptr
                         : std::to_chars(digits, last, value, std::chars_format::scientific).ptr;
  const std::string_view text(digits, static_cast<size_t>(end - digits));
  *out += text;
  // A reader that guesses types must not take a column of whole floats for integers.
  if (text.find_first_of(".e") == std::string_view::npos) *out += ".0";
}

void AppendPadded(uint64_t value, int width, std::string* out) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out->append(digits, static_cast<size_t>(width));
}

struct Floored {
  int64_t quotient;
  int64_t rest;
};
Floored FloorDivide(int64_t value, int64_t by) {
  int64_t quotient = value / by;
  int64_t rest = value % by;
  if (rest < 0) {
    rest += by;
    --quotient;
  }
  return {quotient, rest};
}

void AppendClock(int64_t second_of_day, int64_t fraction, int64_t units_per_second,
                 std::string* out) {
  const auto seconds = static_cast<uint64_t>(second_of_day);
  // A time of day of 24:00:00 is legal; anything beyond prints its hours.
  const uint64_t hours = seconds / 3600;
  AppendPadded(hours, hours > 99 ? 6 : 2, out);
  *out += ':';
  AppendPadded(seconds / 60 % 60, 2, out);
  *out += ':';
  AppendPadded(seconds % 60, 2, out);
  if (fraction == 0) return;
  int width = units_per_second == 1'000 ? 3 : units_per_second == 1'000'000 ? 6 : 9;
  while (width > 3 && fraction % 1000 == 0) {
    fraction /= 1000;
    width -= 3;
  }
  *out += '.';
  AppendPadded(static_cast<uint64_t>(fraction), width, out);
}

}  // namespace

void AppendFloat(float value, std::string* out) { AppendAnyFloat(value, out); }
void AppendFloat(double value, std::string* out) { AppendAnyFloat(value, out); }

void AppendDecimal(__int128 value, int scale, std::string* out) {
  const bool negative = value < 0;
  auto rest = static_cast<unsigned __int128>(value);
  if (negative) rest = ~rest + 1;
  char digits[40];
  int count = 0;
  while (rest != 0) {
    digits[count++] = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (count == 0) digits[count++] = '0';
  if (negative) *out += '-';
  const bool zero = count == 1 && digits[0] == '0';
  const int whole = std::max(count - std::max(scale, 0), 0);
  if (whole == 0) *out += '0';
  for (int i = 0; i < whole; ++i) *out += digits[count - 1 - i];
  if (scale < 0 && !zero) out->append(static_cast<size_t>(-scale), '0');
  if (scale <= 0) return;
  *out += '.';
  if (scale > count) out->append(static_cast<size_t>(scale - count), '0');
  for (int i = std::min(count, scale) - 1; i >= 0; --i) *out += digits[i];
}

void AppendDate(int64_t days, std::string* out) {
  // Years of 365.2425 days that begin in March, so that the leap day comes last.
  const __int128 shifted = static_cast<__int128>(days) + 719'468;
  const auto era = static_cast<int64_t>((shifted >= 0 ? shifted : shifted - 146'096) / 146'097);
  const auto day_of_era = static_cast<int64_t>(shifted - static_cast<__int128>(era) * 146'097);
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const uint64_t positive = year < 0 ? static_cast<uint64_t>(-year) : static_cast<uint64_t>(year);
  if (year < 0) *out += '-';
  if (positive < 10'000) {
    AppendPadded(positive, 4, out);
  } else {
    AppendInteger(positive, out);
  }
  *out += '-';
  AppendPadded(static_cast<uint64_t>(month), 2, out);
  *out += '-';
  AppendPadded(static_cast<uint64_t>(day), 2, out);
}

void AppendTime(int64_t units, int64_t units_per_second, std::string* out) {
  const auto [seconds, fraction] = FloorDivide(units, units_per_second);
  if (seconds < 0) {  // No time of day: keep the value readable all the same.
    *out += '-';
    AppendTime(units == INT64_MIN ? INT64_MAX : -units, units_per_second, out);
    return;
  }
  AppendClock(seconds, fraction, units_per_second, out);
}

void AppendTimestamp(int64_t units, int64_t units_per_second, bool utc, std::string* out) {
  const auto [seconds, fraction] = FloorDivide(units, units_per_second);
  const auto [days, second_of_day] = FloorDivide(seconds, kSecondsPerDay);
  AppendDate(days, out);
  *out += 'T';
  AppendClock(second_of_day, fraction, units_per_second, out);
  if (utc) *out += 'Z';
}

}  // namespace lakehold::render
