#include "upkeep/parquet_footer.h"

#include <optional>
#include <string>

#include <fmt/format.h>

namespace lakehold::upkeep {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
// Footers of files with thousands of row groups and columns stay below.
constexpr uint64_t kMaxFooterBytes = uint64_t{1} << 30;

// Thrift's compact protocol, as far as it takes to step over what is not wanted.
class ThriftReader {
 public:
  enum Type : uint8_t {
    kStop = 0,
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kInt64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
  };
  struct Field {
    int id = 0;
    uint8_t type = kStop;
  };

  explicit ThriftReader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }

  // The next field of the struct whose last field was `previous`.
  Field NextField(int previous) {
    const uint8_t head = Byte();
    Field field{previous + (head >> 4), static_cast<uint8_t>(head & 0x0F)};
    if (field.type != kStop && head >> 4 == 0) field.id = static_cast<int>(SignedNumber());
    return ok_ ? field : Field();
  }

  int64_t SignedNumber() {
    const uint64_t value = Number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  void Skip(uint8_t type, int depth = 0) {
    constexpr int kMaxDepth = 32;
    if (depth > kMaxDepth) return Fail();
    if (type == kTrue || type == kFalse) return;
    if (type == kByte) return Step(1);
    if (type > kByte && type <= kInt64) return static_cast<void>(Number());
    if (type == kDouble) return Step(8);
    if (type == kBinary) return Step(Number());
    if (type == kList || type == kSet) return SkipList(depth);
    if (type == kMap) return SkipMap(depth);
    if (type != kStruct) return Fail();
    for (Field field = NextField(0); ok_ && field.type != kStop; field = NextField(field.id)) {
      Skip(field.type, depth + 1);
    }
  }

 private:
  void Fail() { ok_ = false; }

  uint8_t Byte() {
    if (at_ >= bytes_.size()) {
      ok_ = false;
      return 0;
    }
    return static_cast<uint8_t>(bytes_[at_++]);
  }

  void Step(uint64_t count) {
    if (count > bytes_.size() - at_) return Fail();
    at_ += count;
  }

  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; ok_ && shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }

  // In lists truth values take a byte each.
  void SkipItem(uint8_t type, int depth) {
    if (type == kTrue || type == kFalse) return Step(1);
    Skip(type, depth + 1);
  }

  void SkipList(int depth) {
    const uint8_t head = Byte();
    const uint64_t count = head >> 4 == 15 ? Number() : head >> 4;
    for (uint64_t i = 0; ok_ && i < count; ++i) SkipItem(head & 0x0F, depth);
  }

  void SkipMap(int depth) {
    const uint64_t count = Number();
    if (count == 0) return;
    const uint8_t types = Byte();
    for (uint64_t i = 0; ok_ && i < count; ++i) {
      SkipItem(types >> 4, depth);
      SkipItem(types & 0x0F, depth);
    }
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

Error NotParquet(const std::string& what) {
  return Corrupt("upkeep.not_parquet", what, "restore the file from a backup");
}

Result<std::string> ReadRange(storage::ObjectStore& store, std::string_view key, uint64_t offset,
                              uint64_t length) {
  LAKEHOLD_ASSIGN(const Bytes bytes, store.Get(key, storage::ByteRange{offset, length}));
  return std::string(bytes.view());
}

uint64_t LengthOf(std::string_view four) {
  uint64_t value = 0;
  for (int i = 3; i >= 0; --i) {
    value = value << 8 | static_cast<uint8_t>(four[static_cast<size_t>(i)]);
  }
  return value;
}

}  // namespace

Result<int64_t> ParseRowCount(std::string_view footer) {
  constexpr int kRowCountField = 3;
  ThriftReader reader(footer);
  using Field = ThriftReader::Field;
  for (Field field = reader.NextField(0); field.type != ThriftReader::kStop;
       field = reader.NextField(field.id)) {
    if (field.id == kRowCountField && field.type == ThriftReader::kInt64) {
      const int64_t rows = reader.SignedNumber();
      if (reader.ok() && rows >= 0) return rows;
      break;
    }
    reader.Skip(field.type);
  }
  return NotParquet("its footer does not say how many rows it has");
}

Result<int64_t> ReadRowCount(storage::ObjectStore& store, std::string_view key) {
  constexpr uint64_t kFrameBytes = 12;
  LAKEHOLD_ASSIGN(const auto meta, store.Head(key));
  if (meta.size_bytes < kFrameBytes) return NotParquet("it is too short for a Parquet file");
  LAKEHOLD_ASSIGN(const std::string head, ReadRange(store, key, 0, 4));
  LAKEHOLD_ASSIGN(const std::string tail, ReadRange(store, key, meta.size_bytes - 8, 8));
  if (tail.substr(4) == kEncryptedMagic) {
    return Unsupported("upkeep.encrypted_footer", "its footer is encrypted and was not checked");
  }
  if (head != kMagic || tail.substr(4) != kMagic) {
    return NotParquet("does not begin and end as a Parquet file");
  }
  const uint64_t length = LengthOf(tail);
  if (length > meta.size_bytes - kFrameBytes || length > kMaxFooterBytes) {
    return NotParquet("its footer would be longer than the file");
  }
  LAKEHOLD_ASSIGN(const std::string footer,
                  ReadRange(store, key, meta.size_bytes - 8 - length, length));
  return ParseRowCount(footer);
}

}  // namespace lakehold::upkeep
