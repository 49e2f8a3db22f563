// Bytes: an owned, immutable run of bytes with padding behind it, so that a SIMD parser may read
// past the end. Externally synchronized; movable, not copyable.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace lakehold {

class Bytes {
 public:
  static constexpr size_t kPadding = 64;  // Readable, zeroed bytes behind the end.

  Bytes() = default;
  // A buffer of `size` uninitialized bytes, to be filled through `mutable_data` before anybody else
  // sees it.
  static Bytes OfSize(size_t size);
  static Bytes CopyOf(std::string_view text);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const char* data() const { return data_.get(); }
  char* mutable_data() { return data_.get(); }
  std::string_view view() const { return {data_.get(), size_}; }
  std::span<const std::byte> span() const {
    return {reinterpret_cast<const std::byte*>(data_.get()), size_};
  }
  // Keeps the first `size` bytes. Precondition: size <= size().
  void Shrink(size_t size);

 private:
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
};

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace lakehold
