#include "engine/input_contract.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/arrow_extension.h"
#include "base/ascii_case.h"
#include "engine/input_nanoseconds.h"

namespace lakehold::engine {
namespace {

// DuckDB would rename such columns without a word.
Status CheckNames(const ArrowSchema& schema) {
  std::unordered_set<std::string> names;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const char* name = schema.children[i]->name;
    if (name == nullptr || *name == '\0') {
      return Invalid("engine.column_names",
                     fmt::format("column {} of the Arrow input has no name", i + 1),
                     "Name the column");
    }
    if (!names.insert(AsciiLower(name)).second) {
      return Invalid("engine.column_names",
                     fmt::format("the Arrow input has two columns \"{}\"; names ignore case", name),
                     "Rename one of them");
    }
  }
  return {};
}

// As a struct of two bytes such a column would be another one.
Status CheckVariants(const ArrowSchema& schema, const std::string& above) {
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema& child = *schema.children[i];
    const std::string name = above + (child.name != nullptr ? child.name : "");
    if (ArrowExtension(child) == kArrowVariant) {
      return Unsupported("engine.variant_input",
                         fmt::format("column \"{}\" of the Arrow input holds variants, which this "
                                     "build does not take in",
                                     name),
                         "give their text: CAST(... AS JSON) in the query they come from");
    }
    LAKEHOLD_TRY(CheckVariants(child, name + "."));
  }
  return {};
}

Status CheckSchema(const ArrowSchema& schema) {
  if (schema.release == nullptr || schema.format == nullptr ||
      std::strcmp(schema.format, "+s") != 0) {
    return Invalid("engine.bad_input", "the Arrow input is no stream of record batches");
  }
  if (schema.n_children < 1) return Invalid("engine.bad_input", "the Arrow input has no columns");
  LAKEHOLD_TRY(CheckNames(schema));
  return CheckVariants(schema, "");
}

}  // namespace

SharedSchema::~SharedSchema() {
  if (schema.release != nullptr) schema.release(&schema);
}

void SharedSchema::Share(std::shared_ptr<SharedSchema> shared, ArrowSchema* out) {
  *out = shared->schema;
  out->private_data = new std::shared_ptr<SharedSchema>(std::move(shared));
  out->release = [](ArrowSchema* copy) {
    delete static_cast<std::shared_ptr<SharedSchema>*>(copy->private_data);
    copy->release = nullptr;
  };
}

Result<std::shared_ptr<SharedSchema>> ReadInputSchema(ArrowArrayStream* stream) {
  auto shared = std::make_shared<SharedSchema>();
  const int code = stream->get_schema(stream, &shared->schema);
  if (code != 0) {
    shared->schema.release = nullptr;  // Undefined after an error.
    return InputFailure(code, stream);
  }
  LAKEHOLD_TRY(CheckSchema(shared->schema));
  return shared;
}

Error InputFailure(int code, ArrowArrayStream* stream) {
  const char* last = stream->get_last_error(stream);
  std::string text = last == nullptr || *last == '\0' ? "the producer gave no reason" : last;
  if (code == ECANCELED) return Cancelled("engine.interrupted", std::move(text));
  if (code == EINVAL)
    return Invalid("engine.bad_input", std::move(text), "correct the input; nothing was written");
  return IoError("engine.input_failed", fmt::format("the Arrow input failed: {}", text));
}

Status CheckInputBatch(const ArrowSchema& schema, const ArrowArray& batch,
                       std::span<const int64_t> columns) {
  if (batch.n_children != schema.n_children) {
    return Invalid("engine.bad_input", fmt::format("an Arrow batch has {} columns, its schema {}",
                                                   batch.n_children, schema.n_children));
  }
  for (const int64_t column : columns) {
    if (column < 0) continue;
    LAKEHOLD_TRY(CheckInputInstants(*schema.children[column], *batch.children[column]));
  }
  return {};
}

}  // namespace lakehold::engine
