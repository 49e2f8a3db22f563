#include "base/bytes.h"

#include <cassert>
#include <cstring>

namespace lakehold {

Bytes Bytes::OfSize(size_t size) {
  Bytes bytes;
  // new char[] and not make_unique: the content is about to be overwritten, zeroing it would cost a
  // pass over it.
  bytes.data_.reset(new char[size + kPadding]);
  bytes.size_ = size;
  std::memset(bytes.data_.get() + size, 0, kPadding);
  return bytes;
}

Bytes Bytes::CopyOf(std::string_view text) {
  Bytes bytes = OfSize(text.size());
  if (!text.empty()) std::memcpy(bytes.data_.get(), text.data(), text.size());
  return bytes;
}

void Bytes::Shrink(size_t size) {
  assert(size <= size_);
  if (data_ == nullptr) return;
  size_ = size;
  std::memset(data_.get() + size, 0, kPadding);
}

}  // namespace lakehold
