// LogState: what counts at some version, as the commits, a checkpoint or a checksum tell it.
// Externally synchronized.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "delta/action.h"
#include "delta/checksum.h"
#include "upkeep/live_files.h"

namespace lakehold::upkeep {

class LogState {
 public:
  // Actions of one version come together, in any order.
  void Apply(const delta::Action& action);
  // What the next commit says begins.
  void BeginCommit() { in_commit_ms_.reset(); }

  const LiveFiles& files() const { return files_; }
  // What this state, told by a checkpoint, says otherwise than the commits; "" if nothing. Old
  // transactions may be left out.
  std::string DifferenceFrom(const LogState& commits) const;
  // What a checksum says otherwise than this state, a sentence each.
  std::vector<std::string> Contradictions(const delta::VersionChecksum& checksum) const;

 private:
  LiveFiles files_;
  std::optional<delta::Protocol> protocol_;
  std::optional<delta::Metadata> metadata_;
  std::map<std::string, delta::SetTransaction> transactions_;
  std::map<std::string, delta::DomainMetadata> domains_;
  std::optional<int64_t> in_commit_ms_;
};

}  // namespace lakehold::upkeep
