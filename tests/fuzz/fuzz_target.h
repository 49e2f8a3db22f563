// FuzzTarget: one parser under fuzzing: a name, which is also its corpus folder, and a function
// that takes any bytes. Stateless.
//
// A target promises more than "does not crash": what it promises it checks with Require. Each lives
// in <name>_fuzz.cc, which is a libFuzzer program of its own (preset fuzz) and part of fuzz_tests,
// where corpus_test.cc replays the corpora. Next: README.md (how to add one).
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lakehold::fuzz {

class BrokenPromise : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void Require(bool holds, const std::string& promise) {
  if (!holds) throw BrokenPromise(promise);
}

struct FuzzTarget {
  const char* name;
  void (*run)(std::string_view input);
};

void FuzzCheckpointRows(std::string_view input);
void FuzzChecksum(std::string_view input);
void FuzzDataPath(std::string_view input);
void FuzzDeletionVector(std::string_view input);
void FuzzLakeName(std::string_view input);
void FuzzLastCheckpoint(std::string_view input);
void FuzzLogJson(std::string_view input);
void FuzzPartitionValue(std::string_view input);
void FuzzPruning(std::string_view input);
void FuzzSchemaJson(std::string_view input);
void FuzzStatistics(std::string_view input);

// The first bytes of an input as choices, for targets that need more than a text.
inline uint8_t TakeByte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<uint8_t>(input.front());
  input.remove_prefix(1);
  return byte;
}

// All of them, for replays.
inline constexpr FuzzTarget kFuzzTargets[] = {
    {"checkpoint_rows", FuzzCheckpointRows},
    {"checksum", FuzzChecksum},
    {"data_path", FuzzDataPath},
    {"deletion_vector", FuzzDeletionVector},
    {"lake_name", FuzzLakeName},
    {"last_checkpoint", FuzzLastCheckpoint},
    {"log_json", FuzzLogJson},
    {"partition_value", FuzzPartitionValue},
    {"pruning", FuzzPruning},
    {"schema_json", FuzzSchemaJson},
    {"statistics", FuzzStatistics},
};

}  // namespace lakehold::fuzz

// The entry point of libFuzzer, only in its own programs: fuzz_tests links all targets together.
#ifdef LAKEHOLD_FUZZER
#define LAKEHOLD_FUZZ_ENTRY(function)                                                      \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {                \
    lakehold::fuzz::function(std::string_view(reinterpret_cast<const char*>(data), size)); \
    return 0;                                                                              \
  }
#else
#define LAKEHOLD_FUZZ_ENTRY(function)
#endif
