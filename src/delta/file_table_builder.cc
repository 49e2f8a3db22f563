#include "delta/file_table_builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"

namespace lakehold::delta {
namespace {

// Damaged sizes may add up to more than there is: the total is then wrong, and nothing else.
void AddBytes(int64_t& total, int64_t bytes) {
  total = static_cast<int64_t>(static_cast<uint64_t>(total) + static_cast<uint64_t>(bytes));
}

using Part = ChunkedFileTable::Part;
using DeadBits = ChunkedFileTable::DeadBits;

// Rows of consecutive small chunks in one, so that the number of chunks grows with the logarithm of
// the refreshes.
Part MergeParts(const Part& a, const Part& b) {
  auto chunk = std::make_shared<FileChunk>();
  for (uint32_t row = 0; row < a.chunk->rows(); ++row) chunk->AppendRow(*a.chunk, row);
  for (uint32_t row = 0; row < b.chunk->rows(); ++row) chunk->AppendRow(*b.chunk, row);
  chunk->Seal();
  Part merged{chunk, nullptr, a.first};
  if (a.dead || b.dead) {
    auto dead = std::make_shared<DeadBits>(chunk->rows());
    for (uint32_t row = 0; row < a.chunk->rows(); ++row) (*dead)[row] = a.dead && (*a.dead)[row];
    for (uint32_t row = 0; row < b.chunk->rows(); ++row) {
      (*dead)[a.chunk->rows() + row] = b.dead && (*b.dead)[row];
    }
    merged.dead = std::move(dead);
  }
  return merged;
}

void MergeTailParts(std::vector<Part>& parts) {
  while (parts.size() >= 2) {
    const Part& last = parts.back();
    const Part& before = parts[parts.size() - 2];
    if (last.chunk->rows() < before.chunk->rows() || !before.chunk->FitsAll(*last.chunk)) return;
    Part merged = MergeParts(before, last);
    parts.pop_back();
    parts.back() = std::move(merged);
  }
}

void MergeTailLayers(std::vector<std::shared_ptr<const PathIndex>>& layers,
                     const FileTable& table) {
  while (layers.size() >= 2 && layers.back()->size() >= layers[layers.size() - 2]->size()) {
    auto merged = std::make_shared<PathIndex>();
    for (size_t i = layers.size() - 2; i < layers.size(); ++i) {
      layers[i]->ForEach([&](uint32_t hash, uint32_t ordinal) {
        if (table.IsLive(ordinal)) merged->Insert(hash, ordinal);
      });
    }
    layers.pop_back();
    layers.back() = std::move(merged);
  }
}

// Few enough live files that copying them costs less than dragging the dead along: at most once per
// as many removals.
bool IsMostlyDead(const ChunkedFileTable& table) {
  return static_cast<int64_t>(table.slots()) >
         2 * table.live_files() + static_cast<int64_t>(limits::kFileChunkRows);
}

// The same parts with values typed for other partition columns: rare (REPLACE TABLE, a widened
// partition type).
Status Retype(std::vector<Part>& parts, const PartitionSchema& columns) {
  std::unordered_map<const PartitionTuple*, std::shared_ptr<const PartitionTuple>> retyped;
  for (Part& part : parts) {
    std::vector<std::shared_ptr<const PartitionTuple>> tuples;
    for (const auto& tuple : part.chunk->tuples()) {
      std::shared_ptr<const PartitionTuple>& made = retyped[tuple.get()];
      if (!made) {
        // Dead files may hold values of the partition columns of before; nobody asks for theirs.
        auto values = TypeTuple(tuple->raw, columns);
        made = std::make_shared<PartitionTuple>(
            PartitionTuple{tuple->raw, values.ok() ? std::move(values).value()
                                                   : std::vector<Scalar>(columns.size())});
      }
      tuples.push_back(made);
    }
    part.chunk = part.chunk->WithTuples(std::move(tuples));
  }
  return {};
}

}  // namespace

void FileTableBuilder::BeginSource(bool bulk, std::shared_ptr<const StatsSource> stats) {
  if (bulk || (!sources_.empty() && sources_.back().bulk) || stats != stats_) fresh_chunk_ = true;
  SettleIndex();
  puts_off_ = false;
  sources_.push_back({rows_, static_cast<uint32_t>(tombstones_.size()), bulk});
  stats_ = std::move(stats);
  may_repeat_ = false;
  told_twice_.clear();
  dropped_ = CommitRules();
}

void FileTableBuilder::BeginCheckpoint() {
  BeginSource(true);
  puts_off_ = true;
}

bool FileTableBuilder::IsSameFile(uint32_t one, uint32_t other) const {
  const auto key_of = [&](uint32_t provisional) {
    uint32_t row = 0;
    const FileChunk& chunk = ChunkOf(provisional, row);
    const DeletionVectorDescriptor* vector = chunk.deletion_vector(row);
    std::string scratch;
    return std::pair(std::string(CanonicalPath(chunk.path(row), root_uri_, scratch)),
                     vector ? vector->UniqueId() : std::string());
  };
  return key_of(one) == key_of(other);
}

void FileTableBuilder::SettleIndex() {
  if (put_off_.empty()) return;
  index_.InsertAll(std::exchange(put_off_, {}), [&](uint32_t before, uint32_t provisional) {
    if (!IsSameFile(before, provisional)) return false;
    repeated_.push_back(provisional);
    if (told_twice_.empty()) {
      uint32_t row = 0;
      told_twice_ = ChunkOf(provisional, row).path(row);
    }
    return true;
  });
}

const FileChunk& FileTableBuilder::ChunkOf(uint32_t provisional, uint32_t& row) const {
  auto after = std::upper_bound(chunk_first_.begin(), chunk_first_.end(), provisional);
  const size_t chunk = static_cast<size_t>(after - chunk_first_.begin()) - 1;
  row = provisional - chunk_first_[chunk];
  return *chunks_[chunk];
}

FileTableBuilder::Before FileTableBuilder::Seen(uint32_t hash, std::string_view canonical,
                                                std::string_view dv_unique_id) const {
  auto is_same_add = [&](uint32_t provisional) {
    uint32_t row = 0;
    const FileChunk& chunk = ChunkOf(provisional, row);
    const DeletionVectorDescriptor* vector = chunk.deletion_vector(row);
    if ((vector == nullptr) != dv_unique_id.empty()) return false;
    if (CanonicalPath(chunk.path(row), root_uri_, scratch_) != canonical) return false;
    return vector == nullptr || vector->UniqueId() == dv_unique_id;
  };
  auto is_same_remove = [&](uint32_t position) {
    const Tombstone& tombstone = tombstones_[position];
    const std::string_view text = std::string_view(tombstone_text_).substr(tombstone.begin);
    return text.substr(0, tombstone.path_size) == canonical &&
           text.substr(tombstone.path_size, tombstone.dv_size) == dv_unique_id;
  };
  const auto told = [](uint32_t position, uint32_t first) {
    return position >= first ? Before::kSameSource : Before::kNewerSource;
  };
  const Source& source = sources_.back();
  if (const auto add = index_.Find(hash, is_same_add)) return told(*add, source.first);
  if (const auto removed = removed_.Find(hash, is_same_remove))
    return told(*removed, source.first_tombstone);
  return Before::kNothing;
}

std::shared_ptr<const PartitionTuple> FileTableBuilder::Intern(const PartitionValues& values) {
  scratch_.clear();
  AppendTupleKey(values, scratch_);
  if (last_tuple_ && scratch_ == last_tuple_key_) return last_tuple_;
  std::shared_ptr<PartitionTuple>& tuple = tuples_[scratch_];
  if (!tuple) tuple = std::make_shared<PartitionTuple>(PartitionTuple{values, {}});
  last_tuple_key_ = scratch_;
  last_tuple_ = tuple;
  return tuple;
}

void FileTableBuilder::OpenChunk() {
  auto chunk = std::make_shared<FileChunk>();
  chunk->UseSource(stats_);
  if (!chunks_.empty()) {
    if (!fresh_chunk_) chunk->ReserveLike(*chunks_.back());
    // Others are copied in the end.
    if (open_is_bulk_) chunks_.back()->Seal();
  }
  open_is_bulk_ = sources_.back().bulk;
  if (!open_is_bulk_ && expected_.path_bytes > 0) {
    const uint64_t files = expected_.files;
    const uint64_t room = std::min<uint64_t>(files, limits::kFileChunkRows);
    chunk->Reserve(room, expected_.path_bytes * room / files, expected_.stats_bytes * room / files);
    expected_ = {};
  }
  chunks_.push_back(std::move(chunk));
  chunk_first_.push_back(rows_);
  fresh_chunk_ = false;
}

bool FileTableBuilder::Add(const AddFile& file) {
  std::string decoded;
  const std::string_view canonical = CanonicalPath(file.path, root_uri_, decoded);
  const std::string dv = file.deletion_vector ? file.deletion_vector->UniqueId() : std::string();
  const uint32_t hash = HashFileKey(canonical, dv);
  if (sources_.empty()) BeginSource(false);
  if (const Before before = Seen(hash, canonical, dv); before != Before::kNothing) {
    if (before == Before::kSameSource && told_twice_.empty()) told_twice_ = file.path;
    return false;
  }
  KeepStatsFromNowOn();
  if (fresh_chunk_ || !chunks_.back()->Fits(file)) OpenChunk();
  chunks_.back()->Append(file, Intern(file.partition_values));
  index_.Insert(hash, rows_++);
  bytes_ += file.size_bytes;
  return true;
}

void FileTableBuilder::Take(const FileRows& batch) {
  // Looking up a file costs a miss of the cache; asked for this many rows ahead, none is waited
  // for.
  constexpr size_t kAhead = 16;
  if (sources_.empty()) BeginSource(false);
  std::vector<std::shared_ptr<const PartitionTuple>> tuples;
  for (const PartitionValues& values : batch.partitions) tuples.push_back(Intern(values));
  const bool is_first_word = puts_off_ && index_.size() == 0 && removed_.size() == 0;
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    if (!is_first_word && i + kAhead < batch.rows.size()) {
      const uint32_t ahead = NarrowHash(batch.rows[i + kAhead].hash);
      index_.Prefetch(ahead);
      removed_.Prefetch(ahead);
    }
    const FileRow& row = batch.rows[i];
    const uint32_t hash = NarrowHash(row.hash);
    if (is_first_word && !row.is_remove) {
      AppendRow(batch, row, tuples[row.partition]);
      continue;
    }
    const std::string_view canonical = batch.CanonicalOf(row);
    const std::string dv =
        row.vector == FileRow::kNone ? std::string() : batch.vectors[row.vector].UniqueId();
    if (const Before before = Seen(hash, canonical, dv); before != Before::kNothing) {
      if (before == Before::kSameSource && told_twice_.empty()) told_twice_ = batch.PathOf(row);
      may_repeat_ |= before == Before::kSameSource || !dropped_.AdmitHash(row.hash);
    } else if (row.is_remove) {
      Bury(hash, canonical, dv);
    } else {
      AppendRow(batch, row, tuples[row.partition]);
    }
  }
}

