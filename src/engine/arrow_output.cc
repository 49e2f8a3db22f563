#include "engine/arrow_output.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>
#include <duckdb/common/arrow/arrow_type_extension.hpp>
#include <duckdb/function/table/arrow/arrow_duck_schema.hpp>

#include "engine/duckdb_errors.h"
#include "engine/variant_output.h"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;

// Text of one batch: 32-bit offsets hold 2 GiB, and a batch this large serves nobody.
constexpr idx_t kBatchTextBytes = idx_t{512} << 20;
constexpr int64_t kDefaultBatchRows = 131'072;

int ErrnoOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return EINVAL;
    case ErrorKind::kCancelled:
      return ECANCELED;
    case ErrorKind::kUnsupported:
      return ENOSYS;
    case ErrorKind::kNotFound:
      return ENOENT;
    case ErrorKind::kDenied:
      return EACCES;
    case ErrorKind::kCorrupt:
      return EBADMSG;
    case ErrorKind::kUnavailable:
      return EAGAIN;
    case ErrorKind::kInternal:
      return ENOTRECOVERABLE;
    default:
      return EIO;
  }
}

idx_t TextBytes(duckdb::DataChunk& chunk) {
  idx_t total = 0;
  for (auto& column : chunk.data) {
    if (column.GetType().InternalType() != duckdb::PhysicalType::VARCHAR) continue;
    duckdb::UnifiedVectorFormat format;
    column.ToUnifiedFormat(chunk.size(), format);
    const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    idx_t bytes = 0;
    for (idx_t i = 0; i < chunk.size(); ++i) {
      const idx_t row = format.sel->get_index(i);
      if (format.validity.RowIsValid(row)) bytes += strings[row].GetSize();
    }
    total = std::max(total, bytes);
  }
  return total;
}

class OutputStream {
 public:
  OutputStream(std::shared_ptr<RowSource> rows, int64_t batch_rows)
      : rows_(std::move(rows)),
        batch_rows_(static_cast<idx_t>(batch_rows > 0 ? batch_rows : kDefaultBatchRows)),
        properties_(rows_->properties()),
        variants_(*properties_.client_context, rows_->types()) {}

  static OutputStream& From(ArrowArrayStream* stream) {
    return *static_cast<OutputStream*>(stream->private_data);
  }

  Status Schema(ArrowSchema* out) {
    return CatchDuckDb([&]() -> Status {
      duckdb::ArrowConverter::ToArrowSchema(out, variants_.types(), rows_->names(), properties_);
      variants_.Annotate(*out);
      return {};
    });
  }

  Status Next(ArrowArray* out) {
    out->release = nullptr;
    if (done_) return {};
    return CatchDuckDb([&]() -> Status {
      FillBatch(out);
      return {};
    });
  }

  template <typename F>
  int Guard(F&& call) {
    if (!failure_) {
      Status status = call();
      if (status.ok()) return 0;
      failure_ = std::move(status).error();
      text_ = failure_->ToString();
    }
    return ErrnoOf(failure_->kind);
  }
  const char* last_error() const { return failure_ ? text_.c_str() : nullptr; }

 private:
  // True if there are rows left to hand out.
  bool Refill() {
    while (!done_ && (!chunk_ || position_ == chunk_->size())) {
      chunk_ = variants_.Convert(rows_->Fetch());
      position_ = 0;
      done_ = !chunk_ || chunk_->size() == 0;
    }
    return !done_;
  }

  void FillBatch(ArrowArray* out) {
    if (!Refill()) return;
    auto extensions = duckdb::ArrowTypeExtensionData::GetExtensionTypes(*properties_.client_context,
                                                                        variants_.types());
    duckdb::ArrowAppender appender(variants_.types(),
                                   std::min<idx_t>(batch_rows_, kDefaultBatchRows), properties_,
                                   std::move(extensions));
    idx_t filled = 0;
    idx_t text = 0;
    while (filled < batch_rows_ && Refill()) {
      const idx_t take = std::min(batch_rows_ - filled, chunk_->size() - position_);
      text += TextBytes(*chunk_);
      if (filled > 0 && text > kBatchTextBytes) break;
      appender.Append(*chunk_, position_, position_ + take, chunk_->size());
      position_ += take;
      filled += take;
    }
    *out = appender.Finalize();
  }

  std::shared_ptr<RowSource> rows_;
  const idx_t batch_rows_;
  duckdb::ClientProperties properties_;
  VariantOutput variants_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
  idx_t position_ = 0;
  bool done_ = false;
  std::optional<Error> failure_;
  std::string text_;
};

}  // namespace

void ExportRows(std::shared_ptr<RowSource> rows, int64_t batch_rows, ArrowArrayStream* out) {
  out->private_data = new OutputStream(std::move(rows), batch_rows);
  out->get_schema = [](ArrowArrayStream* stream, ArrowSchema* schema) {
    auto& self = OutputStream::From(stream);
    return self.Guard([&] { return self.Schema(schema); });
  };
  out->get_next = [](ArrowArrayStream* stream, ArrowArray* array) {
    auto& self = OutputStream::From(stream);
    array->release = nullptr;
    return self.Guard([&] { return self.Next(array); });
  };
  out->get_last_error = [](ArrowArrayStream* stream) {
    return OutputStream::From(stream).last_error();
  };
  out->release = [](ArrowArrayStream* stream) {
    delete &OutputStream::From(stream);
    stream->release = nullptr;
  };
}

}  // namespace lakehold::engine
