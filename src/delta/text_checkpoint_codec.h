// TextCheckpointCodec: checkpoints as lines of JSON under their Parquet names, for tests of the
// floors below the engine. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/checkpoint_batches.h"
#include "storage/atomic_file.h"

namespace lakehold::delta {

class TextCheckpointCodec : public BatchCheckpointCodec {
 public:
  Status Read(const TableRoot& root, std::string_view key, const CheckpointColumns& columns,
              const CheckpointVisitor& visit) override {
    return ReadBatches(root, key, columns, visit, nullptr);
  }

  Status ReadBatches(const TableRoot& root, std::string_view key, const CheckpointColumns& columns,
                     const CheckpointVisitor& visit, const BatchVisitor& files) override {
    ++reads;
    if (refuse_reads) return Corrupt("delta.bad_checkpoint", fmt::format("{}: {}", key, "refused"));
    LAKEHOLD_ASSIGN(const Bytes text, root.store->Get(key, std::nullopt));
    const bool batches = tell_batches && files != nullptr;
    uint64_t row = 0;
    const ActionFilter filter{
        .files = columns.files, .state = columns.state, .commit = false, .changes = false};
    Status parsed = ParseCommit(text, key, filter, [&](Action&& action) -> Status {
      const bool is_file =
          std::holds_alternative<AddFile>(action) || std::holds_alternative<RemoveFile>(action);
      const uint64_t at = is_file ? row++ : 0;
      if (auto* add = std::get_if<AddFile>(&action); add && batches) {
        FileRows rows;
        rows.stats_in_source = true;
        const bool has_stats = add->stats.has_value();
        add->stats.reset();
        rows.Append(*add);
        rows.rows.back().stats_at = at;
        rows.rows.back().stats_size = has_stats ? 1 : 0;
        return files(std::move(rows));
      }
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

  Status ReadStats(const TableRoot& root, std::string_view key, std::span<const StatsPlace> rows,
                   const StatsVisitor& visit) override {
    LAKEHOLD_ASSIGN(const Bytes text, root.store->Get(key, std::nullopt));
    uint64_t row = 0;
    size_t next = 0;
    return ParseCommit(text, key, kFilesOnly, [&](Action&& action) -> Status {
      while (next < rows.size() && rows[next].size == 0) ++next;
      const auto* add = std::get_if<AddFile>(&action);
      if (next < rows.size() && rows[next].at == row++) {
        if (add && add->stats) visit(next, *add->stats);
        ++next;
      }
      return {};
    });
  }

  Result<WrittenCheckpoint> Write(const TableRoot& root, std::string_view key,
                                  const ActionSource& next, const CheckpointShape& shape) override {
    std::string text;
    int64_t actions = 0;
    for (;; ++actions) {
      LAKEHOLD_ASSIGN(auto action, next());
      if (!action) break;
      if (auto* add = std::get_if<AddFile>(&*action); add && !shape.stats_as_json)
        add->stats.reset();
      if (lose_file && std::holds_alternative<AddFile>(*action)) {
        lose_file = false;
        continue;
      }
      if (lose && lose(*action)) continue;
      AppendActionJson(*action, text);
    }
    for (const Sidecar& sidecar : shape.sidecars) {
      text += fmt::format("{{\"sidecar\":{{\"path\":\"{}\",\"sizeInBytes\":{}}}}}\n", sidecar.path,
                          sidecar.size_bytes);
      ++actions;
    }
    auto meta = storage::PutIfAbsent(*root.store, key, AsBytes(text));
    if (!meta.ok()) return meta.error();
    return WrittenCheckpoint{text.size(), actions};
  }

  static constexpr ActionFilter kFilesOnly{
      .files = true, .state = false, .commit = false, .changes = false};

  std::atomic<int> reads = 0;
  bool refuse_reads = false;
  bool tell_batches = false;                // Adds by batches, their statistics when asked for.
  std::function<bool(const Action&)> lose;  // What other writes leave out.
  bool lose_file = false;  // The next write leaves out one file: what a broken writer might do.
};

}  // namespace lakehold::delta
