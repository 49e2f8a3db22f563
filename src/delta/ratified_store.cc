#include "delta/ratified_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "delta/log_path.h"

namespace lakehold::delta {
namespace {

using storage::ObjectMeta;

constexpr std::string_view kStagedFolder = "_delta_log/_staged_commits/";

std::string KeyOfCommit(Version version) {
  return fmt::format("{}/{}", kLogFolder, CommitName(version));
}

// The version of a log file by its key; nothing for all else.
std::optional<LogFile> LogFileOf(std::string_view key) {
  const std::string folder = fmt::format("{}/", kLogFolder);
  if (!key.starts_with(folder)) return std::nullopt;
  return ParseLogFileName(key.substr(folder.size()));
}

Error ReadOnly() {
  return Unsupported("delta.catalog_managed",
                     "the table is managed by its catalog: commits go through the catalog, and "
                     "this handle only reads",
                     "write through the catalog's own tools");
}

// The bytes of a commit that was handed in.
class InlineReader final : public storage::ObjectReader {
 public:
  InlineReader(ObjectMeta meta, std::string json)
      : meta_(std::move(meta)), json_(std::move(json)) {}
  const ObjectMeta& meta() const override { return meta_; }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    if (offset > json_.size() || into.size() > json_.size() - offset)
      return IoError("storage.short_read", fmt::format("{} ends earlier", meta_.key));
    const auto bytes = std::as_bytes(std::span(json_)).subspan(offset, into.size());
    std::copy(bytes.begin(), bytes.end(), into.begin());
    return {};
  }

 private:
  ObjectMeta meta_;
  std::string json_;
};

// A reader under the name the commit will have.
class RenamedReader final : public storage::ObjectReader {
 public:
  RenamedReader(std::unique_ptr<storage::ObjectReader> inner, std::string key)
      : inner_(std::move(inner)), meta_(inner_->meta()) {
    meta_.key = std::move(key);
  }
  const ObjectMeta& meta() const override { return meta_; }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    return inner_->ReadAt(offset, into);
  }

 private:
  std::unique_ptr<storage::ObjectReader> inner_;
  ObjectMeta meta_;
};

class ListedObjects final : public storage::ObjectLister {
 public:
  explicit ListedObjects(std::vector<ObjectMeta> objects) : objects_(std::move(objects)) {}
  Result<std::optional<ObjectMeta>> Next() override {
    if (next_ == objects_.size()) return std::optional<ObjectMeta>();
    return std::optional(objects_[next_++]);
  }

 private:
  std::vector<ObjectMeta> objects_;
  size_t next_ = 0;
};

}  // namespace

// Named, unlike what is around it: the engine's library has a copy of this code, and a cast finds a
// class of the other copy by its name.
class RatifiedStore final : public storage::ObjectStore {
 public:
  RatifiedStore(std::shared_ptr<storage::ObjectStore> inner, RatifiedCommits commits,
                uint64_t number)
      : inner_(std::move(inner)), number_(number), last_(commits.version) {
    for (auto& commit : commits.staged) staged_.emplace(commit.version, std::move(commit));
  }

  uint64_t number() const { return number_; }

  Result<ObjectMeta> Head(std::string_view key) override {
    const auto* commit = StagedAt(key);
    if (commit == nullptr) return IsBeyond(key) ? NotThere(key) : inner_->Head(key);
    if (commit->file.empty()) return InlineMeta(*commit);
    auto meta = inner_->Head(FileOf(*commit));
    // Published meanwhile, and tidied up.
    if (IsNotFound(meta)) return inner_->Head(key);
    if (meta.ok()) meta->key = key;
    return meta;
  }

  Result<Bytes> Get(std::string_view key, std::optional<storage::ByteRange> range) override {
    const auto* commit = StagedAt(key);
    if (commit == nullptr)
      return IsBeyond(key) ? Result<Bytes>(NotThere(key)) : inner_->Get(key, range);
    if (commit->file.empty()) {
      std::string_view text = commit->json;
      if (range && (range->offset > text.size() || range->length > text.size() - range->offset))
        return Invalid("storage.bad_range", fmt::format("{} ends earlier", key));
      if (range) text = text.substr(range->offset, range->length);
      return Bytes::CopyOf(text);
    }
    auto bytes = inner_->Get(FileOf(*commit), range);
    return IsNotFound(bytes) ? inner_->Get(key, range) : std::move(bytes);
  }

  Result<std::unique_ptr<storage::ObjectReader>> OpenReader(std::string_view key) override {
    using Reader = std::unique_ptr<storage::ObjectReader>;
    const auto* commit = StagedAt(key);
    if (commit == nullptr)
      return IsBeyond(key) ? Result<Reader>(NotThere(key)) : inner_->OpenReader(key);
    if (commit->file.empty())
      return Reader(std::make_unique<InlineReader>(InlineMeta(*commit), commit->json));
    auto reader = inner_->OpenReader(FileOf(*commit));
    if (IsNotFound(reader)) return inner_->OpenReader(key);
    if (!reader.ok()) return reader;
    return Reader(std::make_unique<RenamedReader>(std::move(reader).value(), std::string(key)));
  }

