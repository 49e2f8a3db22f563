// Reading commits into a replay: in pieces of whole lines, many at a time, while those read before
// are applied in their order. What is not plain is read again by ParseCommit, which alone decides
// what is wrong with a commit.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/commit_block.h"
#include "delta/commit_rules.h"
#include "delta/commit_stats_source.h"
#include "delta/replay.h"

namespace lakehold::delta {
namespace {

// Larger commits are cut into pieces of this size, and their statistics stay where they are. Small
// enough that a piece and what it is parsed into stay in a processor's cache.
constexpr uint64_t kPieceBytes = uint64_t{512} << 10;
// Beyond a piece, to find the end of its last line.
constexpr uint64_t kLineBytes = uint64_t{16} << 10;
// Pieces read at the same time, and the most tasks that do so.
constexpr size_t kWindowPieces = 32;
constexpr uint64_t kWindowBytes = uint64_t{8} << 20;
constexpr size_t kReaders = 8;

struct Piece {
  const CommitFile* commit = nullptr;
  std::shared_ptr<storage::ObjectReader> reader;  // Null: the commit is one piece.
  uint64_t begin = 0, end = 0;
  bool is_first = true, is_last = true;
  // Of a whole commit: its statistics stay in it, their places counted from here on.
  std::optional<uint64_t> stats_begin;

  // What reading it gave.
  Status read;
  bool plain = false;
  std::unique_ptr<CommitBlock> block;
};

ActionFilter FilterOf(const Piece& piece, const Replay& replay, const CommitFile& newest) {
  return {.files = replay.options().files || replay.options().tombstones,
          .state = true,
          .commit = piece.commit->version == newest.version,
          .changes = false};
}

Status CheckSize(const storage::ObjectMeta& meta) {
  if (meta.size_bytes > static_cast<uint64_t>(limits::kLogEntryBytes)) {
    return Unsupported("delta.log_entry_too_large",
                       fmt::format("{} has {} bytes; at most {} are read in one piece", meta.key,
                                   meta.size_bytes, limits::kLogEntryBytes));
  }
  return {};
}

Result<Bytes> ReadWhole(const TableRoot& root, const storage::ObjectMeta& meta) {
  LAKEHOLD_TRY(CheckSize(meta));
  return root.store->Get(meta.key, std::nullopt);
}

// A buffer with padding, used again and again.
class ReadBuffer {
 public:
  // `size` bytes of the object from `from` on.
  Result<std::string_view> Read(storage::ObjectReader& reader, uint64_t from, uint64_t size) {
    Reserve(size);
    LAKEHOLD_TRY(reader.ReadAt(from, std::as_writable_bytes(std::span(bytes_.data(), size))));
    return std::string_view(bytes_.data(), size);
  }
  std::string_view Copy(std::string_view text) {
    Reserve(text.size());
    std::copy(text.begin(), text.end(), bytes_.begin());
    return {bytes_.data(), text.size()};
  }

 private:
  void Reserve(uint64_t size) {
    if (bytes_.size() < size + Bytes::kPadding)
      bytes_ = std::vector<char>(size + size / 4 + Bytes::kPadding);
  }
  std::vector<char> bytes_;
};

// The lines that begin in [begin, end) of the object.
struct Lines {
  std::string_view text;
  uint64_t offset = 0;
};
Result<Lines> ReadLines(storage::ObjectReader& reader, uint64_t begin, uint64_t end,
                        ReadBuffer& buffer) {
  const uint64_t object = reader.meta().size_bytes;
  // The byte before tells whether a line begins here.
  const uint64_t from = begin == 0 ? 0 : begin - 1;
  for (uint64_t beyond = kLineBytes;; beyond *= 8) {
    const uint64_t to = std::min(object, end + beyond);
    LAKEHOLD_ASSIGN(const std::string_view all, buffer.Read(reader, from, to - from));
    const size_t before = begin == 0 ? 0 : all.find('\n');
    if (before == all.npos && to < object) continue;
    const size_t first = begin == 0 ? 0 : std::min(before, all.size() - 1) + 1;
    if (from + first >= end) return Lines{};  // All of it is one line's middle.
    const size_t last = to == object && end >= object ? all.npos : all.find('\n', end - 1 - from);
    if (last == all.npos && to < object) continue;
    return Lines{all.substr(first, last == all.npos ? all.npos : last + 1 - first), from + first};
  }
}

// Cuts commits into pieces, newest commit first, each from its beginning.
class PieceCutter {
 public:
  PieceCutter(const TableRoot& root, const std::vector<CommitFile>& commits, bool may_cut)
      : root_(root), next_(commits.rbegin()), end_(commits.rend()), may_cut_(may_cut) {}