void FileTableBuilder::AppendRow(const FileRows& batch, const FileRow& row,
                                 const std::shared_ptr<const PartitionTuple>& tuple) {
  if (fresh_chunk_ || !chunks_.back()->Fits(batch, row)) OpenChunk();
  chunks_.back()->Append(batch, row, tuple);
  const uint32_t hash = NarrowHash(row.hash);
  if (puts_off_) {
    put_off_.push_back({hash, rows_++});
  } else {
    index_.Insert(hash, rows_++);
  }
  AddBytes(bytes_, row.size_bytes);
}

void FileTableBuilder::Bury(uint32_t hash, std::string_view canonical,
                            std::string_view dv_unique_id) {
  removed_.Insert(hash, static_cast<uint32_t>(tombstones_.size()));
  tombstones_.push_back({tombstone_text_.size(), static_cast<uint32_t>(canonical.size()),
                         static_cast<uint32_t>(dv_unique_id.size())});
  tombstone_text_.append(canonical).append(dv_unique_id);
}

bool FileTableBuilder::Remove(std::string_view path, std::string_view dv_unique_id) {
  std::string decoded;
  const std::string_view canonical = CanonicalPath(path, root_uri_, decoded);
  const uint32_t hash = HashFileKey(canonical, dv_unique_id);
  if (sources_.empty()) BeginSource(false);
  if (Seen(hash, canonical, dv_unique_id) != Before::kNothing) return false;
  Bury(hash, canonical, dv_unique_id);
  return true;
}

