// The JSON of a schema: what parses is written again and parses to the same schema.
#include "delta/schema_json.h"
#include "delta/stats.h"
#include "fuzz/fuzz_target.h"

namespace lakehold::fuzz {

void FuzzSchemaJson(std::string_view input) {
  const auto schema = delta::ParseSchema(input);
  if (!schema.ok()) {
    Require(schema.error().kind == ErrorKind::kCorrupt ||
                schema.error().kind == ErrorKind::kUnsupported,
            "a schema is refused as what it is: " + schema.error().ToString());
    return;
  }
  const std::string text = delta::FormatSchema(*schema);
  const auto again = delta::ParseSchema(text);
  Require(again.ok(), "what is written is read: " + text);
  Require(*again == *schema, "what is written is read as the same: " + text);
  Require(delta::FormatSchema(*again) == text, "one schema has one text: " + text);
  (void)delta::FormatSchemaText(*schema);
  (void)delta::CheckNewSchema(*schema);
  for (const auto& field : schema->fields) {
    (void)field.column_id();
    (void)schema->FindField(field.name);
  }
  const auto leaves =
      delta::IndexedLeaves(*schema, {}, {{"delta.dataSkippingNumIndexedCols", "5"}});
  Require(leaves.size() <= 5, "no more leaves than asked for");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzSchemaJson)
