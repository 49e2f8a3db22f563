#include "lakehold/rows.h"

#include <utility>

#include "engine/engine.h"

namespace lakehold {

Rows::Rows(std::shared_ptr<engine::Query> query, std::function<void()> interrupt)
    : query_(std::move(query)), interrupt_(std::move(interrupt)) {}
Rows::~Rows() = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;

const std::vector<ColumnDescription>& Rows::columns() const { return query_->columns(); }
Status Rows::Open(ArrowArrayStream* out, int64_t batch_rows) {
  return query_->Open(batch_rows, out);
}
int64_t Rows::changed_rows() const { return query_->changed_rows(); }
void Rows::Interrupt() const {
  if (interrupt_) interrupt_();
}

}  // namespace lakehold
