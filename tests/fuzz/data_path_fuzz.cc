// A path in the log: what decodes stays in the table, and its key is encoded and decoded to itself.
#include "delta/log_path.h"
#include "delta/partition_value.h"
#include "fuzz/fuzz_target.h"

namespace lakehold::fuzz {
namespace {

void CheckKey(const std::string& key) {
  Require(!key.empty() && key.front() != '/' && key.back() != '/', "a key is a file's: " + key);
  std::string_view rest = key;
  while (true) {
    const size_t end = rest.find('/');
    const std::string_view part = rest.substr(0, end);
    Require(!part.empty() && part != "." && part != "..", "a key stays in the table: " + key);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  Require(key.find('\0') == std::string::npos, "a key holds no NUL: " + key);
  const std::string encoded = delta::EncodeLogPath(key);
  const auto again = delta::DecodeLogPath(encoded, "file:///lake/t");
  Require(again.ok() && *again == key, "a key survives the log: " + encoded);
}

}  // namespace

void FuzzDataPath(std::string_view input) {
  for (const std::string_view root : {"", "/lake/t", "file:///lake/t"}) {
    const auto key = delta::DecodeLogPath(input, root);
    if (key.ok()) {
      CheckKey(*key);
    } else {
      Require(key.error().reason == "delta.bad_path" ||
                  key.error().reason == "delta.path_outside_table",
              "a path is refused by name: " + key.error().ToString());
    }
  }
  const auto file = delta::ParseLogFileName(input);
  if (file && file->kind == delta::LogFileKind::kCommit)
    Require(delta::CommitName(file->version) == input, "a version has one name");
  if (file && file->kind == delta::LogFileKind::kClassicCheckpoint)
    Require(delta::ClassicCheckpointName(file->version) == input, "a checkpoint has one name");
  if (file && file->kind == delta::LogFileKind::kChecksum)
    Require(delta::ChecksumName(file->version) == input, "a checksum has one name");
  if (file) Require(file->version >= 0 && file->from_version >= 0, "versions are not negative");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzDataPath)