std::shared_ptr<FileChunk> FileTableBuilder::OpenArranged(size_t source, uint32_t rows,
                                                          const FileChunk& from) const {
  // Those of newer sources that are not bulk come too: chunks of these hold nothing else.
  size_t newest = source;
  while (newest > 0 && !sources_[newest - 1].bulk) --newest;
  rows += sources_[source].first - sources_[newest].first;
  uint64_t held = 0, path_bytes = 0, stats_bytes = 0;
  for (size_t c = chunks_.size(); c-- > 0 && chunk_first_[c] >= sources_[newest].first;) {
    held += chunks_[c]->rows();
    path_bytes += chunks_[c]->path_text_bytes();
    stats_bytes += chunks_[c]->stats_text_bytes();
  }
  const uint64_t room = std::min<uint64_t>(rows, limits::kFileChunkRows);
  // A part of them has about its share of the text.
  const auto share = [&](uint64_t bytes) {
    return room == held ? bytes : (bytes + bytes / 32) * room / held;
  };
  auto chunk = std::make_shared<FileChunk>();
  chunk->UseSource(from.source());
  chunk->Reserve(room, share(path_bytes), share(stats_bytes));
  return chunk;
}

std::vector<std::shared_ptr<const FileChunk>> FileTableBuilder::Arrange(uint32_t first) {
  std::vector<std::shared_ptr<const FileChunk>> arranged;
  std::vector<uint32_t> final_first(sources_.size());
  std::shared_ptr<FileChunk> open;
  auto seal = [&] {
    if (!open) return;
    open->Seal();
    arranged.push_back(std::move(open));
    open = nullptr;
  };
  auto end_of = [&](size_t s) { return s + 1 < sources_.size() ? sources_[s + 1].first : rows_; };
  const bool one_source =
      std::count_if(sources_.begin(), sources_.end(), [&](const Source& source) {
        return end_of(static_cast<size_t>(&source - sources_.data())) > source.first;
      }) == 1;
  uint32_t next = first;
  for (size_t s = sources_.size(); s-- > 0;) {
    const uint32_t begin = sources_[s].first, end = end_of(s);
    final_first[s] = next;
    if (begin == end) continue;
    next += end - begin;
    // Chunks behind hold older sources, which are arranged: no more memory than needed twice.
    while (chunk_first_.back() >= end) {
      chunk_first_.pop_back();
      chunks_.pop_back();
    }
    if (sources_[s].bulk || one_source) {
      seal();
      for (size_t c = 0; c < chunks_.size(); ++c) {
        if (chunk_first_[c] < begin || chunk_first_[c] >= end) continue;
        chunks_[c]->Seal();
        arranged.push_back(chunks_[c]);
      }
      continue;
    }
    for (uint32_t provisional = begin; provisional < end;) {
      uint32_t row = 0;
      const FileChunk& from = ChunkOf(provisional, row);
      if (open && (open->IsFull() || open->source() != from.source())) seal();
      if (!open) open = OpenArranged(s, end - provisional, from);
      const uint32_t room = static_cast<uint32_t>(limits::kFileChunkRows) - open->rows();
      const uint32_t count =
          open->CountNear(from, row, std::min({end - provisional, from.rows() - row, room}));
      if (count == 0) {
        seal();
        continue;
      }
      open->AppendRows(from, row, count);
      provisional += count;
    }
  }
  seal();
  std::vector<uint32_t> renumbered(rows_);
  for (size_t s = 0; s < sources_.size(); ++s) {
    const auto begin = renumbered.begin() + sources_[s].first;
    std::iota(begin, renumbered.begin() + end_of(s), final_first[s]);
  }
  index_.RenumberAll([&](uint32_t provisional) { return renumbered[provisional]; });
  for (uint32_t& ordinal : repeated_) ordinal = renumbered[ordinal];
  return arranged;
}

