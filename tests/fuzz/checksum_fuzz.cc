// `.crc` files: they hold every required field or are nothing, and no checksum changes an answer.
#include "delta/checksum.h"
#include "delta/log_bench.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/table_text.h"

namespace lakehold::fuzz {

void FuzzChecksum(std::string_view input) {
  const auto checksum = delta::ParseChecksum(input);
  if (checksum) {
    // The JSON of what was read holds it again.
    const std::string text = delta::FormatCommit({checksum->protocol, checksum->metadata});
    Require(!text.empty(), "a checksum holds protocol and metadata");
  }
  delta::LogBench bench;
  bench.Fill(3);
  const auto before = bench.Load();
  bench.Put(delta::ChecksumName(3), input);
  const auto after = bench.Load();
  Require(before.ok() && after.ok(), "a checksum does not break a log");
  Require(TableText(**before) == TableText(**after), "a checksum changes no answer");
  const auto own = delta::ParseChecksum(delta::FormatChecksum(**after, "txn"));
  Require(own && own->num_files == 3 && own->metadata == (*after)->metadata(),
          "what is written is read as the same");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzChecksum)
