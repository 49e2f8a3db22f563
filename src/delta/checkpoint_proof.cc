#include "delta/checkpoint_proof.h"

#include <algorithm>

#include <fmt/format.h>

namespace lakehold::delta {
namespace {

bool SameProtocol(Protocol a, Protocol b) {
  for (Protocol* protocol : {&a, &b}) {
    if (protocol->reader_features)
      std::sort(protocol->reader_features->begin(), protocol->reader_features->end());
    if (protocol->writer_features)
      std::sort(protocol->writer_features->begin(), protocol->writer_features->end());
  }
  return a == b;
}

bool SameMetadata(const Metadata& a, const Metadata& b) {
  return a.id == b.id && a.schema_string == b.schema_string &&
         a.partition_columns == b.partition_columns && a.configuration == b.configuration;
}

}  // namespace

Error CheckpointProof::Incomplete(std::string_view what) const {
  return Corrupt("delta.checkpoint_incomplete",
                 fmt::format("{} does not hold version {}: {}", key_, snapshot_.version(), what));
}

Status CheckpointProof::Admit(const Action& action) {
  ++actions_;
  if (const auto* add = std::get_if<AddFile>(&action)) return AdmitFile(*add);
  if (const auto* txn = std::get_if<SetTransaction>(&action)) return AdmitTransaction(*txn);
  if (const auto* domain = std::get_if<DomainMetadata>(&action)) return AdmitDomain(*domain);
  if (std::holds_alternative<RemoveFile>(action)) ++removes_;
  if (const auto* protocol = std::get_if<Protocol>(&action))
    has_protocol_ = SameProtocol(*protocol, snapshot_.protocol());
  if (const auto* metadata = std::get_if<Metadata>(&action))
    has_metadata_ = SameMetadata(*metadata, snapshot_.metadata());
  return {};
}

Status CheckpointProof::AdmitFile(const AddFile& add) {
  const std::string dv = add.deletion_vector ? add.deletion_vector->UniqueId() : "";
  const auto ordinal = snapshot_.files().Find(add.path, dv);
  if (!ordinal || seen_[*ordinal])
    return Incomplete(fmt::format("file {} does not belong or comes twice", add.path));
  seen_[*ordinal] = true;
  ++live_files_;
  live_bytes_ += add.size_bytes;
  return {};
}

Status CheckpointProof::AdmitTransaction(const SetTransaction& txn) {
  const auto known = snapshot_.transactions().find(txn.app_id);
  if (known == snapshot_.transactions().end() || known->second != txn ||
      !apps_.insert(txn.app_id).second) {
    return Incomplete(
        fmt::format("txn of \"{}\" does not belong, is another or comes twice", txn.app_id));
  }
  return {};
}

Status CheckpointProof::AdmitDomain(const DomainMetadata& domain) {
  const auto known = snapshot_.domains().find(domain.domain);
  const bool gone = known == snapshot_.domains().end();
  // Others may keep the word that a domain was removed.
  if (gone && domain.removed) return {};
  if (gone || known->second != domain || !domains_.insert(domain.domain).second) {
    return Incomplete(
        fmt::format("domain \"{}\" does not belong, is another or comes twice", domain.domain));
  }
  return {};
}

Status CheckpointProof::FinishState() const {
  if (!has_protocol_) return Incomplete("no protocol, or another one");
  if (!has_metadata_) return Incomplete("no metaData, or another one");
  for (const auto& [app_id, txn] : snapshot_.transactions()) {
    const bool expired = expired_ms_ && txn.last_updated_ms && *txn.last_updated_ms <= *expired_ms_;
    if (!expired && !apps_.contains(app_id))
      return Incomplete(fmt::format("no txn of \"{}\"", app_id));
  }
  for (const auto& [name, domain] : snapshot_.domains()) {
    if (!domains_.contains(name)) return Incomplete(fmt::format("no domain \"{}\"", name));
  }
  return {};
}

Status CheckpointProof::FinishFiles(int64_t files_elsewhere, int64_t bytes_elsewhere) const {
  const FileTable& files = snapshot_.files();
  const int64_t told = live_files_ + files_elsewhere, bytes = live_bytes_ + bytes_elsewhere;
  if (told == files.live_files() && bytes == files.live_bytes()) return {};
  return Incomplete(fmt::format("{} files of {} bytes where the log has {} of {}", told, bytes,
                                files.live_files(), files.live_bytes()));
}

}  // namespace lakehold::delta
