#include "render/json_writer.h"

#include <string>
#include <utility>

#include "render/text_escape.h"

namespace lakehold::render {

Result<JsonWriter> JsonWriter::Open(const ArrowSchema& schema, JsonLayout layout,
                                    Executor& executor, TextSink sink) {
  LAKEHOLD_ASSIGN(auto columns, RowWeaver::NewColumns(schema, ValueStyle{}));
  // In an array each object brings the separator before it; the first one's is cut off by Write.
  const bool lines = layout == JsonLayout::kLines;
  RowWeaver::Frame frame{{}, lines ? "}\n" : "}"};
  for (int64_t i = 0; i < schema.n_children; ++i) {
    std::string before = i > 0 ? "," : lines ? "{" : ",\n{";
    const char* name = schema.children[i]->name;
    AppendJsonText(name ? name : "", &before);
    frame.before_field.push_back(before + ':');
  }
  if (columns.empty()) frame.row_end = lines ? "{}\n" : ",\n{}";
  return JsonWriter(RowWeaver(std::move(columns), std::move(frame), executor), layout,
                    std::move(sink));
}

Status JsonWriter::Write(const ArrowArray& batch) {
  if (layout_ == JsonLayout::kLines) return weaver_.Write(batch, sink_);
  return weaver_.Write(batch, [this](std::string_view text) -> Status {
    if (any_ || text.empty()) return sink_(text);
    any_ = true;
    LAKEHOLD_TRY(sink_("[\n"));
    return sink_(text.substr(2));
  });
}

Status JsonWriter::Finish() {
  if (layout_ == JsonLayout::kLines) return {};
  return sink_(any_ ? "\n]\n" : "[\n]\n");
}

}  // namespace lakehold::render
