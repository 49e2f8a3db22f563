#include "render/row_weaver.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace lakehold::render {

Result<std::vector<std::unique_ptr<ColumnRenderer>>> RowWeaver::NewColumns(
    const ArrowSchema& schema, const ValueStyle& style) {
  if (schema.format == nullptr || std::string_view(schema.format) != "+s") {
    return Invalid("render.not_a_batch",
                   "these rows are no record batches: their type is no struct",
                   "give a stream of record batches");
  }
  std::vector<std::unique_ptr<ColumnRenderer>> columns;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    LAKEHOLD_ASSIGN(auto column, NewColumnRenderer(*schema.children[i], style));
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string RowWeaver::Weave(const ArrowArray& batch, int64_t begin, int64_t end) const {
  std::vector<ColumnText> texts(columns_.size());
  size_t total = static_cast<size_t>(end - begin) * frame_.row_end.size();
  for (size_t i = 0; i < columns_.size(); ++i) {
    // A batch's own offset applies to its children, as with any struct.
    columns_[i]->Render(*batch.children[i], batch.offset + begin, batch.offset + end, &texts[i]);
    total += texts[i].bytes.size();
    total += static_cast<size_t>(end - begin) * frame_.before_field[i].size();
  }
  std::string rows;
  rows.reserve(total);
  for (size_t row = 0; row < static_cast<size_t>(end - begin); ++row) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      rows += frame_.before_field[i];
      rows += texts[i].at(row);
    }
    rows += frame_.row_end;
  }
  return rows;
}

Status RowWeaver::Write(const ArrowArray& batch, const TextSink& sink) const {
  const auto chunks = static_cast<size_t>((batch.length + kChunkRows - 1) / kChunkRows);
  std::vector<std::string> texts(chunks);
  executor_->ParallelFor(chunks, [&](size_t chunk) {
    const int64_t begin = static_cast<int64_t>(chunk) * kChunkRows;
    texts[chunk] = Weave(batch, begin, std::min(begin + kChunkRows, batch.length));
  });
  for (const auto& text : texts) LAKEHOLD_TRY(sink(text));
  return {};
}

}  // namespace lakehold::render
