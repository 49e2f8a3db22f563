#include "cli/arrow_stream.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "render/row_weaver.h"

namespace lakehold::cli {

Result<ArrowStream> ArrowStream::Open(Rows& rows) {
  ArrowStream stream;
  LAKEHOLD_TRY(rows.Open(&stream.stream_));
  const int code = stream.stream_.get_schema(&stream.stream_, &stream.schema_);
  if (code != 0) return stream.StreamError(code);
  return stream;
}

ArrowStream::ArrowStream(ArrowStream&& other) noexcept
    : stream_(std::exchange(other.stream_, {})), schema_(std::exchange(other.schema_, {})) {}

ArrowStream::~ArrowStream() {
  if (schema_.release) schema_.release(&schema_);
  if (stream_.release) stream_.release(&stream_);
}

Error ArrowStream::StreamError(int code) {
  const char* text = stream_.get_last_error(&stream_);
  const std::string message = text ? text : std::strerror(code);
  if (code == ECANCELED || code == EINTR) return Cancelled("engine.interrupted", message);
  if (code == EIO || code == ENOSPC) return IoError("cli.stream_failed", message);
  if (code == ENOMEM) return IoError("cli.out_of_memory", message);
  return Invalid("cli.stream_failed", message);
}

Status ArrowStream::ForEach(const std::function<Status(const ArrowArray& batch)>& take) {
  while (true) {
    ArrowArray batch{};
    if (const int code = stream_.get_next(&stream_, &batch); code != 0) return StreamError(code);
    if (batch.release == nullptr) return {};
    auto status = take(batch);
    batch.release(&batch);
    if (!status.ok()) return status;
  }
}

Result<std::vector<std::vector<std::string>>> ReadTexts(Rows& rows) {
  LAKEHOLD_ASSIGN(auto stream, ArrowStream::Open(rows));
  const render::ValueStyle style{render::ValueStyle::Form::kPlain, "", ','};
  LAKEHOLD_ASSIGN(const auto columns, render::RowWeaver::NewColumns(stream.schema(), style));
  std::vector<std::vector<std::string>> texts;
  LAKEHOLD_TRY(stream.ForEach([&](const ArrowArray& batch) -> Status {
    for (int64_t row = 0; row < batch.length; ++row) {
      std::vector<std::string> cells(columns.size());
      for (size_t i = 0; i < columns.size(); ++i) {
        columns[i]->AppendOne(*batch.children[i], batch.offset + row, &cells[i]);
      }
      texts.push_back(std::move(cells));
    }
    return {};
  }));
  return texts;
}

}  // namespace lakehold::cli
