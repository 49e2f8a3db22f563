// CheckpointProof: the rows of a checkpoint, read back, ticked off against the snapshot it is to
// stand for: every file once, the same protocol, metaData, transactions and domains. Externally
// synchronized.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

class CheckpointProof {
 public:
  // `key` goes into errors; transactions until `expired_ms` may be left out. The snapshot outlives
  // the proof.
  CheckpointProof(const Snapshot& snapshot, std::string key, std::optional<int64_t> expired_ms)
      : snapshot_(snapshot),
        key_(std::move(key)),
        expired_ms_(expired_ms),
        seen_(snapshot.files().slots()) {}

  // One more row. Every error of a proof is kCorrupt "delta.checkpoint_incomplete".
  Status Admit(const Action& action);
  // After the last row: nothing of the state is missing.
  Status FinishState() const;
  // After the last row: no file is missing, if so many of so many bytes are told elsewhere and none
  // of them here.
  Status FinishFiles(int64_t files_elsewhere = 0, int64_t bytes_elsewhere = 0) const;

  int64_t actions() const { return actions_; }
  int64_t live_files() const { return live_files_; }
  int64_t removes() const { return removes_; }
  bool HasSeen(FileOrdinal ordinal) const { return seen_[ordinal]; }

 private:
  Error Incomplete(std::string_view what) const;
  Status AdmitFile(const AddFile& add);
  Status AdmitTransaction(const SetTransaction& txn);
  Status AdmitDomain(const DomainMetadata& domain);

  const Snapshot& snapshot_;
  std::string key_;
  std::optional<int64_t> expired_ms_;
  std::vector<bool> seen_;
  std::set<std::string> apps_, domains_;
  bool has_protocol_ = false, has_metadata_ = false;
  int64_t actions_ = 0, live_files_ = 0, live_bytes_ = 0, removes_ = 0;
};

}  // namespace lakehold::delta
