#include "render/csv_writer.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "render/text_escape.h"

namespace lakehold::render {

Result<CsvWriter> CsvWriter::Open(const ArrowSchema& schema, const CsvOptions& options,
                                  Executor& executor, TextSink sink) {
  const std::string forbidden = {options.delimiter, '"', '\n', '\r'};
  if (options.null_text.find_first_of(forbidden) != std::string::npos) {
    return Invalid(
        "render.null_text",
        fmt::format("\"{}\" cannot stand for NULL in CSV: it would need quotes", options.null_text),
        "choose a text without the delimiter, quotes and line ends");
  }
  const ValueStyle style{ValueStyle::Form::kCsv, options.null_text, options.delimiter};
  LAKEHOLD_ASSIGN(auto columns, RowWeaver::NewColumns(schema, style));
  RowWeaver::Frame frame{std::vector<std::string>(columns.size(), {options.delimiter}), "\n"};
  if (!columns.empty()) frame.before_field[0].clear();
  std::string header;
  for (int64_t i = 0; options.header && i < schema.n_children; ++i) {
    const char* name = schema.children[i]->name;
    if (i > 0) header += options.delimiter;
    AppendCsvText(name ? name : "", options.delimiter, options.null_text, &header);
  }
  if (options.header) header += '\n';
  return CsvWriter(RowWeaver(std::move(columns), std::move(frame), executor), std::move(header),
                   std::move(sink));
}

Status CsvWriter::Write(const ArrowArray& batch) {
  LAKEHOLD_TRY(Finish());
  return weaver_.Write(batch, sink_);
}

Status CsvWriter::Finish() {
  if (header_.empty()) return {};
  const std::string header = std::exchange(header_, {});
  return sink_(header);
}

}  // namespace lakehold::render
