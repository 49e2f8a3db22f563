#include "render/arrow_message.h"

#include <utility>

#include <flatbuffers/flatbuffers.h>

namespace lakehold::render {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::uoffset_t;
using AnyTable = flatbuffers::Offset<flatbuffers::Table>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int16_t kVersion5 = 4;
enum Header : uint8_t { kSchemaHeader = 1, kRecordBatchHeader = 3 };

// Where a table's vtable tells of the slot with this number.
constexpr flatbuffers::voffset_t Slot(int number) {
  return static_cast<flatbuffers::voffset_t>(4 + 2 * number);
}

// A table whose slots `fill` writes.
template <typename Fill>
AnyTable Table(FlatBufferBuilder& builder, const Fill& fill) {
  const uoffset_t start = builder.StartTable();
  fill();
  return AnyTable(builder.EndTable(start));
}

// Zeros too: what is said needs no schema's default to be understood.
template <typename T>
void AddScalar(FlatBufferBuilder& builder, int slot, T value) {
  builder.AddElement<T>(Slot(slot), value);
}

AnyTable EncodePair(FlatBufferBuilder& builder, const std::pair<std::string, std::string>& pair) {
  const auto key = builder.CreateString(pair.first);
  const auto value = builder.CreateString(pair.second);
  return Table(builder, [&] {
    builder.AddOffset(Slot(0), key);
    builder.AddOffset(Slot(1), value);
  });
}

flatbuffers::Offset<flatbuffers::Vector<AnyTable>> EncodePairs(FlatBufferBuilder& builder,
                                                               const Pairs& pairs) {
  std::vector<AnyTable> encoded;
  for (const auto& pair : pairs) encoded.push_back(EncodePair(builder, pair));
  return builder.CreateVector(encoded);
}

AnyTable EncodeType(FlatBufferBuilder& builder, const ArrowField& field) {
  flatbuffers::Offset<flatbuffers::String> zone;
  if (!field.zone.empty()) zone = builder.CreateString(field.zone);
  return Table(builder, [&] {
    for (size_t i = 0; i < field.parameters.size(); ++i) {
      const auto& [width, value] = field.parameters[i];
      const int slot = static_cast<int>(i);
      using Width = ArrowTypeParameter::Width;
      if (width == Width::kBool) AddScalar(builder, slot, static_cast<uint8_t>(value));
      if (width == Width::kShort) AddScalar(builder, slot, static_cast<int16_t>(value));
      if (width == Width::kInt) AddScalar(builder, slot, value);
    }
    if (!field.zone.empty()) builder.AddOffset(Slot(1), zone);
  });
}

flatbuffers::Offset<flatbuffers::Vector<AnyTable>> EncodeFields(
    FlatBufferBuilder& builder, const std::vector<ArrowField>& fields);

// Field: name, nullable, the type's tag and table, dictionary, children, metadata.
AnyTable EncodeField(FlatBufferBuilder& builder, const ArrowField& field) {
  const auto name = builder.CreateString(field.name);
  const auto type = EncodeType(builder, field);
  const auto children = EncodeFields(builder, field.children);
  const auto metadata = EncodePairs(builder, field.metadata);
  return Table(builder, [&] {
    builder.AddOffset(Slot(0), name);
    AddScalar(builder, 1, static_cast<uint8_t>(field.nullable ? 1 : 0));
    AddScalar(builder, 2, field.type_tag);
    builder.AddOffset(Slot(3), type);
    builder.AddOffset(Slot(5), children);
    builder.AddOffset(Slot(6), metadata);
  });
}

flatbuffers::Offset<flatbuffers::Vector<AnyTable>> EncodeFields(
    FlatBufferBuilder& builder, const std::vector<ArrowField>& fields) {
  std::vector<AnyTable> encoded;
  for (const auto& field : fields) encoded.push_back(EncodeField(builder, field));
  return builder.CreateVector(encoded);
}

// Schema: endianness (0 is little), fields, metadata.
AnyTable EncodeSchema(FlatBufferBuilder& builder, const ArrowField& batch) {
  const auto fields = EncodeFields(builder, batch.children);
  const auto metadata = EncodePairs(builder, batch.metadata);
  return Table(builder, [&] {
    AddScalar(builder, 0, int16_t{0});
    builder.AddOffset(Slot(1), fields);
    builder.AddOffset(Slot(2), metadata);
  });
}

std::string Finish(FlatBufferBuilder& builder, AnyTable root) {
  builder.Finish(root);
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

// Message: version, the header's tag and table, bytes of the body.
std::string EncodeMessage(FlatBufferBuilder& builder, Header tag, AnyTable header,
                          int64_t body_bytes) {
  return Finish(builder, Table(builder, [&] {
                  AddScalar(builder, 0, kVersion5);
                  AddScalar(builder, 1, static_cast<uint8_t>(tag));
                  builder.AddOffset(Slot(2), header);
                  AddScalar(builder, 3, body_bytes);
                }));
}

}  // namespace

std::string EncodeSchemaMessage(const ArrowField& batch) {
  FlatBufferBuilder builder;
  return EncodeMessage(builder, kSchemaHeader, EncodeSchema(builder, batch), 0);
}

std::string EncodeBatchMessage(const ArrowBatchMap& map) {
  FlatBufferBuilder builder;
  const auto nodes = builder.CreateVectorOfStructs(map.nodes.data(), map.nodes.size());
  const auto buffers = builder.CreateVectorOfStructs(map.buffers.data(), map.buffers.size());
  const auto batch = Table(builder, [&] {
    AddScalar(builder, 0, map.rows);
    builder.AddOffset(Slot(1), nodes);
    builder.AddOffset(Slot(2), buffers);
  });
  return EncodeMessage(builder, kRecordBatchHeader, batch, map.body_bytes);
}

// Footer: version, schema, dictionaries, batches.
std::string EncodeFooter(const ArrowField& batch, const std::vector<ArrowBlock>& blocks) {
  FlatBufferBuilder builder;
  const auto schema = EncodeSchema(builder, batch);
  const auto dictionaries = builder.CreateVectorOfStructs(blocks.data(), 0);
  const auto batches = builder.CreateVectorOfStructs(blocks.data(), blocks.size());
  return Finish(builder, Table(builder, [&] {
                  AddScalar(builder, 0, kVersion5);
                  builder.AddOffset(Slot(1), schema);
                  builder.AddOffset(Slot(2), dictionaries);
                  builder.AddOffset(Slot(3), batches);
                }));
}

}  // namespace lakehold::render
