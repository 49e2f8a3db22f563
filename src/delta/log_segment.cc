#include "delta/log_segment.h"

#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/log_path.h"
#include "delta/path_index.h"

namespace lakehold::delta {
namespace {

constexpr ActionFilter kStateOnly{.files = true, .state = true, .commit = false, .changes = false};

// Takes actions newest commit first; the first word about anything is the one that counts.
class Reconciler {
 public:
  explicit Reconciler(std::string root_uri) : root_uri_(std::move(root_uri)) {}

  void Take(Action&& action) {
    if (auto* add = std::get_if<AddFile>(&action)) {
      if (IsFirstWord(add->path, add->deletion_vector)) segment_.adds.push_back(std::move(*add));
    } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
      if (IsFirstWord(remove->path, remove->deletion_vector))
        segment_.removes.push_back(std::move(*remove));
    } else if (auto* protocol = std::get_if<Protocol>(&action)) {
      if (!segment_.protocol) segment_.protocol = std::move(*protocol);
    } else if (auto* metadata = std::get_if<Metadata>(&action)) {
      if (!segment_.metadata) segment_.metadata = std::move(*metadata);
    } else if (auto* txn = std::get_if<SetTransaction>(&action)) {
      segment_.transactions.try_emplace(txn->app_id, std::move(*txn));
    } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
      segment_.domains.try_emplace(domain->domain, std::move(*domain));
    }
  }

  Status TakeAll(const Bytes& json, std::string_view key) {
    segment_.json_bytes += json.size();
    return ParseCommit(json, key, kStateOnly, [&](Action&& action) -> Status {
      Take(std::move(action));
      return {};
    });
  }

  LogSegment Finish() && { return std::move(segment_); }
  uint64_t json_bytes() const { return segment_.json_bytes; }

 private:
  bool IsFirstWord(std::string_view path, const std::optional<DeletionVectorDescriptor>& vector) {
    return decided_.insert(FileKeyText(path, vector, root_uri_)).second;
  }

  std::string root_uri_;
  LogSegment segment_;
  std::unordered_set<std::string> decided_;
};

}  // namespace

std::string FileKeyText(std::string_view path,
                        const std::optional<DeletionVectorDescriptor>& vector,
                        std::string_view root_uri) {
  std::string scratch;
  std::string key(CanonicalPath(path, root_uri, scratch));
  key += '\0';
  if (vector) key += vector->UniqueId();
  return key;
}

std::string LogSegment::ToJson() const {
  std::string text;
  if (protocol) AppendActionJson(*protocol, text);
  if (metadata) AppendActionJson(*metadata, text);
  for (const auto& [app_id, txn] : transactions) AppendActionJson(txn, text);
  for (const auto& [name, domain] : domains) AppendActionJson(domain, text);
  for (const RemoveFile& remove : removes) AppendActionJson(remove, text);
  for (const AddFile& add : adds) AppendActionJson(add, text);
  return text;
}

int64_t LogSegment::actions() const {
  return static_cast<int64_t>((protocol ? 1 : 0) + (metadata ? 1 : 0) + transactions.size() +
                              domains.size() + removes.size() + adds.size());
}

Result<LogSegment> ReadLogSegment(const TableRoot& root, Version first, Version last) {
  Reconciler reconciler(std::string(root.uri()));
  for (Version version = last; version >= first; --version) {
    const std::string key = root.LogKeyOf(CommitName(version));
    auto json = root.store->Get(key, std::nullopt);
    if (!json.ok() && json.error().kind == ErrorKind::kNotFound) {
      return NotFound("delta.commit_gone",
                      fmt::format("{} is not there, so versions {} to {} cannot be put together",
                                  key, first, last));
    }
    if (!json.ok()) return std::move(json).error();
    if (reconciler.json_bytes() + json->size() > limits::kLogSegmentBytes) {
      return Unsupported("delta.log_range_too_large",
                         fmt::format("{}: the commits {} to {} have more than {} bytes", root.uri(),
                                     first, last, limits::kLogSegmentBytes),
                         "write a checkpoint instead, or ask for fewer versions");
    }
    LAKEHOLD_TRY(reconciler.TakeAll(*json, key));
  }
  return std::move(reconciler).Finish();
}

Result<LogSegment> ParseLogSegment(const TableRoot& root, const Bytes& json, std::string_view key) {
  Reconciler reconciler(std::string(root.uri()));
  LAKEHOLD_TRY(reconciler.TakeAll(json, key));
  return std::move(reconciler).Finish();
}

}  // namespace lakehold::delta