  Result<std::vector<Piece>> Cut() {
    std::vector<Piece> window;
    uint64_t bytes = 0;
    while (next_ != end_ && window.size() < kWindowPieces && bytes < kWindowBytes) {
      const uint64_t size = next_->meta.size_bytes;
      if (!may_cut_ || size <= 2 * kPieceBytes ||
          size > static_cast<uint64_t>(limits::kLogEntryBytes)) {
        window.emplace_back().commit = &*next_++;
        bytes += size;
        continue;
      }
      if (at_ == 0) {
        LAKEHOLD_ASSIGN(reader_, root_.store->OpenReader(next_->meta.key));
      }
      const uint64_t object = reader_->meta().size_bytes;
      Piece& piece = window.emplace_back();
      piece.commit = &*next_;
      piece.reader = reader_;
      piece.begin = at_;
      piece.end = std::min(object, at_ + kPieceBytes);
      piece.is_first = at_ == 0;
      piece.is_last = piece.end == object;
      bytes += piece.end - piece.begin;
      at_ = piece.end;
      if (!piece.is_last) continue;
      ++next_;
      at_ = 0;
      reader_ = nullptr;
    }
    return window;
  }

 private:
  const TableRoot& root_;
  std::vector<CommitFile>::const_reverse_iterator next_, end_;
  bool may_cut_;
  std::shared_ptr<storage::ObjectReader> reader_;
  uint64_t at_ = 0;
};

Result<Lines> LinesOf(const TableRoot& root, const Piece& piece, ReadBuffer& buffer) {
  if (piece.reader) return ReadLines(*piece.reader, piece.begin, piece.end, buffer);
  // Opening is one call too many where every call is a round trip.
  if (!root.store->IsLocal()) {
    LAKEHOLD_ASSIGN(const Bytes bytes, ReadWhole(root, piece.commit->meta));
    return Lines{buffer.Copy(bytes.view()), 0};
  }
  LAKEHOLD_ASSIGN(const auto reader, root.store->OpenReader(piece.commit->meta.key));
  LAKEHOLD_TRY(CheckSize(reader->meta()));
  LAKEHOLD_ASSIGN(const std::string_view text, buffer.Read(*reader, 0, reader->meta().size_bytes));
  return Lines{text, 0};
}

struct PieceReader {
  CommitBlockParser parser;
  ReadBuffer buffer;

  void Read(const TableRoot& root, const std::string& root_uri, const ActionFilter& filter,
            Piece& piece) {
    auto lines = LinesOf(root, piece, buffer);
    if (!lines.ok()) {
      piece.read = std::move(lines).error();
      return;
    }
    CommitBlock& block = *piece.block;
    block.files.stats_in_source = piece.reader != nullptr || piece.stats_begin;
    // No line begins in a piece that is the middle of one.
    const bool is_middle = lines->text.empty() && piece.reader;
    piece.plain =
        is_middle ||
        parser.Parse(lines->text, lines->offset + piece.stats_begin.value_or(0), filter, block);
    if (piece.plain) block.files.Hash(root_uri);
  }
};

class CommitReplay {
 public:
  CommitReplay(const TableRoot& root, const std::vector<CommitFile>& commits, Replay& replay)
      : root_(root),
        root_uri_(root.uri()),
        commits_(commits),
        newest_(commits.back()),
        replay_(replay) {
    for (const CommitFile& commit : commits) unread_bytes_ += commit.meta.size_bytes;
    // Where every read is a round trip, one to a commit is too much.
    if (unread_bytes_ > limits::kInlineStatsLogBytes && replay.options().files &&
        root.store->IsLocal()) {
      small_stats_ = std::make_shared<CommitStatsSource>(root, commits);
    }
  }

  // Reads `coming` while `ready` is applied.
  Status Step(std::vector<Piece>& ready, std::vector<Piece>& coming, Executor& executor) {
    // Blocks go round: fresh memory costs more than parsing into it.
    for (Piece& piece : coming) {
      if (spare_.empty()) spare_.push_back(std::make_unique<CommitBlock>());
      piece.block = std::move(spare_.back());
      spare_.pop_back();
      LeaveStats(piece);
    }
    std::atomic<size_t> next{0};
    Status applied;
    const auto work = [&](size_t reader) {
      if (reader == 0) applied = Apply(ready);
      for (size_t i = next++; i < coming.size(); i = next++) {
        std::optional<PieceReader>& mine = readers_[reader];
        if (!mine) mine.emplace();
        mine->Read(root_, root_uri_, FilterOf(coming[i], replay_, newest_), coming[i]);
      }
    };
    const size_t readers = std::min(kReaders, coming.size() + (ready.empty() ? 0 : 1));
    if (readers <= 1) {
      work(0);
    } else {
      executor.ParallelFor(readers, work);
    }
    return applied;
  }

 private:
  // Newest first, small commits keep their statistics in memory as long as these are few.
  void LeaveStats(Piece& piece) {
    if (!small_stats_ || piece.reader) return;
    const auto index = static_cast<size_t>(piece.commit - commits_.data());
    if (inline_bytes_ > limits::kInlineStatsLogBytes)
      piece.stats_begin = small_stats_->begin_of(index);
    inline_bytes_ += piece.commit->meta.size_bytes;
  }

  Status Apply(std::vector<Piece>& pieces) {
    const bool is_like_the_rest = !small_stats_ || (!pieces.empty() && pieces.front().stats_begin);
    if (is_first_ && is_like_the_rest) {
      is_first_ = false;
      ExpectLike(pieces);
    }
    for (Piece& piece : pieces) {
      LAKEHOLD_TRY(ApplyPiece(piece));
      piece.block->Clear();
      spare_.push_back(std::move(piece.block));
    }
    return {};
  }

