// Appends rows that come as an Arrow C stream, here made by hand.   append_arrow [FOLDER]
//
// Any Arrow implementation exports such streams; lakehold needs none of them.
#include <array>
#include <memory>
#include <vector>

#include <lakehold/lake.h>

#include "print_rows.h"

namespace {

constexpr int64_t kBatchRows = 1000;

// Readings (id BIGINT, value DOUBLE), made batch by batch as they are asked for: never in memory as
// a whole.
class Readings {
 public:
  static lakehold::Status Open(int64_t batches, ArrowArrayStream* out) {
    *out = {};
    out->get_schema = [](ArrowArrayStream*, ArrowSchema* schema) { return Schema(schema); };
    out->get_next = [](ArrowArrayStream* stream, ArrowArray* batch) {
      return static_cast<Readings*>(stream->private_data)->Next(batch);
    };
    out->get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; };
    out->release = [](ArrowArrayStream* stream) {
      delete static_cast<Readings*>(stream->private_data);
      stream->release = nullptr;
    };
    out->private_data = new Readings(batches);
    return {};
  }

 private:
  // One batch and everything its Arrow form points to.
  struct Batch {
    std::vector<int64_t> ids;
    std::vector<double> values;
    std::array<const void*, 2> id_buffers{};
    std::array<const void*, 2> value_buffers{};
    const void* no_nulls = nullptr;
    std::array<ArrowArray, 2> columns{};
    std::array<ArrowArray*, 2> children{};
  };

  explicit Readings(int64_t batches) : left_(batches) {}

  static int Schema(ArrowSchema* out) {
    static std::array<ArrowSchema, 2> columns;
    static std::array<ArrowSchema*, 2> children = {&columns[0], &columns[1]};
    const auto keep = [](ArrowSchema* schema) {
      schema->release = nullptr;
    };  // All of it is static.
    columns[0] = {"l", "id", nullptr, 0, 0, nullptr, nullptr, keep, nullptr};
    columns[1] = {"g", "value", nullptr, ARROW_FLAG_NULLABLE, 0, nullptr, nullptr, keep, nullptr};
    *out = {"+s", "", nullptr, 0, 2, children.data(), nullptr, keep, nullptr};
    return 0;
  }

  int Next(ArrowArray* out) {
    *out = {};
    if (left_-- == 0) return 0;  // The end: an array without `release`.
    auto batch = std::make_unique<Batch>();
    for (int64_t i = 0; i < kBatchRows; ++i, ++id_) {
      batch->ids.push_back(id_);
      batch->values.push_back(static_cast<double>(id_) / 4);
    }
    batch->id_buffers = {nullptr, batch->ids.data()};
    batch->value_buffers = {nullptr, batch->values.data()};
    const auto keep = [](ArrowArray* column) {
      column->release = nullptr;
    };  // Freed with the batch.
    batch->columns[0] = {kBatchRows, 0,       0,    2,      0, batch->id_buffers.data(),
                         nullptr,    nullptr, keep, nullptr};
    batch->columns[1] = {kBatchRows, 0,       0,    2,      0, batch->value_buffers.data(),
                         nullptr,    nullptr, keep, nullptr};
    batch->children = {&batch->columns[0], &batch->columns[1]};
    const auto free = [](ArrowArray* array) {
      delete static_cast<Batch*>(array->private_data);
      array->release = nullptr;
    };
    *out = {kBatchRows, 0,    0,      1, 2, &batch->no_nulls, batch->children.data(),
            nullptr,    free, nullptr};
    out->private_data = batch.release();
    return 0;
  }

  int64_t left_;
  int64_t id_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  auto lake = Must(lakehold::Lake::Connect(argc > 1 ? argv[1] : ""));
  lakehold::CreateRequest request;
  request.table = "readings";
  request.columns = "id BIGINT NOT NULL, value DOUBLE";
  auto readings = Must(lake.Create(request));

  lakehold::WriteRequest rows;
  rows.rows = {[](ArrowArrayStream* out) { return Readings::Open(5, out); }, false};
  const auto report = Must(readings.Write(rows));
  std::cout << "version " << report.version << ": +" << report.rows_added << " rows in "
            << report.files_added << " file\n";
  PrintRows(Must(lake.Sql("SELECT count(*), max(id), avg(value) FROM readings")));
}
