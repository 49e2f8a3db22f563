// The text of a partition value: what parses is written again and parses to the same value. The
// input: a type, then the text.
#include "delta/partition_value.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/typed_value.h"

namespace lakehold::fuzz {
namespace {

void CheckFolder(std::string_view text) {
  const std::string folder = delta::PartitionFolder(text, std::string(text));
  Require(folder.find('/') == std::string::npos, "a partition folder is one folder: " + folder);
  const auto back = delta::DecodeLogPath(delta::EncodeLogPath(folder), "");
  if (back.ok()) Require(*back == folder, "a folder's name survives the log: " + folder);
}

}  // namespace

void FuzzPartitionValue(std::string_view input) {
  const delta::DataType type = TakeType(input);
  CheckFolder(input);
  const auto value = delta::ParsePartitionValue(input, type);
  if (!value.ok() || IsNull(*value)) return;
  const auto text = delta::FormatPartitionValue(*value, type);
  if (!text.ok()) {
    // Bytes that are no UTF-8 can be read from a broken log, but not written.
    Require(text.error().reason == "delta.bad_partition_value" ||
                text.error().reason == "delta.unsupported_partition_type",
            "a value that was read can be written: " + text.error().ToString());
    return;
  }
  Require(text->has_value(), "a value is not written as NULL");
  const auto again = delta::ParsePartitionValue(**text, type);
  Require(again.ok() && Same(*again, *value), "what is written is read as the same: " + **text);
  const auto twice = delta::FormatPartitionValue(*again, type);
  Require(twice.ok() && *twice == *text, "one value has one text: " + **text);
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzPartitionValue)
