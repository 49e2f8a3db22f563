#include "render/arrow_ipc_writer.h"

#include "render/arrow_body.h"

namespace lakehold::render {
namespace {

constexpr std::string_view kMagic = "ARROW1";
// Pieces from this size on go to the sink as they are; smaller ones are gathered up to it.
constexpr size_t kGatherBytes = size_t{256} << 10;

std::string Int32(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

}  // namespace

Result<ArrowIpcWriter> ArrowIpcWriter::Open(const ArrowSchema& schema, Layout layout,
                                            TextSink sink) {
  LAKEHOLD_ASSIGN(auto field, ArrowField::Parse(schema));
  if (field.layout != ArrowLayout::kStruct) {
    return Invalid("render.not_a_batch",
                   "these rows are no record batches: their type is no struct",
                   "give a stream of record batches");
  }
  return ArrowIpcWriter(std::move(field), layout, std::move(sink));
}

Status ArrowIpcWriter::Begin() {
  if (begun_) return {};
  begun_ = true;
  if (layout_ == Layout::kFile) LAKEHOLD_TRY(Put(std::string(kMagic) + std::string(2, '\0')));
  LAKEHOLD_ASSIGN([[maybe_unused]] const int32_t head_bytes, PutHead(EncodeSchemaMessage(field_)));
  return {};
}

Status ArrowIpcWriter::Write(const ArrowArray& batch) {
  if (batch.length == 0) return {};
  LAKEHOLD_TRY(Begin());
  const ArrowBody body(field_, batch);
  const int64_t offset = position_;
  LAKEHOLD_ASSIGN(const int32_t head_bytes, PutHead(EncodeBatchMessage(body.map())));
  blocks_.push_back({offset, head_bytes, 0, body.map().body_bytes});
  for (const auto& piece : body.pieces()) {
    LAKEHOLD_TRY(Put(piece));
    LAKEHOLD_TRY(Pad());
  }
  return {};
}

Status ArrowIpcWriter::Finish() {
  LAKEHOLD_TRY(Begin());
  LAKEHOLD_TRY(Put(Int32(0xFFFFFFFF) + Int32(0)));
  if (layout_ == Layout::kFile) {
    const std::string footer = EncodeFooter(field_, blocks_);
    LAKEHOLD_TRY(Put(footer));
    LAKEHOLD_TRY(Put(Int32(static_cast<uint32_t>(footer.size())) + std::string(kMagic)));
  }
  return Flush();
}

Result<int32_t> ArrowIpcWriter::PutHead(const std::string& metadata) {
  const auto bytes = static_cast<int64_t>(metadata.size()) + 8;
  const int64_t head = ArrowBody::Aligned(position_ + bytes) - position_;
  LAKEHOLD_TRY(Put(Int32(0xFFFFFFFF) + Int32(static_cast<uint32_t>(head - 8))));
  LAKEHOLD_TRY(Put(metadata));
  LAKEHOLD_TRY(Pad());
  return static_cast<int32_t>(head);
}

Status ArrowIpcWriter::Pad() {
  return Put(std::string(static_cast<size_t>(ArrowBody::Aligned(position_) - position_), '\0'));
}

Status ArrowIpcWriter::Put(std::string_view bytes) {
  position_ += static_cast<int64_t>(bytes.size());
  if (bytes.size() < kGatherBytes) {
    pending_ += bytes;
    return pending_.size() < kGatherBytes ? Status() : Flush();
  }
  LAKEHOLD_TRY(Flush());
  return sink_(bytes);
}

Status ArrowIpcWriter::Flush() {
  if (pending_.empty()) return {};
  const std::string gathered = std::exchange(pending_, {});
  return sink_(gathered);
}

}  // namespace lakehold::render