  Result<std::unique_ptr<storage::ObjectLister>> List(std::string_view prefix,
                                                      std::string_view start_after) override {
    LAKEHOLD_ASSIGN(auto lister, inner_->List(prefix, start_after));
    std::map<std::string, ObjectMeta> objects;  // Keys are listed in the order of bytes.
    while (true) {
      LAKEHOLD_ASSIGN(auto meta, lister->Next());
      if (!meta) break;
      if (!IsBeyond(meta->key)) objects.insert_or_assign(meta->key, *meta);
    }
    for (const auto& [version, commit] : staged_) {
      const std::string key = KeyOfCommit(version);
      if (!key.starts_with(prefix) || (!start_after.empty() && key <= start_after)) continue;
      LAKEHOLD_ASSIGN(auto meta, Head(key));
      objects.insert_or_assign(key, std::move(meta));
    }
    std::vector<ObjectMeta> listed;
    for (auto& [key, meta] : objects) listed.push_back(std::move(meta));
    return std::unique_ptr<storage::ObjectLister>(
        std::make_unique<ListedObjects>(std::move(listed)));
  }

  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    return inner_->ListFolders(folder);
  }

  Result<std::unique_ptr<storage::ObjectSink>> OpenSink(std::string_view) override {
    return ReadOnly();
  }
  Status SettleBytes(std::span<storage::Staged* const>) override { return ReadOnly(); }
  Result<ObjectMeta> Publish(storage::Staged&, std::string_view) override { return ReadOnly(); }
  Status SettleNames(std::span<const std::string>) override { return ReadOnly(); }
  Status PutHint(std::string_view, std::span<const std::byte>) override { return ReadOnly(); }
  Status Delete(std::string_view) override { return ReadOnly(); }
  Status MoveFolder(std::string_view, std::string_view) override { return ReadOnly(); }

  bool IsLocal() const override { return inner_->IsLocal(); }
  std::string_view uri() const override { return inner_->uri(); }

 private:
  template <typename T>
  static bool IsNotFound(const Result<T>& result) {
    return !result.ok() && result.error().kind == ErrorKind::kNotFound;
  }

  const StagedCommit* StagedAt(std::string_view key) const {
    const auto file = LogFileOf(key);
    if (!file || file->kind != LogFileKind::kCommit) return nullptr;
    const auto found = staged_.find(file->version);
    return found == staged_.end() ? nullptr : &found->second;
  }
  bool IsBeyond(std::string_view key) const {
    const auto file = LogFileOf(key);
    return file && file->version > last_;
  }
  static Error NotThere(std::string_view key) {
    return NotFound("storage.not_found",
                    fmt::format("{} is beyond what the catalog ratified", key));
  }
  static std::string FileOf(const StagedCommit& commit) {
    return std::string(kStagedFolder) + commit.file;
  }
  ObjectMeta InlineMeta(const StagedCommit& commit) const {
    return {KeyOfCommit(commit.version), commit.json.size(), 0,
            fmt::format("ratified {} {}", number_, commit.version)};
  }

  std::shared_ptr<storage::ObjectStore> inner_;
  uint64_t number_;
  Version last_;
  std::map<Version, StagedCommit> staged_;
};

namespace {

Error BadRatified(std::string message) {
  return Invalid("delta.bad_ratified", std::move(message),
                 "hand in what the catalog said: its newest version, and each commit it holds");
}

Status CheckCommits(const RatifiedCommits& commits) {
  if (commits.version < 0)
    return BadRatified(
        fmt::format("{} is no version a catalog can have ratified", commits.version));
  std::map<Version, int> seen;
  for (const StagedCommit& commit : commits.staged) {
    if (commit.version < 0 || commit.version > commits.version) {
      return BadRatified(
          fmt::format("a commit of version {} was handed in, but the catalog "
                      "ratified version {}",
                      commit.version, commits.version));
    }
    if (++seen[commit.version] > 1)
      return BadRatified(fmt::format("two commits of version {} were handed in", commit.version));
    if (commit.file.empty() == commit.json.empty()) {
      return BadRatified(
          fmt::format("the commit of version {} needs either a file or its text", commit.version));
    }
    const std::string start = fmt::format("{:020}.", commit.version);
    if (!commit.file.empty() &&
        (!commit.file.starts_with(start) || !commit.file.ends_with(".json") ||
         commit.file.find('/') != std::string::npos)) {
      return BadRatified(
          fmt::format("\"{}\" is no staged commit of version {}: those are named "
                      "{}<uuid>.json",
                      commit.file, commit.version, start));
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<storage::ObjectStore>> OpenRatified(
    std::shared_ptr<storage::ObjectStore> table, RatifiedCommits commits, uint64_t number) {
  LAKEHOLD_TRY(CheckCommits(commits));
  const Version last = commits.version;
  std::vector<std::pair<std::string, std::string>> wanted = {{KeyOfCommit(last), ""}};
  for (const StagedCommit& commit : commits.staged)
    wanted.emplace_back(KeyOfCommit(commit.version), std::string(kStagedFolder) + commit.file);
  auto store = std::make_shared<RatifiedStore>(std::move(table), std::move(commits), number);
  for (const auto& [key, file] : wanted) {
    const auto meta = store->Head(key);
    if (meta.ok()) continue;
    if (meta.error().kind != ErrorKind::kNotFound) return meta.error();
    return Corrupt(
        "delta.gap",
        fmt::format("{}: the catalog ratified version {}, but {} is missing{}", store->uri(), last,
                    key, file.empty() ? " and no commit was handed in" : ", and so is " + file),
        "ask the catalog again: it may have newer commits to hand in");
  }
  return std::shared_ptr<storage::ObjectStore>(std::move(store));
}

uint64_t RatifiedNumber(const storage::ObjectStore& store) {
  const auto* ratified = dynamic_cast<const RatifiedStore*>(&store);
  return ratified == nullptr ? 0 : ratified->number();
}

}  // namespace lakehold::delta
