// The canonical text of a value in the Variant binary encoding of Parquet. Pure function.
//
//   null true -1 12.5 1.0 "text" x00ff D19000 T1700000000000000 [a,b] {"name":value}
// Next: content_hash.h (where it is used).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lakehold::render {

// kCorrupt "variant.damaged" if an offset leads outside, a type is unknown, or it nests too
// deep.
Status AppendVariantText(std::string_view metadata, std::string_view value, std::string& out);

}  // namespace lakehold::render
