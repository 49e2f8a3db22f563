// TextSink: where rendered text goes, piece by piece and in order. Called by one thread at a time.
// Used by csv_writer.h and json_writer.h.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"

namespace lakehold::render {

// An error stops the writer, which passes it on.
using TextSink = std::function<Status(std::string_view text)>;

}  // namespace lakehold::render
