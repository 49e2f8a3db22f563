// What the tests of this room share: an engine on memory stores, and readers of Arrow streams that
// need no Arrow.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "base/system_runtime.h"
#include "delta/snapshot_cache.h"
#include "engine/duckdb_instance.h"
#include "engine/duckdb_session.h"
#include "engine/engine.h"

namespace lakehold::engine::testing {

struct ReadRows {
  std::vector<int64_t> batches;  // Rows of each.
  std::string failure;           // "" or the stream's last error.
};

// Consumes and releases the stream.
inline ReadRows ReadAll(ArrowArrayStream* stream) {
  ReadRows read;
  while (true) {
    ArrowArray array;
    if (stream->get_next(stream, &array) != 0) {
      read.failure = stream->get_last_error(stream);
      break;
    }
    if (array.release == nullptr) break;
    read.batches.push_back(array.length);
    array.release(&array);
  }
  stream->release(stream);
  return read;
}

class EngineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Environment environment{runtime().runtime(), &snapshots(), 2,
                            int64_t{1} << 30,    {},           storage::Durability::kNone};
    auto opened = DuckDbInstance::Open(environment);
    ASSERT_TRUE(opened.ok()) << opened.error().ToString();
    instance() = std::move(opened).value();
  }
  static void TearDownTestSuite() { instance().reset(); }

  static SystemRuntime& runtime() {
    static SystemRuntime the_runtime(2);
    return the_runtime;
  }
  static delta::SnapshotCache& snapshots() {
    static delta::SnapshotCache the_cache;
    return the_cache;
  }
  static std::shared_ptr<DuckDbInstance>& instance() {
    static std::shared_ptr<DuckDbInstance> the_instance;
    return the_instance;
  }
  static std::unique_ptr<Session> OpenSession() {
    return std::make_unique<DuckDbSession>(instance());
  }
};

// The only value of a query as text, or "error: ...". Casts through a second statement, so any type
// will do.
inline std::string TextOf(Query& query) {
  ArrowArrayStream stream;
  const Status opened = query.Open(1000, &stream);
  if (!opened.ok()) return "error: " + opened.error().ToString();
  ArrowSchema schema;
  if (stream.get_schema(&stream, &schema) != 0) return "error: no schema";
  const std::string format = schema.children[0]->format;
  schema.release(&schema);
  std::string text = "no rows";
  ArrowArray array;
  while (stream.get_next(&stream, &array) == 0 && array.release != nullptr) {
    const ArrowArray& column = *array.children[0];
    if (format == "u" && array.length > 0) {
      const auto* offsets = static_cast<const int32_t*>(column.buffers[1]);
      const auto* bytes = static_cast<const char*>(column.buffers[2]);
      const bool null =
          column.null_count > 0 && (static_cast<const uint8_t*>(column.buffers[0])[0] & 1) == 0;
      text = null ? "NULL" : std::string(bytes + offsets[0], bytes + offsets[1]);
    } else if (array.length > 0) {
      text = "format " + format;
    }
    array.release(&array);
  }
  if (const char* failure = stream.get_last_error(&stream)) text = std::string("error: ") + failure;
  stream.release(&stream);
  return text;
}

inline std::string ReadText(Session& session, const std::string& sql,
                            const Parameters& parameters = {}) {
  auto query =
      session.Run("SELECT CAST(value AS VARCHAR) FROM (" + sql + ") AS asked(value)", parameters);
  return query.ok() ? TextOf(**query) : "error: " + query.error().ToString();
}

// The error of a statement, wherever it comes up.
inline std::string FailureOf(Session& session, const std::string& sql) {
  auto query = session.Run(sql, {});
  if (!query.ok()) return query.error().ToString();
  ArrowArrayStream stream;
  const Status opened = (*query)->Open(1000, &stream);
  return opened.ok() ? ReadAll(&stream).failure : opened.error().ToString();
}

// A schema of one nullable column, nothing to free.
inline void OneColumnSchema(ArrowSchema* schema, const char* format, const char* name) {
  auto* child = new ArrowSchema{};
  child->format = format;
  child->name = name;
  child->flags = ARROW_FLAG_NULLABLE;
  child->release = [](ArrowSchema* self) { self->release = nullptr; };
  *schema = ArrowSchema{};
  schema->format = "+s";
  schema->name = "";
  schema->n_children = 1;
  schema->children = new ArrowSchema*[1]{child};
  schema->release = [](ArrowSchema* self) {
    delete self->children[0];
    delete[] self->children;
    self->release = nullptr;
  };
}

}  // namespace lakehold::engine::testing
