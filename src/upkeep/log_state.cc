#include "upkeep/log_state.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "delta/schema_json.h"

namespace lakehold::upkeep {
namespace {

delta::Protocol InOrder(delta::Protocol protocol) {
  for (auto* features : {&protocol.reader_features, &protocol.writer_features}) {
    if (*features) std::sort((*features)->begin(), (*features)->end());
  }
  return protocol;
}

void SortMetadata(std::vector<delta::Field>& fields) {
  for (auto& field : fields) {
    std::sort(field.metadata.begin(), field.metadata.end());
    SortMetadata(field.type.fields);
  }
}

// Writers format the JSON anew: neither blanks nor the order of keys tell schemas apart.
bool SameSchema(const std::string& a, const std::string& b) {
  if (a == b) return true;
  auto one = delta::ParseSchema(a);
  auto other = delta::ParseSchema(b);
  if (!one.ok() || !other.ok()) return false;
  SortMetadata(one->fields);
  SortMetadata(other->fields);
  return *one == *other;
}

bool Same(const delta::Metadata& a, const delta::Metadata& b) {
  return a.id == b.id && SameSchema(a.schema_string, b.schema_string) &&
         a.partition_columns == b.partition_columns && a.configuration == b.configuration;
}

void Compare(std::vector<std::string>& sentences, const char* what, int64_t says, int64_t log) {
  if (says != log) sentences.push_back(fmt::format("says {} {}, the log {}", says, what, log));
}

// The bin of a number of deleted rows: none, 1 to 9, 10 to 99, ..., from 10,000,000, and 2^31 - 1
// on.
size_t BinOf(int64_t deleted) {
  if (deleted >= INT32_MAX) return 9;
  size_t bin = 0;
  for (; deleted > 0 && bin < 8; deleted /= 10) ++bin;
  return bin;
}

void CompareHistogram(std::vector<std::string>& sentences,
                      const delta::FileSizeHistogram& histogram, const LiveFiles& files) {
  std::vector<int64_t> counts(histogram.bounds.size()), bytes(histogram.bounds.size());
  files.ForEach([&](int64_t size, int64_t) {
    const auto above = std::upper_bound(histogram.bounds.begin(), histogram.bounds.end(), size);
    if (above == histogram.bounds.begin()) return;
    const auto bin = static_cast<size_t>(above - histogram.bounds.begin() - 1);
    ++counts[bin];
    bytes[bin] += size;
  });
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    if (counts[bin] == histogram.files[bin] && bytes[bin] == histogram.bytes[bin]) continue;
    return sentences.push_back(
        fmt::format("counts {} files of {} bytes among those from {} bytes on, the log {} of {}",
                    histogram.files[bin], histogram.bytes[bin], histogram.bounds[bin], counts[bin],
                    bytes[bin]));
  }
}

// What is another, missing or too much among named things of a list.
template <typename T, typename Name>
void CompareNamed(std::vector<std::string>& sentences, const char* what, const std::vector<T>& list,
                  const std::map<std::string, T>& log, const Name& name_of) {
  std::map<std::string, const T*> told;
  for (const T& one : list) told[name_of(one)] = &one;
  for (const auto& [name, one] : told) {
    const auto known = log.find(name);
    if (known == log.end()) {
      sentences.push_back(
          fmt::format("names the {} \"{}\", of which the log does not know", what, name));
    } else if (known->second != *one) {
      sentences.push_back(
          fmt::format("says something else of the {} \"{}\" than the log", what, name));
    }
  }
  for (const auto& [name, one] : log) {
    if (!told.contains(name))
      sentences.push_back(fmt::format("does not name the {} \"{}\"", what, name));
  }
}

}  // namespace

void LogState::Apply(const delta::Action& action) {
  files_.Apply(action);
  if (const auto* protocol = std::get_if<delta::Protocol>(&action)) protocol_ = *protocol;
  if (const auto* metadata = std::get_if<delta::Metadata>(&action)) metadata_ = *metadata;
  if (const auto* txn = std::get_if<delta::SetTransaction>(&action))
    transactions_[txn->app_id] = *txn;
  if (const auto* domain = std::get_if<delta::DomainMetadata>(&action)) {
    if (domain->removed) {
      domains_.erase(domain->domain);
    } else {
      domains_[domain->domain] = *domain;
    }
  }
  if (const auto* info = std::get_if<delta::CommitInfo>(&action))
    in_commit_ms_ = info->in_commit_timestamp_ms;
}

