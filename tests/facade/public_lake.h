// What tests of the public API share: rows as text, Arrow input from a batch made by hand. Tests
// only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lakehold/lake.h"
#include "support/arrow_column.h"

namespace lakehold {

// The one integer a statement gives; -1 and a failed test otherwise.
inline int64_t OneInteger(Result<Rows> rows) {
  ArrowArrayStream stream{};
  EXPECT_TRUE(rows.ok()) << rows.error().ToString();
  if (!rows.ok() || !rows->Open(&stream).ok()) return -1;
  ArrowArray batch{};
  int64_t answer = -1;
  EXPECT_EQ(stream.get_next(&stream, &batch), 0) << stream.get_last_error(&stream);
  if (batch.release != nullptr) {
    EXPECT_EQ(batch.length, 1);
    const auto* column = batch.children[0];
    answer = static_cast<const int64_t*>(column->buffers[1])[column->offset];
    batch.release(&batch);
  }
  stream.release(&stream);
  return answer;
}

inline int64_t Count(Lake& lake, std::string_view from) {
  return OneInteger(lake.Sql("SELECT count(*) FROM " + std::string(from)));
}

inline void Do(Lake& lake, std::string_view sql) {
  const auto done = lake.Sql(sql);
  EXPECT_TRUE(done.ok()) << sql << ": " << done.error().ToString();
}

// Released without effect: the memory is somebody else's.
template <typename Part>
void Keep(Part* part) {
  part->release = [](Part* it) { it->release = nullptr; };
}

// A stream of one batch; the batch stays the caller's and must outlive it.
inline StreamSource StreamOf(std::shared_ptr<testing::ArrowColumn> batch, bool one_shot = true) {
  struct State {
    std::shared_ptr<testing::ArrowColumn> batch;
    bool given = false;
  };
  return {[batch](ArrowArrayStream* out) {
            *out = {};
            out->private_data = new State{batch};
            out->get_schema = [](ArrowArrayStream* stream, ArrowSchema* schema) {
              *schema = static_cast<State*>(stream->private_data)->batch->schema();
              Keep(schema);
              for (int64_t i = 0; i < schema->n_children; ++i) Keep(schema->children[i]);
              return 0;
            };
            out->get_next = [](ArrowArrayStream* stream, ArrowArray* array) {
              auto* state = static_cast<State*>(stream->private_data);
              *array = {};
              if (std::exchange(state->given, true)) return 0;
              *array = state->batch->array();
              Keep(array);
              for (int64_t i = 0; i < array->n_children; ++i) Keep(array->children[i]);
              return 0;
            };
            out->get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; };
            out->release = [](ArrowArrayStream* stream) {
              delete static_cast<State*>(stream->private_data);
              stream->release = nullptr;
            };
            return Status();
          },
          one_shot};
}

// Three rows of (id, fare).
inline StreamSource Trips() {
  using testing::ArrowColumn;
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Fixed<int64_t>("l", "id", {1, 2, 3}));
  columns.push_back(ArrowColumn::Fixed<double>("g", "fare", {12.5, std::nullopt, 9.0}));
  return StreamOf(std::make_shared<ArrowColumn>(ArrowColumn::Struct(std::move(columns))));
}

inline WriteRequest AppendTrips() {
  WriteRequest request;
  request.rows = Trips();
  return request;
}

}  // namespace lakehold
