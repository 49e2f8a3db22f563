// ValueConversion: how values of one SQL type become values of another without losing anything, or
// why they cannot. Pure.
#pragma once

#include <string>
#include <string_view>

#include "table/sql_type.h"

namespace lakehold::table {

struct ValueConversion {
  std::string expression;  // SQL; stops at the first value that would not come through unchanged.
  std::string condition;   // SQL: true for the values that do. "" if all do.
  std::string refusal;     // Not empty: it cannot be; what to do about it.
};

struct ConversionRules {
  bool naive_timestamps_are_utc = false;  // Zone-less values into TIMESTAMP WITH TIME ZONE.
  bool to_text = false;  // Times, durations and other plain values may become text.
};

// `value` is SQL, `column` names it in messages. Widening only: a number is never rounded, text is
// never parsed.
ValueConversion ConvertValue(std::string_view value, const SqlType& from, const SqlType& to,
                             std::string_view column, const ConversionRules& rules);

}  // namespace lakehold::table
