// A variant as JSON text for people, its values spelled as those of columns are: README.md. Pure.
//
//   null true -1 12.50 1.0 "text" "00ff" "2026-11-01T12:30:00Z" [1,"a"] {"name":1}
#pragma once

#include <string>
#include <string_view>

#include "lakehold/arrow_abi.h"

namespace lakehold::render {

// Bytes that are no variant are shown as {"metadata":"01..","value":".."} in hexadecimal.
void AppendVariantJson(std::string_view metadata, std::string_view value, std::string* out);

// Whether the schema is of the extension type kArrowVariant, kept as a struct of the bytes metadata
// and value, in this order, with 32-bit offsets: the form in which the engine hands variants out.
bool IsVariant(const ArrowSchema& schema);

}  // namespace lakehold::render
