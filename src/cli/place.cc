#include "cli/place.h"

#include <charconv>

#include <fmt/format.h>
#include <sys/stat.h>

namespace lakehold::cli {
namespace {

// Reads digits off the front of `text`; exactly `width` of them.
std::optional<int> TakeNumber(std::string_view* text, size_t width) {
  if (text->size() < width) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + width, value);
  if (error != std::errc() || end != text->data() + width || value < 0) return std::nullopt;
  text->remove_prefix(width);
  return value;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

std::optional<int64_t> DaysOf(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return std::nullopt;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day > kDays[month - 1] + (month == 2 && leap ? 1 : 0)) return std::nullopt;
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

// "Z", "+02:00", "-0730", "+02" or nothing: minutes east of Greenwich.
std::optional<int> TakeZone(std::string_view* text) {
  if (text->empty()) return 0;
  if (Take(text, 'Z') || Take(text, 'z')) return 0;
  const int sign = text->front() == '-' ? -1 : 1;
  if (!Take(text, '+') && !Take(text, '-')) return std::nullopt;
  const auto hours = TakeNumber(text, 2);
  if (!hours || *hours > 14) return std::nullopt;
  Take(text, ':');
  if (text->empty()) return sign * *hours * 60;
  const auto minutes = TakeNumber(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

// "12:30", "12:30:59", "12:30:59.25": milliseconds of the day.
std::optional<int64_t> TakeClock(std::string_view* text) {
  const auto hours = TakeNumber(text, 2);
  if (!hours || !Take(text, ':')) return std::nullopt;
  const auto minutes = TakeNumber(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  int64_t ms = (*hours * 60 + *minutes) * 60'000LL;
  if (!Take(text, ':')) return ms;
  const auto seconds = TakeNumber(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  ms += *seconds * 1'000LL;
  if (!Take(text, '.')) return ms;
  for (int64_t unit = 100; !text->empty() && text->front() >= '0' && text->front() <= '9';) {
    ms += unit * (text->front() - '0');
    unit /= 10;
    text->remove_prefix(1);
  }
  return ms;
}

std::optional<int64_t> ParseTimeMs(std::string_view text) {
  const auto year = TakeNumber(&text, 4);
  if (!year || !Take(&text, '-')) return std::nullopt;
  const auto month = TakeNumber(&text, 2);
  if (!month || !Take(&text, '-')) return std::nullopt;
  const auto day = TakeNumber(&text, 2);
  if (!day) return std::nullopt;
  const auto days = DaysOf(*year, *month, *day);
  if (!days) return std::nullopt;
  int64_t ms = *days * 86'400'000;
  if (Take(&text, 'T') || Take(&text, 't') || Take(&text, ' ')) {
    const auto clock = TakeClock(&text);
    if (!clock) return std::nullopt;
    ms += *clock;
  }
  const auto zone = TakeZone(&text);
  if (!zone || !text.empty()) return std::nullopt;
  return ms - *zone * 60'000LL;
}

}  // namespace

bool PathExists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

bool IsUrl(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  for (const char c : text.substr(0, colon)) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) return false;
  }
  return true;
}

Result<TablePlace> ParseTablePlace(std::string_view path) {
  const std::string_view given = path;
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  TablePlace place;
  place.table = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  place.lake = slash == std::string_view::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (place.table.empty() || place.table == "." || place.table == "..") {
    return Invalid("cli.not_a_table_path", fmt::format("\"{}\" names no table", given),
                   "give the path of a table, such as data/lake/trips");
  }
  return place;
}

SqlPlace ResolveSqlArguments(const std::vector<std::string>& arguments) {
  SqlPlace place;
  if (arguments.size() == 1) {
    if (IsUrl(arguments[0]) || PathExists(arguments[0])) {
      place.lake = arguments[0];
    } else {
      place.sql = arguments[0];
    }
  } else if (arguments.size() >= 2) {
    place.lake = arguments[0];
    place.sql = arguments[1];
  }
  return place;
}

Result<VersionSpec> ParseVersionSpec(std::string_view text) {
  int64_t version = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, version);
  if (error == std::errc() && end == last && version >= 0) return VersionSpec(AtVersion{version});
  if (const auto time_ms = ParseTimeMs(text)) return VersionSpec(AtTime{*time_ms});
  return Invalid("cli.bad_version", fmt::format("\"{}\" is neither a version nor a time", text),
                 "write a version such as 3 or a time such as 2026-11-01T00:00Z");
}

}  // namespace lakehold::cli
