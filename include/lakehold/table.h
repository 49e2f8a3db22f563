// Table: one Delta table, live or pinned to a version. Movable; externally synchronized.
//
// Log-only calls (Describe, History, Files, Count) do not load the SQL engine unless a Parquet
// checkpoint must be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehold/arrow_abi.h"
#include "lakehold/export.h"
#include "lakehold/report.h"
#include "lakehold/request.h"
#include "lakehold/result.h"
#include "lakehold/rows.h"

namespace lakehold {

class Lake;

enum class Durability { kFull, kNone };

struct OpenOptions {
  Durability durability = Durability::kFull;
  // Of a catalog-managed table, which is read at most up to that version and never written. For
  // Table::Open; kInvalid "delta.bad_ratified", "delta.not_catalog_managed"; kCorrupt "delta.gap".
  std::optional<RatifiedCommits> ratified = {};
};

class LAKEHOLD_EXPORT Table {
 public:
  // Opens the table at a path, as it is: nothing is written. kNotFound "delta.not_a_table";
  // kInvalid "facade.is_a_lake" if the folder holds tables instead.
  static Result<Table> Open(std::string_view location, const VersionSpec& spec = Latest{},
                            const OpenOptions& options = {});

  ~Table();
  Table(Table&&) noexcept;
  Table& operator=(Table&&) noexcept;

  const std::string& name() const;
  const std::string& location() const;
  // The version this handle is pinned to; nothing for a live handle.
  std::optional<Version> pinned() const;
  // The same table, pinned. kNotFound names the readable range.
  Result<Table> At(const VersionSpec& spec) const;

  // Columns and properties: never looks at what the log says of files, where that is not known
  // already.
  Result<TableOutline> Outline() const;
  Result<TableStatus> Describe() const;
  // What the last call that looked saw, without looking again; nothing before the first look and
  // after a write.
  std::optional<TableStatus> LastStatus() const;
  Result<std::vector<HistoryEntry>> History(size_t limit = SIZE_MAX) const;
  Result<std::vector<DataFile>> Files() const;
  // Live rows: from the log where it tells exactly, else counted by a scan.
  Result<int64_t> Count();

  Result<Rows> Scan(const ScanRequest& request = {});
  Result<Explanation> Explain(const ScanRequest& request = {});
  // Appends or overwrites in one version, in bounded memory. Columns match by name, ignoring case,
  // in any order. One error lists all unknown and missing columns. Text is never parsed, numbers
  // never rounded. kInvalid "table.pinned" if pinned.
  Result<CommitReport> Write(const WriteRequest& request);

  Result<CheckpointReport> Checkpoint();
  // One file for the commits since the newest checkpoint, or from `first`, that readers may take
  // instead of them. kNotFound "delta.commit_gone".
  Result<LogCompactionReport> CompactLog(std::optional<Version> first = std::nullopt);
  // Checks the log, checkpoints, checksums, files and deletion vectors. `deep`: footers and row
  // counts too. `statistics`: those of every file against its rows, all of which are read.
  Result<FsckReport> Fsck(bool deep = false, bool statistics = false) const;
  // Interrupts what this table's session runs on another thread. Thread-safe.
  void Interrupt();

 private:
  friend class Lake;
  struct State;
  explicit Table(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace lakehold
