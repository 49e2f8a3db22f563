#include "python/plain_values.h"

#include <datetime.h>
#include <fmt/format.h>
#include <nanobind/stl/string.h>

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kMicros = 1'000'000;

struct CivilDay {
  int64_t year;
  int month;
  int day;
};

// The proleptic Gregorian day `days` after 1970-01-01.
CivilDay CivilOf(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

CivilDay CheckedDay(int64_t days, const std::string& where) {
  const auto civil = CivilOf(days);
  if (civil.year >= 1 && civil.year <= 9999) return civil;
  throw nb::value_error(
      fmt::format("{}: year {} is beyond Python's dates; cast it to VARCHAR or use to_arrow()",
                  where, civil.year)
          .c_str());
}

std::string TextOf(__int128 value) {
  const bool negative = value < 0;
  auto rest =
      negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return negative ? "-" + digits : digits;
}

nb::handle DecimalClass() {
  static PyObject* decimal =
      nb::object(nb::module_::import_("decimal").attr("Decimal")).release().ptr();
  return decimal;
}

}  // namespace

nb::object Stolen(PyObject* object) {
  if (object == nullptr) throw nb::python_error();
  return nb::steal(object);
}

void ImportTimes() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
}

int64_t FloorDivide(int64_t value, int64_t by) {
  const int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

nb::object DateOf(int64_t days, const std::string& where) {
  const auto civil = CheckedDay(days, where);
  return Stolen(PyDate_FromDate(static_cast<int>(civil.year), civil.month, civil.day));
}

nb::object DatetimeOf(int64_t micros, bool aware, const std::string& where) {
  const int64_t days = FloorDivide(micros, kSecondsPerDay * kMicros);
  const auto civil = CheckedDay(days, where);
  const int64_t rest = micros - days * kSecondsPerDay * kMicros;
  const int seconds = static_cast<int>(rest / kMicros);
  return Stolen(PyDateTimeAPI->DateTime_FromDateAndTime(
      static_cast<int>(civil.year), civil.month, civil.day, seconds / 3600, seconds / 60 % 60,
      seconds % 60, static_cast<int>(rest % kMicros), aware ? PyDateTime_TimeZone_UTC : Py_None,
      PyDateTimeAPI->DateTimeType));
}

nb::object TimeOf(int64_t micros) {
  const int seconds = static_cast<int>(micros / kMicros) % static_cast<int>(kSecondsPerDay);
  return Stolen(PyTime_FromTime(seconds / 3600, seconds / 60 % 60, seconds % 60,
                                static_cast<int>(micros % kMicros)));
}

nb::object TimedeltaOf(int64_t days, int64_t micros) {
  const int64_t whole = FloorDivide(micros, kSecondsPerDay * kMicros);
  const int64_t rest = micros - whole * kSecondsPerDay * kMicros;
  return Stolen(PyDelta_FromDSU(static_cast<int>(days + whole), static_cast<int>(rest / kMicros),
                                static_cast<int>(rest % kMicros)));
}

nb::object WholeOf(__int128 value) {
  return Stolen(PyLong_FromString(TextOf(value).c_str(), nullptr, 10));
}

nb::object DecimalOf(__int128 value, int scale) {
  std::string text = TextOf(value);
  if (scale != 0) text += fmt::format("E{}", -scale);
  return DecimalClass()(text);
}

}  // namespace lakehold::python
