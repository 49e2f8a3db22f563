#include "render/content_hash.h"

#include <fmt/format.h>

#include "render/canonical_column.h"
#include "render/sha256.h"

namespace lakehold::render {

struct ContentHash::Columns {
  CanonicalColumn row;
};

Result<ContentHash> ContentHash::Open(const ArrowSchema& schema) {
  LAKEHOLD_ASSIGN(auto row, CanonicalColumn::Parse(schema));
  return ContentHash(std::make_unique<Columns>(Columns{std::move(row)}));
}

ContentHash::ContentHash(std::unique_ptr<Columns> columns) : columns_(std::move(columns)) {}
ContentHash::~ContentHash() = default;
ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash& ContentHash::operator=(ContentHash&&) noexcept = default;

Status ContentHash::Add(const ArrowArray& batch) {
  const CanonicalColumn& row = columns_->row;
  std::string text;
  for (int64_t i = 0; i < batch.length; ++i) {
    text.clear();
    for (size_t k = 0; k < row.order().size(); ++k) {
      const size_t at = row.order()[k];
      if (k > 0) text += '\x1f';
      text += row.children()[at].name() + "=";
      LAKEHOLD_TRY(row.children()[at].Append(*batch.children[at], batch.offset + i, text));
    }
    const auto digest = Sha256(text);
    uint64_t high = 0, low = 0;
    for (int k = 16; k < 24; ++k) high = high << 8 | digest[k];
    for (int k = 24; k < 32; ++k) low = low << 8 | digest[k];
    low_ += low;
    high_ += high + (low_ < low ? 1 : 0);
  }
  rows_ += batch.length;
  return {};
}

std::string ContentHash::Hex() const { return fmt::format("{:016x}{:016x}", high_, low_); }

}  // namespace lakehold::render
