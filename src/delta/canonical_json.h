// The canonical form of a JSON object over which the protocol takes its checksum. Pure functions.
//
//   "k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3"
// One pair path=value a leaf, in byte order of the paths; names and strings are percent-encoded
// inside their quotes, array positions are bare numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lakehold::delta {

// Without the top-level key `left_out`. Nothing if the text is no JSON object.
std::optional<std::string> CanonicalJson(std::string_view json, std::string_view left_out);

}  // namespace lakehold::delta
