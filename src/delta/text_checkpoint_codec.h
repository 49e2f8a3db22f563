// TextCheckpointCodec: checkpoints as lines of JSON under their Parquet names, for tests of the
// floors below the engine. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "delta/action_json.h"
#include "delta/checkpoint.h"
#include "storage/atomic_file.h"

namespace lakehold::delta {

class TextCheckpointCodec : public CheckpointCodec {
 public:
  Status Read(const TableRoot& root, std::string_view key, const CheckpointColumns& columns,
              const CheckpointVisitor& visit) override {
    ++reads;
    LAKEHOLD_ASSIGN(const Bytes text, root.store->Get(key, std::nullopt));
    const ActionFilter filter{
        .files = columns.files, .state = columns.state, .commit = false, .changes = false};
    Status parsed = ParseCommit(text, key, filter, [&](Action&& action) -> Status {
      if (!columns.tombstones && std::holds_alternative<RemoveFile>(action)) return {};
      if (auto* add = std::get_if<AddFile>(&action); add && !columns.stats) add->stats.reset();
      return visit.action(std::move(action));
    });
    if (!parsed.ok() && parsed.error().kind == ErrorKind::kCorrupt) {
      return Corrupt("delta.bad_checkpoint", parsed.error().message);
    }
    LAKEHOLD_TRY(parsed);
    // {"sidecar":{"path":"..."}} lines, written by tests only.
    constexpr std::string_view kSidecar = "{\"sidecar\":{\"path\":\"";
    for (size_t at = text.view().find(kSidecar); at != std::string_view::npos;
         at = text.view().find(kSidecar, at + 1)) {
      const size_t begin = at + kSidecar.size();
      LAKEHOLD_TRY(visit.sidecar(
          {std::string(text.view().substr(begin, text.view().find('"', begin) - begin)), 0, 0}));
    }
    return {};
  }

  Result<WrittenCheckpoint> Write(const TableRoot& root, std::string_view key,
                                  const ActionSource& next, bool stats_as_json) override {
    std::string text;
    int64_t actions = 0;
    for (;; ++actions) {
      LAKEHOLD_ASSIGN(auto action, next());
      if (!action) break;
      if (auto* add = std::get_if<AddFile>(&*action); add && !stats_as_json) add->stats.reset();
      if (lose_file && std::holds_alternative<AddFile>(*action)) {
        lose_file = false;
        continue;
      }
      if (lose && lose(*action)) continue;
      AppendActionJson(*action, text);
    }
    auto meta = storage::PutIfAbsent(*root.store, key, AsBytes(text));
    if (!meta.ok()) return meta.error();
    return WrittenCheckpoint{text.size(), actions};
  }

  std::atomic<int> reads = 0;
  std::function<bool(const Action&)> lose;  // What other writes leave out.
  bool lose_file = false;  // The next write leaves out one file: what a broken writer might do.
};

}  // namespace lakehold::delta