  // The commits to come are taken to be like the newest ones, where all these are small.
  void ExpectLike(const std::vector<Piece>& newest) {
    uint64_t files = 0, bytes = 0, path_bytes = 0, stats_bytes = 0;
    for (const Piece& piece : newest) {
      if (piece.reader) return;
      bytes += piece.commit->meta.size_bytes;
      for (const FileRow& row : piece.block->files.rows) {
        files += row.is_remove ? 0 : 1;
        path_bytes += row.path_size;
        stats_bytes += row.stats_size;
      }
    }
    if (newest.size() < kWindowPieces || bytes == 0) return;
    const double more = 1.02 * static_cast<double>(unread_bytes_) / static_cast<double>(bytes);
    const auto of_all = [&](uint64_t known) {
      return static_cast<uint64_t>(static_cast<double>(known) * more);
    };
    replay_.files().Expect(of_all(files), of_all(path_bytes), of_all(stats_bytes));
  }

  Status ApplyPiece(Piece& piece) {
    if (!piece.read.ok()) return std::move(piece.read).error();
    if (piece.is_first) {
      plain_ = true;
      documents_ = 0;
      rules_ = CommitRules();
      replay_.files().BeginSource(piece.reader != nullptr, SourceOf(piece));
    }
    plain_ = plain_ && piece.plain;
    if (plain_) TakeBlock(piece);
    if (!piece.is_last) return {};
    const bool settled = plain_ && documents_ > 0 && !replay_.files().may_repeat();
    return settled ? Status() : ReadSlowly(piece);
  }

  std::shared_ptr<const StatsSource> SourceOf(const Piece& piece) const {
    if (piece.reader) return MakeJsonStatsSource(piece.reader);
    if (piece.stats_begin) return small_stats_;
    return nullptr;
  }

  void TakeBlock(Piece& piece) {
    CommitBlock& block = *piece.block;
    documents_ += block.documents;
    if (piece.is_first && !piece.is_last && block.documents > 0) {
      const size_t pieces = piece.commit->meta.size_bytes / kPieceBytes + 1;
      replay_.files().Expect(block.files.rows.size() * pieces);
    }
    replay_.files().Take(block.files);
    for (Action& action : block.others) {
      if (rules_.Admit(action)) {
        plain_ = false;
        return;
      }
      replay_.Apply(std::move(action));
    }
  }

  // Every action of the commit once more: what was taken of it already is told twice, which changes
  // nothing.
  Status ReadSlowly(const Piece& piece) {
    LAKEHOLD_ASSIGN(const Bytes json, ReadWhole(root_, piece.commit->meta));
    replay_.files().KeepStatsFromNowOn();
    return ParseCommit(
        json, piece.commit->meta.key, FilterOf(piece, replay_, newest_),
        [&](Action&& action) -> Status {
          replay_.Apply(std::move(action));
          return {};
        },
        root_uri_);
  }

  const TableRoot& root_;
  const std::string root_uri_;
  const std::vector<CommitFile>& commits_;
  const CommitFile& newest_;
  Replay& replay_;
  std::shared_ptr<const CommitStatsSource> small_stats_;  // Null: small commits keep theirs.
  uint64_t inline_bytes_ = 0;                             // Of small commits so far.
  uint64_t unread_bytes_ = 0;
  bool is_first_ = true;
  std::array<std::optional<PieceReader>, kReaders> readers_;
  std::vector<std::unique_ptr<CommitBlock>> spare_;
  // Of the commit whose pieces come.
  bool plain_ = true;
  size_t documents_ = 0;
  CommitRules rules_;
};

Status ReplayWithTombstones(const TableRoot& root, const std::vector<CommitFile>& commits,
                            Replay& replay) {
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    const ActionFilter filter{
        .files = true, .state = true, .commit = commit == commits.rbegin(), .changes = false};
    LAKEHOLD_ASSIGN(const Bytes json, ReadWhole(root, commit->meta));
    replay.BeginSource(false);
    LAKEHOLD_TRY(ParseCommit(json, commit->meta.key, filter, [&](Action&& action) -> Status {
      replay.Apply(std::move(action));
      return {};
    }));
  }
  return {};
}

}  // namespace

Status ReplayCommits(const TableRoot& root, const std::vector<CommitFile>& commits,
                     const LogContext& context, Replay& replay) {
  if (commits.empty()) return {};
  if (replay.options().tombstones) return ReplayWithTombstones(root, commits, replay);
  PieceCutter cutter(root, commits, replay.options().files);
  CommitReplay reading(root, commits, replay);
  std::vector<Piece> ready;
  do {
    LAKEHOLD_ASSIGN(std::vector<Piece> coming, cutter.Cut());
    LAKEHOLD_TRY(reading.Step(ready, coming, context.runtime.executor));
    ready = std::move(coming);
  } while (!ready.empty());
  return {};
}

}  // namespace lakehold::delta
