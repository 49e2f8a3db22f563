// How texts and bytes stand in CSV and JSON. Pure functions that append to `out`. See value_text.h
// for numbers and times.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lakehold::render {

// A CSV field: quoted if it is empty, equals `null_text` or holds the delimiter, a quote, CR or LF.
void AppendCsvText(std::string_view text, char delimiter, std::string_view null_text,
                   std::string* out);
// A JSON string with its quotes. Control characters are escaped; what is not UTF-8 becomes U+FFFD.
void AppendJsonText(std::string_view text, std::string* out);
// Lower-case hexadecimal, two digits a byte.
void AppendHex(std::string_view bytes, std::string* out);

// The length in bytes of the UTF-8 character at the start of `text`; 0 if it is not well formed.
// `bad_length`, if given, gets the length of the maximal cut sequence then (at least 1).
// Precondition: not empty.
size_t Utf8Length(std::string_view text, size_t* bad_length = nullptr);

}  // namespace lakehold::render
