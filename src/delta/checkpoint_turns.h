// CheckpointTurns: pieces of a checkpoint read at the same time and told one after the other. Whose
// turn it is tells rows as they are read; the others keep theirs until it is. Thread-safe: each
// piece has one reader.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delta/checkpoint.h"
#include "delta/checkpoint_batches.h"

namespace lakehold::delta {

class CheckpointTurns {
 public:
  // What is told, with the number of its piece; never by two threads at once, piece after piece.
  struct Listener {
    std::function<Status(size_t, Action&&)> action;
    std::function<Status(size_t, Sidecar&&)> sidecar;
    std::function<Status(size_t, FileRows&&)> files;
  };

  CheckpointTurns(size_t pieces, Listener listener)
      : listener_(std::move(listener)), kept_(pieces), done_(pieces) {}

  // What the reader of a piece tells of it. An error is the listener's, and final.
  CheckpointVisitor VisitorOf(size_t piece) {
    return {[this, piece](Action&& action) -> Status {
              kept_[piece].actions.push_back(std::move(action));
              return {};
            },
            [this, piece](Sidecar&& sidecar) -> Status {
              kept_[piece].sidecars.push_back(std::move(sidecar));
              return {};
            }};
  }
  BatchVisitor FilesOf(size_t piece) {
    return [this, piece](FileRows&& rows) -> Status {
      if (turn_.load(std::memory_order_acquire) != piece) {
        kept_[piece].batches.push_back(std::move(rows));
        return {};
      }
      LAKEHOLD_TRY(TellKept(piece));
      return listener_.files(piece, std::move(rows));
    };
  }

  // After the last row of a piece; also tells those pieces whose readers were done before it was
  // their turn.
  Status End(size_t piece) {
    if (!Finish(piece)) return {};
    for (bool more = true; more; ++piece) {
      LAKEHOLD_TRY(TellKept(piece));
      more = PassTurn(piece + 1);
    }
    return {};
  }

 private:
  struct Kept {
    std::vector<Action> actions;
    std::vector<Sidecar> sidecars;
    std::vector<FileRows> batches;
  };

  // Whether it is the piece's turn.
  bool Finish(size_t piece) {
    const std::lock_guard lock(mutex_);
    done_[piece] = true;
    return turn_ == piece;
  }
  // Whether the next piece was left to us.
  bool PassTurn(size_t next) {
    const std::lock_guard lock(mutex_);
    turn_.store(next, std::memory_order_release);
    return next < done_.size() && done_[next];
  }

  Status TellKept(size_t piece) {
    Kept kept = std::exchange(kept_[piece], {});
    for (Action& action : kept.actions) LAKEHOLD_TRY(listener_.action(piece, std::move(action)));
    for (Sidecar& sidecar : kept.sidecars)
      LAKEHOLD_TRY(listener_.sidecar(piece, std::move(sidecar)));
    for (FileRows& rows : kept.batches) LAKEHOLD_TRY(listener_.files(piece, std::move(rows)));
    return {};
  }

  Listener listener_;
  std::vector<Kept> kept_;
  std::atomic<size_t> turn_{0};
  std::mutex mutex_;
  std::vector<char> done_;
};

}  // namespace lakehold::delta
