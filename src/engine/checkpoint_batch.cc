#include "engine/checkpoint_batch.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/raw_object.h"
#include "engine/vector_cells.h"

namespace lakehold::engine {
namespace {

using delta::FileRow;
using delta::FileRows;
using duckdb::idx_t;

void AppendSized(std::optional<std::string_view> text, std::string& key) {
  // One more than the size, so that nothing is not the empty text.
  const uint32_t size = text ? static_cast<uint32_t>(text->size()) + 1 : 0;
  key.append(reinterpret_cast<const char*>(&size), sizeof(size));
  if (text) key.append(*text);
}

// A map of texts, prepared once a chunk.
struct MapCells {
  explicit MapCells(ParquetCells map) : all(std::move(map)) {
    std::tie(keys, values) = all.MapEntries();
  }
  // Appends a text that is equal for equal maps and different for different ones.
  void AppendKey(idx_t row, std::string& key) const {
    const auto [begin, end] = all.ListRange(row);
    for (idx_t i = begin; i < end; i++) {
      if (!keys.Has(i)) continue;
      AppendSized(keys.View(i), key);
      AppendSized(values.View(i), key);
    }
  }
  ParquetCells all, keys, values;
};

class AddReader {
 public:
  explicit AddReader(const ParquetCells& adds)
      : path_(adds.Child("path")),
        size_(adds.Child("size")),
        modified_(adds.Child("modificationTime")),
        partition_(adds.Child("partitionValues")),
        tags_(adds.Child("tags")),
        clustering_(adds.Child("clusteringProvider")),
        base_row_id_(adds.Child("baseRowId")),
        commit_version_(adds.Child("defaultRowCommitVersion")),
        records_(adds.Child("stats_parsed").Child("numRecords")),
        vector_(adds.Child("deletionVector")) {}

  // Nothing where the row is of another kind, which a writer may say by a struct of NULLs. What is
  // missing, if anything.
  std::string_view Read(idx_t at, FileRows& out) {
    const auto path = path_.View(at);
    const auto size = size_.Integer(at);
    if (!path) return size ? "path" : "";
    if (size.value_or(0) < 0) return "size";
    FileRow row;
    row.path_at = out.Keep(*path);
    row.path_size = static_cast<uint32_t>(path->size());
    row.partition = PartitionOf(at, out);
    if (tags_.all.Has(at) || clustering_.Has(at)) row.rare = RareOf(at, out);
    if (auto vector = vector_.Read(at)) {
      row.vector = static_cast<uint32_t>(out.vectors.size());
      out.vectors.push_back(*std::move(vector));
    }
    row.size_bytes = size.value_or(0);
    row.modified_ms = modified_.Integer(at).value_or(0);
    row.base_row_id = base_row_id_.Integer(at).value_or(FileRow::kAbsent);
    row.default_commit_version = commit_version_.Integer(at).value_or(FileRow::kAbsent);
    row.num_records = records_.Integer(at).value_or(-1);
    out.rows.push_back(row);
    return {};
  }

 private:
  uint32_t PartitionOf(idx_t at, FileRows& out) {
    key_.assign(1, 'p');
    partition_.AppendKey(at, key_);
    if (const auto code = out.Recall(key_)) return *code;
    out.partitions.push_back(partition_.all.TextMap(at).value_or(delta::PartitionValues{}));
    const auto code = static_cast<uint32_t>(out.partitions.size() - 1);
    out.Remember(key_, code);
    return code;
  }

  uint32_t RareOf(idx_t at, FileRows& out) {
    key_.assign(tags_.all.Has(at) ? "t" : "u");
    tags_.AppendKey(at, key_);
    key_ += '|';
    AppendSized(clustering_.View(at), key_);
    if (const auto code = out.Recall(key_)) return *code;
    delta::RareTexts rare;
    if (const auto tags = tags_.all.TextMap(at)) rare.tags = FormatRawObject(*tags);
    rare.clustering_provider = clustering_.Text(at);
    out.rares.push_back(std::move(rare));
    const auto code = static_cast<uint32_t>(out.rares.size() - 1);
    out.Remember(key_, code);
    return code;
  }

  ParquetCells path_, size_, modified_;
  MapCells partition_, tags_;
  ParquetCells clustering_, base_row_id_, commit_version_, records_;
  VectorCells vector_;
  std::string key_;
};

}  // namespace

Status ReadAddBatch(const ParquetCells& adds, idx_t count, uint64_t first_row, bool has_stats,
                    FileRows& out) {
  out.stats_in_source = true;
  out.rows.reserve(count);
  AddReader reader(adds);
  for (idx_t at = 0; at < count; at++) {
    if (!adds.Has(at)) continue;
    const size_t before = out.rows.size();
    if (const auto missing = reader.Read(at, out); !missing.empty()) {
      return Corrupt("delta.bad_checkpoint",
                     fmt::format("row {}: an add without {}", first_row + at, missing));
    }
    if (out.rows.size() == before) continue;
    out.rows.back().stats_at = first_row + at;
    out.rows.back().stats_size = has_stats ? 1 : 0;
  }
  return {};
}

}  // namespace lakehold::engine
