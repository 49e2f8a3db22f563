#include "engine/peeked_stream.h"

#include <utility>

namespace lakehold::engine {

Result<std::unique_ptr<PeekedStream>> PeekedStream::Open(StreamSource source) {
  std::unique_ptr<PeekedStream> peeked(new PeekedStream(std::move(source)));
  LAKEHOLD_TRY(peeked->source_.open(&peeked->stream_));
  LAKEHOLD_ASSIGN(peeked->schema_, ReadInputSchema(&peeked->stream_));
  return peeked;
}

PeekedStream::~PeekedStream() {
  batches_.clear();  // Before the stream that gave them.
  if (stream_.release != nullptr) stream_.release(&stream_);
}

Result<bool> PeekedStream::EndsWithin(int64_t rows, size_t batches) {
  while (!ended_ && rows_ <= rows && batches_.size() <= batches) {
    auto batch = duckdb::make_shared_ptr<duckdb::ArrowArrayWrapper>();
    const int code = stream_.get_next(&stream_, &batch->arrow_array);
    if (code != 0) {
      batch->arrow_array.release = nullptr;  // Undefined after an error.
      return InputFailure(code, &stream_);
    }
    ended_ = batch->arrow_array.release == nullptr;
    if (ended_) break;
    rows_ += batch->arrow_array.length;
    batches_.push_back(std::move(batch));
  }
  return ended_ && rows_ <= rows && batches_.size() <= batches;
}

void PeekedStream::Replay(std::unique_ptr<PeekedStream> peeked, ArrowArrayStream* out) {
  *out = {};
  out->get_schema = [](ArrowArrayStream* stream, ArrowSchema* schema) {
    // The producer may give it only once, and has.
    SharedSchema::Share(static_cast<PeekedStream*>(stream->private_data)->schema_, schema);
    return 0;
  };
  out->get_next = [](ArrowArrayStream* stream, ArrowArray* array) {
    auto& replayed = *static_cast<PeekedStream*>(stream->private_data);
    if (!replayed.batches_.empty()) {
      *array = std::exchange(replayed.batches_.front()->arrow_array, ArrowArray{});
      replayed.batches_.pop_front();
      return 0;
    }
    *array = ArrowArray{};
    return replayed.ended_ ? 0 : replayed.stream_.get_next(&replayed.stream_, array);
  };
  out->get_last_error = [](ArrowArrayStream* stream) {
    auto& inner = static_cast<PeekedStream*>(stream->private_data)->stream_;
    return inner.get_last_error(&inner);
  };
  out->release = [](ArrowArrayStream* stream) {
    delete static_cast<PeekedStream*>(stream->private_data);
    stream->release = nullptr;
  };
  out->private_data = peeked.release();
}

StreamSource PeekedStream::Rest(std::unique_ptr<PeekedStream> peeked) {
  StreamSource source;
  source.one_shot = peeked->source_.one_shot;
  auto again = peeked->source_.open;
  auto held = std::make_shared<std::unique_ptr<PeekedStream>>(std::move(peeked));
  source.open = [held, again](ArrowArrayStream* out) -> Status {
    if (!*held) return again(out);
    Replay(std::move(*held), out);
    return {};
  };
  return source;
}

}  // namespace lakehold::engine
