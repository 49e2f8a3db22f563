// The data of a vector, after its frame in the file:
//   u32 LE magic 1681511377, u64 LE buckets, per bucket u32 LE key (rows key * 2^32 + bitmap) and a
//   Roaring bitmap; or the old native layout, magic 1681511376: u32 buckets, per bucket u32 size
//   and a bitmap, the key counting from 0. Its numbers are little-endian, except in the example of
//   the protocol's text, where all three are big-endian.
// The frame: a file starts with version byte 1; at `offset` lie u32 BE size, the data, u32 BE
// CRC-32 of the data.
#include "delta/deletion_vector.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <roaring/roaring.h>
#include <zlib.h>

#include "delta/partition_value.h"
#include "delta/roaring_format.h"

namespace lakehold::delta {
namespace {

constexpr uint32_t kPortableMagic = 1681511377;
constexpr uint32_t kNativeMagic = 1681511376;
constexpr uint64_t kBucketRows = uint64_t{1} << 32;
constexpr uint8_t kFileVersion = 1;
constexpr int64_t kReadThrough = 4096;
constexpr size_t kUuidChars = 20;  // z85 of 16 bytes.

Error Bad(std::string message) { return Corrupt("delta.bad_deletion_vector", std::move(message)); }

uint64_t ReadLittle(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

uint32_t ReadBig32(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

void AppendLittle(uint64_t number, size_t size, std::string& out) {
  for (size_t i = 0; i < size; ++i, number >>= 8) out += static_cast<char>(number & 0xFF);
}

struct FreeRoaring {
  void operator()(roaring_bitmap_t* bitmap) const { roaring_bitmap_free(bitmap); }
};

struct Bucket {
  uint32_t key = 0;
  std::unique_ptr<roaring_bitmap_t, FreeRoaring> rows;
};

// Takes one checked bitmap off the front of `bytes`.
Result<Bucket> TakeBucket(uint32_t key, std::string_view& bytes) {
  LAKEHOLD_ASSIGN(size_t size, CheckRoaring(bytes));
  Bucket bucket{key, {}};
  bucket.rows.reset(roaring_bitmap_portable_deserialize_safe(bytes.data(), size));
  if (bucket.rows == nullptr) return Bad("a bitmap of the deletion vector could not be read");
  bytes.remove_prefix(size);
  return bucket;
}

Result<std::vector<Bucket>> DecodePortable(std::string_view bytes) {
  if (bytes.size() < 8) return Bad("the deletion vector ends within its header");
  uint64_t count = ReadLittle(bytes, 0, 8);
  bytes.remove_prefix(8);
  // The least bucket takes a key and a cookie with a count.
  if (count > bytes.size() / 12)
    return Bad(fmt::format("the deletion vector is too short for {} buckets", count));
  std::vector<Bucket> buckets;
  for (uint64_t i = 0; i < count; ++i) {
    if (bytes.size() < 4) return Bad("the deletion vector ends within a bucket");
    auto key = static_cast<uint32_t>(ReadLittle(bytes, 0, 4));
    bytes.remove_prefix(4);
    if (key > 0x7FFFFFFF) return Bad(fmt::format("bucket key {} is out of range", key));
    if (!buckets.empty() && key <= buckets.back().key)
      return Bad("the bucket keys are not ascending");
    LAKEHOLD_ASSIGN(auto bucket, TakeBucket(key, bytes));
    buckets.push_back(std::move(bucket));
  }
  if (!bytes.empty())
    return Bad(fmt::format("{} bytes are left behind the deletion vector", bytes.size()));
  return buckets;
}

Result<std::vector<Bucket>> DecodeNative(std::string_view bytes, bool big_endian) {
  auto take = [&] {
    uint32_t number =
        big_endian ? ReadBig32(bytes, 0) : static_cast<uint32_t>(ReadLittle(bytes, 0, 4));
    bytes.remove_prefix(4);
    return number;
  };
  if (bytes.size() < 4) return Bad("the deletion vector ends within its header");
  uint32_t count = take();
  if (count > bytes.size() / 12)
    return Bad(fmt::format("the deletion vector is too short for {} buckets", count));
  std::vector<Bucket> buckets;
  for (uint32_t key = 0; key < count; ++key) {
    if (bytes.size() < 4) return Bad("the deletion vector ends within a bucket");
    uint32_t size = take();
    if (size > bytes.size()) return Bad("the deletion vector ends within a bucket");
    std::string_view content = bytes.substr(0, size);
    LAKEHOLD_ASSIGN(auto bucket, TakeBucket(key, content));
    if (!content.empty()) return Bad("a bucket is longer than its bitmap");
    buckets.push_back(std::move(bucket));
    bytes.remove_prefix(size);
  }
  if (!bytes.empty())
    return Bad(fmt::format("{} bytes are left behind the deletion vector", bytes.size()));
  return buckets;
}

}  // namespace

struct DeletionVector::Bitmap {
  std::vector<Bucket> buckets;  // Keys ascending.
  uint64_t cardinality = 0;

  explicit Bitmap(std::vector<Bucket> from) : buckets(std::move(from)) {
    for (const auto& bucket : buckets)
      cardinality += roaring_bitmap_get_cardinality(bucket.rows.get());
  }

  // The first bucket with this key or a higher one.
  auto Find(uint64_t key) const {
    return std::lower_bound(
        buckets.begin(), buckets.end(), key,
        [](const Bucket& bucket, uint64_t wanted) { return bucket.key < wanted; });
  }
};

DeletionVector::DeletionVector(std::unique_ptr<Bitmap> bitmap) : bitmap_(std::move(bitmap)) {}
DeletionVector::~DeletionVector() = default;

Result<std::shared_ptr<const DeletionVector>> DeletionVector::Decode(std::string_view bytes) {
  if (bytes.size() < 4)
    return Bad(fmt::format("{} bytes are too short for a deletion vector", bytes.size()));
  auto little = static_cast<uint32_t>(ReadLittle(bytes, 0, 4));
  uint32_t big = ReadBig32(bytes, 0);
  std::string_view rest = bytes.substr(4);
  auto decode = [&]() -> Result<std::vector<Bucket>> {
    if (little == kPortableMagic) return DecodePortable(rest);
    if (little == kNativeMagic || big == kNativeMagic)
      return DecodeNative(rest, big == kNativeMagic);
    return Bad(fmt::format("unknown magic number {} of a deletion vector", little));
  };
  LAKEHOLD_ASSIGN(auto buckets, decode());
  return std::shared_ptr<const DeletionVector>(
      new DeletionVector(std::make_unique<Bitmap>(std::move(buckets))));
}

std::shared_ptr<const DeletionVector> DeletionVector::FromRows(std::span<const uint64_t> rows) {
  std::vector<uint64_t> sorted(rows.begin(), rows.end());
  if (!std::is_sorted(sorted.begin(), sorted.end())) std::sort(sorted.begin(), sorted.end());
  std::vector<Bucket> buckets;
  for (uint64_t row : sorted) {
    auto key = static_cast<uint32_t>(row / kBucketRows);
    if (buckets.empty() || buckets.back().key != key) {
      buckets.push_back({key, {}});
      buckets.back().rows.reset(roaring_bitmap_create());
    }
    roaring_bitmap_add(buckets.back().rows.get(), static_cast<uint32_t>(row % kBucketRows));
  }
  for (auto& bucket : buckets) {
    roaring_bitmap_run_optimize(bucket.rows.get());
    roaring_bitmap_shrink_to_fit(bucket.rows.get());
  }
  return std::shared_ptr<const DeletionVector>(
      new DeletionVector(std::make_unique<Bitmap>(std::move(buckets))));
}

uint64_t DeletionVector::cardinality() const { return bitmap_->cardinality; }

std::optional<uint64_t> DeletionVector::last_row() const {
  if (cardinality() == 0) return std::nullopt;
  const Bucket& last = bitmap_->buckets.back();
  return last.key * kBucketRows + roaring_bitmap_maximum(last.rows.get());
}

bool DeletionVector::Contains(uint64_t row) const {
  auto bucket = bitmap_->Find(row / kBucketRows);
  return bucket != bitmap_->buckets.end() && bucket->key == row / kBucketRows &&
         roaring_bitmap_contains(bucket->rows.get(), static_cast<uint32_t>(row % kBucketRows));
}

namespace {

// Writes runs of kept offsets.
class KeptRuns {
 public:
  explicit KeptRuns(std::span<uint32_t> kept) : kept_(kept) {}

  // The offset is deleted, and all between it and the one before are kept. Offsets ascend.
  void Delete(uint32_t offset) {
    Keep(offset);
    next_ = offset + 1;
  }
  // How many are kept, with those behind the last deleted one.
  size_t Finish() {
    Keep(static_cast<uint32_t>(kept_.size()));
    return size_;
  }

 private:
  // Whole blocks, so that the compiler stores vectors: deleted rows lie about twenty apart where 5
  // % are, and what is written too much is written over by the next run.
  void Keep(uint32_t end) {
    constexpr size_t kBlock = 16;
    const size_t length = end - next_;
    uint32_t* out = kept_.data() + size_;
    if (size_ + length + kBlock <= kept_.size()) {
      for (size_t at = 0; at < length; at += kBlock) {
        for (size_t i = 0; i < kBlock; ++i) out[at + i] = next_ + static_cast<uint32_t>(at + i);
      }
    } else {
      for (size_t i = 0; i < length; ++i) out[i] = next_ + static_cast<uint32_t>(i);
    }
    size_ += length;
  }

  std::span<uint32_t> kept_;
  size_t size_ = 0;
  uint32_t next_ = 0;  // The first offset not yet decided.
};

}  // namespace

size_t DeletionVector::SelectKept(uint64_t start, std::span<uint32_t> kept) const {
  const uint64_t end = start + kept.size();
  KeptRuns runs(kept);
  bool any = false;
  std::array<uint32_t, 64> rows;
  for (auto bucket = bitmap_->Find(start / kBucketRows); bucket != bitmap_->buckets.end();
       ++bucket) {
    const uint64_t base = bucket->key * kBucketRows;
    if (base >= end) break;
    roaring_uint32_iterator_t at;
    roaring_init_iterator(bucket->rows.get(), &at);
    if (start > base && at.has_value)
      roaring_move_uint32_iterator_equalorlarger(&at, static_cast<uint32_t>(start - base));
    // A few at a time: in one go is several times faster than one by one, but most chunks of rows
    // have few deleted ones, and none is read twice.
    while (at.has_value && base + at.current_value < end) {
      const uint64_t left = end - (base + at.current_value);
      const auto wanted = static_cast<uint32_t>(std::min<uint64_t>(rows.size(), left));
      const uint32_t got = roaring_read_uint32_iterator(&at, rows.data(), wanted);
      for (uint32_t i = 0; i < got && base + rows[i] < end; ++i) {
        any = true;
        runs.Delete(static_cast<uint32_t>(base + rows[i] - start));
      }
      if (got == 0 || base + rows[got - 1] >= end) break;
    }
  }
  return any ? runs.Finish() : kept.size();
}

std::string DeletionVector::Encode() const {
  std::string bytes;
  AppendLittle(kPortableMagic, 4, bytes);
  AppendLittle(bitmap_->buckets.size(), 8, bytes);
  for (const auto& bucket : bitmap_->buckets) {
    AppendLittle(bucket.key, 4, bytes);
    size_t at = bytes.size();
    bytes.resize(at + roaring_bitmap_portable_size_in_bytes(bucket.rows.get()));
    roaring_bitmap_portable_serialize(bucket.rows.get(), bytes.data() + at);
  }
  return bytes;
}

Result<std::string> DeletionVectorKey(const DeletionVectorDescriptor& descriptor) {
  std::string_view path = descriptor.path_or_inline;
  if (path.size() < kUuidChars) {
    return Bad(
        fmt::format("deletion vector path '{}' is shorter than {} characters", path, kUuidChars));
  }
  std::string_view prefix = path.substr(0, path.size() - kUuidChars);
  LAKEHOLD_ASSIGN(std::string uuid, DecodeZ85(path.substr(prefix.size())));
  if (prefix == "." ||
      prefix.find_first_of(std::string_view("/\\\0", 3)) != std::string_view::npos ||
      prefix.find("..") != std::string_view::npos) {
    return Bad(fmt::format("deletion vector path '{}' has a prefix that is no folder name", path));
  }
  std::string key(prefix);
  if (!key.empty()) key += '/';
  key += "deletion_vector_";
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) key += '-';
    key += fmt::format("{:02x}", static_cast<unsigned char>(uuid[i]));
  }
  return key + ".bin";
}

std::string NameOf(const DeletionVectorDescriptor& descriptor) {
  if (descriptor.storage_type == "i") return "given inline";
  const auto key = DeletionVectorKey(descriptor);
  const bool relative = descriptor.storage_type == "u" && key.ok();
  return fmt::format("in '{}' at {}", relative ? *key : descriptor.path_or_inline,
                     descriptor.offset.value_or(1));
}

namespace {

Result<std::string> DecodeInline(const DeletionVectorDescriptor& descriptor) {
  LAKEHOLD_ASSIGN(std::string bytes, DecodeZ85(descriptor.path_or_inline));
  auto size = static_cast<size_t>(descriptor.size_bytes);
  if (size > bytes.size() || bytes.size() - size > 3) {
    return Bad(fmt::format("an inline deletion vector has {} bytes, its descriptor says {}",
                           bytes.size(), size));
  }
  bytes.resize(size);
  return bytes;
}

// The data between size and checksum, both checked, of the frame at the descriptor's offset.
Result<std::string> ReadFrame(storage::ObjectStore& store, const std::string& key,
                              const DeletionVectorDescriptor& descriptor) {
  LAKEHOLD_ASSIGN(auto reader, store.OpenReader(key));
  auto size = static_cast<uint64_t>(descriptor.size_bytes);
  // Without an offset the frame follows the version byte: the protocol's "absent means 0" would
  // point at that byte.
  int64_t offset = descriptor.offset.value_or(1);
  uint64_t file_size = reader->meta().size_bytes;
  if (offset < 1 || static_cast<uint64_t>(offset) + 8 + size > file_size) {
    return Bad(
        fmt::format("deletion vector at offset {} with {} bytes does not fit '{}' of {} bytes",
                    offset, size, key, file_size));
  }
  // The usual file begins with its only vector: one read brings version byte and frame.
  uint64_t from = offset <= kReadThrough ? 0 : static_cast<uint64_t>(offset);
  uint64_t lead = static_cast<uint64_t>(offset) - from;
  std::string frame(lead + size + 8, '\0');
  LAKEHOLD_TRY(reader->ReadAt(from, std::as_writable_bytes(std::span(frame))));
  char version = frame[0];
  if (lead == 0) LAKEHOLD_TRY(reader->ReadAt(0, std::as_writable_bytes(std::span(&version, 1))));
  frame.erase(0, lead);
  if (version != kFileVersion) {
    return Bad(
        fmt::format("'{}' has the deletion vector format {}, known is 1", key, int{version}));
  }
  if (ReadBig32(frame, 0) != size) {
    return Bad(fmt::format("deletion vector at {} in '{}' has {} bytes, its descriptor says {}",
                           offset, key, ReadBig32(frame, 0), size));
  }
  std::string data = frame.substr(4, size);
  auto crc = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
  if (crc != ReadBig32(frame, 4 + size)) {
    return Bad(fmt::format("deletion vector at {} in '{}' has checksum {:08x}, computed is {:08x}",
                           offset, key, ReadBig32(frame, 4 + size), crc));
  }
  return data;
}

Result<std::string> ReadData(const TableRoot& root, const DeletionVectorDescriptor& descriptor) {
  if (descriptor.size_bytes < 0)
    return Bad(fmt::format("a deletion vector of {} bytes", descriptor.size_bytes));
  if (descriptor.storage_type == "i") return DecodeInline(descriptor);
  if (descriptor.storage_type == "u") {
    LAKEHOLD_ASSIGN(std::string name, DeletionVectorKey(descriptor));
    return ReadFrame(*root.store, root.KeyOf(name), descriptor);
  }
  if (descriptor.storage_type == "p") {
    LAKEHOLD_ASSIGN(std::string name, DecodeLogPath(descriptor.path_or_inline, root.uri()));
    return ReadFrame(*root.store, root.KeyOf(name), descriptor);
  }
  return Bad(
      fmt::format("unknown storage type '{}' of a deletion vector", descriptor.storage_type));
}

}  // namespace

Result<std::shared_ptr<const DeletionVector>> DeletionVector::Load(
    const TableRoot& root, const DeletionVectorDescriptor& descriptor) {
  LAKEHOLD_ASSIGN(std::string data, ReadData(root, descriptor));
  auto decoded = Decode(data);
  if (!decoded.ok()) {
    return Bad(fmt::format("deletion vector {}: {}", NameOf(descriptor), decoded.error().message));
  }
  auto vector = std::move(decoded).value();
  if (descriptor.cardinality < 0 ||
      vector->cardinality() != static_cast<uint64_t>(descriptor.cardinality)) {
    return Bad(fmt::format("deletion vector {} has {} rows, its descriptor says {}",
                           NameOf(descriptor), vector->cardinality(), descriptor.cardinality));
  }
  return vector;
}

}  // namespace lakehold::delta
