// Renderers of values inside of values: lists, structs, maps as JSON text, and dictionaries.
// Immutable. Reached through NewColumnRenderer in column_renderer.h.
#pragma once

#include <memory>
#include <string_view>

#include "render/column_renderer.h"

namespace lakehold::render {

// For a schema with a dictionary: its `format` is the index's type. `depth` counts the types around
// it.
Result<std::unique_ptr<ColumnRenderer>> NewDictionaryRenderer(const ArrowSchema& type,
                                                              const ValueStyle& style, int depth);
// For formats that begin with '+'.
Result<std::unique_ptr<ColumnRenderer>> NewNestedRenderer(const ArrowSchema& type,
                                                          const ValueStyle& style, int depth);

// NewColumnRenderer for a type inside of `depth` others. kUnsupported beyond limits::kTypeDepth.
Result<std::unique_ptr<ColumnRenderer>> NewRendererAt(const ArrowSchema& type,
                                                      const ValueStyle& style, int depth);
Error UnsupportedType(const ArrowSchema& type);

}  // namespace lakehold::render