void FileTableBuilder::KillReplaced(const ChunkedFileTable& base, ChunkedFileTable& table) const {
  std::vector<std::shared_ptr<DeadBits>> dead(base.parts().size());
  auto kill = [&](uint32_t hash, std::string_view canonical, std::string_view dv) {
    const auto ordinal = base.FindCanonical(hash, canonical, dv);
    if (!ordinal) return;
    const size_t p = static_cast<size_t>(&base.PartOf(*ordinal) - base.parts().data());
    const Part& part = base.parts()[p];
    if (!dead[p]) {
      dead[p] = part.dead ? std::make_shared<DeadBits>(*part.dead)
                          : std::make_shared<DeadBits>(part.chunk->rows());
      table.parts_[p].dead = dead[p];
    }
    if ((*dead[p])[*ordinal - part.first]) return;
    (*dead[p])[*ordinal - part.first] = true;
    --table.live_files_;
    AddBytes(table.live_bytes_, -part.chunk->size_bytes(*ordinal - part.first));
  };
  removed_.ForEach([&](uint32_t hash, uint32_t position) {
    const Tombstone& tombstone = tombstones_[position];
    const std::string_view text = std::string_view(tombstone_text_).substr(tombstone.begin);
    kill(hash, text.substr(0, tombstone.path_size),
         text.substr(tombstone.path_size, tombstone.dv_size));
  });
  index_.ForEach([&](uint32_t hash, uint32_t provisional) {
    uint32_t row = 0;
    const FileChunk& chunk = ChunkOf(provisional, row);
    const DeletionVectorDescriptor* vector = chunk.deletion_vector(row);
    std::string decoded;
    kill(hash, CanonicalPath(chunk.path(row), root_uri_, decoded),
         vector ? vector->UniqueId() : "");
  });
}