std::string LogState::DifferenceFrom(const LogState& commits) const {
  std::vector<std::string> found;
  if (const auto files = files_.DifferenceFrom(commits.files_); !files.empty())
    found.push_back(files);
  if (!protocol_) {
    found.emplace_back("holds no protocol");
  } else if (commits.protocol_ && InOrder(*protocol_) != InOrder(*commits.protocol_)) {
    found.emplace_back("holds another protocol");
  }
  if (!metadata_) {
    found.emplace_back("holds no metaData");
  } else if (commits.metadata_ && !Same(*metadata_, *commits.metadata_)) {
    found.emplace_back("holds another metaData");
  }
  for (const auto& [app, txn] : transactions_) {
    const auto known = commits.transactions_.find(app);
    if (known == commits.transactions_.end() || known->second != txn)
      found.push_back(fmt::format("holds another transaction of \"{}\"", app));
  }
  for (const auto& [app, txn] : commits.transactions_) {
    // Only those that tell their age may have been left out for it.
    if (!transactions_.contains(app) && !txn.last_updated_ms)
      found.push_back(fmt::format("lacks the transaction of \"{}\"", app));
  }
  for (const auto& [name, domain] : domains_) {
    const auto known = commits.domains_.find(name);
    if (known == commits.domains_.end() || known->second != domain)
      found.push_back(fmt::format("holds another domain \"{}\"", name));
  }
  for (const auto& [name, domain] : commits.domains_) {
    if (!domains_.contains(name)) found.push_back(fmt::format("lacks the domain \"{}\"", name));
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

std::vector<std::string> LogState::Contradictions(const delta::VersionChecksum& checksum) const {
  std::vector<std::string> found;
  if (checksum.num_files != files_.count() || checksum.table_size_bytes != files_.bytes()) {
    found.push_back(fmt::format("says {} files of {} bytes, the log {} files of {} bytes",
                                checksum.num_files, checksum.table_size_bytes, files_.count(),
                                files_.bytes()));
  }
  if (protocol_ && InOrder(checksum.protocol) != InOrder(*protocol_))
    found.emplace_back("holds another protocol than the log");
  if (metadata_ && !Same(checksum.metadata, *metadata_))
    found.emplace_back("holds another metaData than the log");
  if (checksum.in_commit_timestamp_ms && in_commit_ms_)
    Compare(found, "as in-commit timestamp", *checksum.in_commit_timestamp_ms, *in_commit_ms_);
  if (checksum.transactions) {
    CompareNamed(found, "transaction of", *checksum.transactions, transactions_,
                 [](const delta::SetTransaction& txn) { return txn.app_id; });
  }
  if (checksum.domains) {
    auto domains = *checksum.domains;
    std::erase_if(domains, [](const delta::DomainMetadata& domain) { return domain.removed; });
    CompareNamed(found, "domain", domains, domains_,
                 [](const delta::DomainMetadata& domain) { return domain.domain; });
  }
  int64_t deleted = 0, vectors = 0;
  std::vector<int64_t> bins(10);
  files_.ForEach([&](int64_t, int64_t gone) {
    deleted += gone;
    vectors += gone > 0 ? 1 : 0;
    ++bins[BinOf(gone)];
  });
  if (checksum.deleted_rows) Compare(found, "deleted rows", *checksum.deleted_rows, deleted);
  if (checksum.deletion_vectors)
    Compare(found, "deletion vectors", *checksum.deletion_vectors, vectors);
  if (checksum.file_sizes) CompareHistogram(found, *checksum.file_sizes, files_);
  if (checksum.deleted_rows_histogram && *checksum.deleted_rows_histogram != bins)
    found.emplace_back("counts deleted rows by file otherwise than the log");
  if (checksum.all_files) {
    LiveFiles told;
    for (const auto& add : *checksum.all_files) told.Apply(add);
    if (const auto difference = told.DifferenceFrom(files_); !difference.empty())
      found.push_back("its list of files " + difference);
  }
  return found;
}

}  // namespace lakehold::upkeep
