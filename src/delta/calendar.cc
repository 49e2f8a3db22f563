#include "delta/calendar.h"

#include <fmt/format.h>

namespace lakehold::delta {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

// Takes `least` to `most` digits off the front.
std::optional<int64_t> TakeDigits(std::string_view& text, size_t least, size_t most) {
  int64_t number = 0;
  size_t count = 0;
  while (count < text.size() && count < most && text[count] >= '0' && text[count] <= '9') {
    number = number * 10 + (text[count] - '0');
    ++count;
  }
  if (count < least) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool IsLeap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int64_t DaysInMonth(int64_t year, int64_t month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

// Days since 1970-01-01; eras of 400 years keep the arithmetic non-negative (Howard Hinnant,
// "chrono-compatible low-level date algorithms").
int64_t DaysOf(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

struct Civil {
  int64_t year, month, day;
};

Civil CivilOf(int64_t days) {
  days += 719'468;
  const int64_t era = FloorDiv(days, 146'097);
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
  const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::optional<int64_t> TakeDate(std::string_view& text) {
  const bool negative = Take(text, '-');
  if (!negative) Take(text, '+');
  auto year = TakeDigits(text, 4, 7);
  if (!year || !Take(text, '-')) return std::nullopt;
  const auto month = TakeDigits(text, 1, 2);
  if (!month || *month < 1 || *month > 12 || !Take(text, '-')) return std::nullopt;
  const auto day = TakeDigits(text, 1, 2);
  if (negative) year = -*year;
  if (!day || *day < 1 || *day > DaysInMonth(*year, *month)) return std::nullopt;
  return DaysOf(*year, *month, *day);
}

// ":59" and ".123456" are optional; the result is in microseconds.
std::optional<int64_t> TakeTimeOfDay(std::string_view& text) {
  const auto hour = TakeDigits(text, 1, 2);
  if (!hour || *hour > 23 || !Take(text, ':')) return std::nullopt;
  const auto minute = TakeDigits(text, 1, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t second = 0;
  int64_t micros = 0;
  if (Take(text, ':')) {
    const auto parsed = TakeDigits(text, 1, 2);
    if (!parsed || *parsed > 59) return std::nullopt;
    second = *parsed;
    if (Take(text, '.')) {
      const size_t before = text.size();
      const auto fraction = TakeDigits(text, 1, 6);
      if (!fraction) return std::nullopt;
      micros = *fraction;
      for (size_t digits = before - text.size(); digits < 6; ++digits) micros *= 10;
      TakeDigits(text, 0, 12);
    }
  }
  return ((*hour * 60 + *minute) * 60 + second) * kMicrosPerSecond + micros;
}

// The zone's distance from UTC in microseconds.
std::optional<int64_t> ParseZone(std::string_view text, ZoneText zone) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  if (zone == ZoneText::kForbidden) return std::nullopt;
  while (Take(text, ' ')) {
  }
  if (text == "UTC" || text == "GMT" || text == "Z") return 0;
  const bool negative = Take(text, '-');
  if (!negative && !Take(text, '+')) return std::nullopt;
  const auto hours = TakeDigits(text, 1, 2);
  if (!hours || *hours > 18) return std::nullopt;
  int64_t minutes = 0;
  if (!text.empty()) {
    Take(text, ':');
    const auto parsed = TakeDigits(text, 2, 2);
    if (!parsed || *parsed > 59 || !text.empty()) return std::nullopt;
    minutes = *parsed;
  }
  const int64_t offset = (*hours * 60 + minutes) * 60 * kMicrosPerSecond;
  return negative ? -offset : offset;
}

}  // namespace

std::optional<int64_t> ParseDate(std::string_view text) {
  const auto days = TakeDate(text);
  return text.empty() ? days : std::nullopt;
}

std::string FormatDate(int64_t days) {
  const auto [year, month, day] = CivilOf(days);
  // As java.time prints: a sign only where four digits do not suffice.
  const std::string_view sign = year < 0 ? "-" : year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, year < 0 ? -year : year, month, day);
}

std::optional<int64_t> ParseTimestamp(std::string_view text, ZoneText zone) {
  const auto days = TakeDate(text);
  if (!days) return std::nullopt;
  int64_t time = 0;
  int64_t offset = 0;
  if (!text.empty()) {
    if (!Take(text, ' ') && !Take(text, 'T')) return std::nullopt;
    const auto time_of_day = TakeTimeOfDay(text);
    if (!time_of_day) return std::nullopt;
    const auto parsed = ParseZone(text, zone);
    if (!parsed) return std::nullopt;
    time = *time_of_day;
    offset = *parsed;
  }
  // Summed up in seconds first: near the ends of the range the day alone overflows while the
  // instant does not.
  const int64_t seconds =
      *days * kSecondsPerDay + (time - time % kMicrosPerSecond - offset) / kMicrosPerSecond;
  int64_t micros = 0;
  const int64_t fraction = time % kMicrosPerSecond;
  const int64_t borrowed = seconds < 0 ? seconds + 1 : seconds;
  const int64_t rest = seconds < 0 ? fraction - kMicrosPerSecond : fraction;
  if (__builtin_mul_overflow(borrowed, kMicrosPerSecond, &micros)) return std::nullopt;
  if (__builtin_add_overflow(micros, rest, &micros)) return std::nullopt;
  return micros;
}

std::string FormatTimestamp(int64_t micros) {
  const int64_t seconds = FloorDiv(micros, kMicrosPerSecond);
  const int64_t days = FloorDiv(seconds, kSecondsPerDay);
  const int64_t of_day = seconds - days * kSecondsPerDay;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:06}Z", FormatDate(days), of_day / 3600,
                     of_day / 60 % 60, of_day % 60,
                     (micros % kMicrosPerSecond + kMicrosPerSecond) % kMicrosPerSecond);
}

std::string FormatTimestampNtz(int64_t micros) {
  std::string text = FormatTimestamp(micros);
  text.pop_back();
  text[text.size() - 16] = ' ';
  if (text.ends_with(".000000")) text.resize(text.size() - 7);
  return text;
}

}  // namespace lakehold::delta