Error FileTableBuilder::AboutFileOf(const PartitionTuple& tuple, Error error) const {
  for (const auto& chunk : chunks_) {
    for (uint32_t row = 0; row < chunk->rows(); ++row) {
      if (&chunk->partition(row) != &tuple) continue;
      const std::string path(chunk->path(row));
      error.message = fmt::format("data file \"{}\": {}", path, error.message);
      return std::move(error).With("data_file", path);
    }
  }
  return error;
}

Result<std::shared_ptr<const FileTable>> FileTableBuilder::Finish(const PartitionSchema& columns,
                                                                  const ChunkedFileTable* base,
                                                                  bool may_pack) {
  SettleIndex();
  for (auto& [key, tuple] : tuples_) {
    auto values = TypeTuple(tuple->raw, columns);
    if (!values.ok()) return AboutFileOf(*tuple, std::move(values).error());
    tuple->values = std::move(values).value();
  }
  std::shared_ptr<ChunkedFileTable> table(new ChunkedFileTable());
  table->root_uri_ = root_uri_;
  table->partition_schema_ = columns;
  if (base) {
    table->parts_ = base->parts_;
    table->layers_ = base->layers_;
    table->slots_ = base->slots_;
    table->live_files_ = base->live_files_;
    table->live_bytes_ = base->live_bytes_;
    KillReplaced(*base, *table);
    if (base->partition_schema_ != columns) LAKEHOLD_TRY(Retype(table->parts_, columns));
  }
  table->lazy_ =
      base ? std::make_unique<LazyColumns>(*base->lazy_) : std::make_unique<LazyColumns>();
  AppendRows(*table);
  if (may_pack && IsMostlyDead(*table)) return Pack(*table);
  return std::shared_ptr<const FileTable>(std::move(table));
}

void FileTableBuilder::Kill(FileOrdinal ordinal, ChunkedFileTable& table) {
  Part& part = table.parts_[static_cast<size_t>(&table.PartOf(ordinal) - table.parts_.data())];
  auto dead = part.dead ? std::make_shared<DeadBits>(*part.dead)
                        : std::make_shared<DeadBits>(part.chunk->rows());
  (*dead)[ordinal - part.first] = true;
  part.dead = std::move(dead);
  --table.live_files_;
  AddBytes(table.live_bytes_, -part.chunk->size_bytes(ordinal - part.first));
}

void FileTableBuilder::AppendRows(ChunkedFileTable& table) {
  if (rows_ == 0) return;
  for (auto& chunk : Arrange(table.slots_)) {
    const FileOrdinal first = table.slots_;
    table.slots_ += chunk->rows();
    table.parts_.push_back({std::move(chunk), nullptr, first});
  }
  table.live_files_ += rows_;
  AddBytes(table.live_bytes_, bytes_);
  for (const FileOrdinal ordinal : repeated_) Kill(ordinal, table);
  table.layers_.push_back(std::make_shared<PathIndex>(std::move(index_)));
  MergeTailParts(table.parts_);
  MergeTailLayers(table.layers_, table);
}

std::shared_ptr<const FileTable> FileTableBuilder::Pack(const ChunkedFileTable& table) {
  std::shared_ptr<ChunkedFileTable> packed(new ChunkedFileTable());
  packed->root_uri_ = table.root_uri_;
  packed->partition_schema_ = table.partition_schema_;
  packed->live_files_ = table.live_files_;
  packed->live_bytes_ = table.live_bytes_;
  packed->lazy_ = std::make_unique<LazyColumns>();
  auto index = std::make_shared<PathIndex>();
  std::shared_ptr<FileChunk> open;
  auto seal = [&] {
    if (!open) return;
    open->Seal();
    const FileOrdinal first = packed->slots_;
    packed->slots_ += open->rows();
    packed->parts_.push_back({std::move(open), nullptr, first});
    open = nullptr;
  };
  std::string scratch;
  for (const FileOrdinal ordinal : table.LiveOrdinals()) {
    const Part& part = table.PartOf(ordinal);
    if (open && (open->IsFull() || open->source() != part.chunk->source() ||
                 open->CountNear(*part.chunk, ordinal - part.first, 1) == 0)) {
      seal();
    }
    if (!open) {
      open = std::make_shared<FileChunk>();
      open->UseSource(part.chunk->source());
    }
    open->AppendRow(*part.chunk, ordinal - part.first);
    const FileView file = table.Get(ordinal);
    index->Insert(HashFileKey(CanonicalPath(file.path, table.root_uri_, scratch),
                              file.deletion_vector ? file.deletion_vector->UniqueId() : ""),
                  packed->slots_ + open->rows() - 1);
  }
  seal();
  packed->layers_.push_back(std::move(index));
  return packed;
}

}  // namespace lakehold::delta
