#include "delta/checksum.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "delta/action_json.h"
#include "delta/in_commit_time.h"
#include "delta/log_path.h"
#include "storage/atomic_file.h"

namespace lakehold::delta {
namespace {

// {"metaData":{...}} without its wrapper.
std::string BodyOf(const Action& action) {
  std::string line;
  AppendActionJson(action, line);
  const size_t begin = line.find(':') + 1, end = line.rfind('}');
  return line.substr(begin, end - begin);
}

template <typename Map>
std::string ListOf(const Map& map) {
  std::string list;
  for (const auto& [key, value] : map) {
    if (!list.empty()) list.push_back(',');
    list += BodyOf(value);
  }
  return list;
}

using simdjson::dom::object;

// Whether the field is absent, null or what `take` takes.
template <typename T, typename Take>
bool Optional(const object& from, std::string_view name, std::optional<T>& out, const Take& take) {
  simdjson::dom::element value;
  if (from[name].get(value) || value.is_null()) return true;
  return take(value, out.emplace());
}

bool ReadNumber(simdjson::dom::element value, int64_t& out) { return !value.get(out); }

bool ReadNumbers(simdjson::dom::element value, std::vector<int64_t>& out) {
  simdjson::dom::array array;
  if (value.get(array)) return false;
  for (const auto entry : array) {
    if (!ReadNumber(entry, out.emplace_back())) return false;
  }
  return true;
}

bool ReadHistogram(simdjson::dom::element value, FileSizeHistogram& out) {
  simdjson::dom::element bounds, files, bytes;
  return !value["sortedBinBoundaries"].get(bounds) && !value["fileCounts"].get(files) &&
         !value["totalBytes"].get(bytes) && ReadNumbers(bounds, out.bounds) &&
         ReadNumbers(files, out.files) && ReadNumbers(bytes, out.bytes) && !out.bounds.empty() &&
         out.files.size() == out.bounds.size() && out.bytes.size() == out.bounds.size();
}

// The actions of a list, each without its wrapper `name`.
template <typename T>
auto ReadActions(std::string_view name) {
  return [name](simdjson::dom::element value, std::vector<T>& out) {
    simdjson::dom::array array;
    if (value.get(array)) return false;
    for (const auto entry : array) {
      const std::string line = fmt::format("{{\"{}\":{}}}\n", name, simdjson::minify(entry));
      const auto parsed =
          ParseCommit(Bytes::CopyOf(line), "crc", {}, [&](Action&& action) -> Status {
            if (auto* one = std::get_if<T>(&action)) out.push_back(std::move(*one));
            return {};
          });
      if (!parsed.ok()) return false;
    }
    return true;
  };
}

bool ReadOptionalFields(const object& from, VersionChecksum& checksum) {
  const auto deleted_histogram = [](simdjson::dom::element value, std::vector<int64_t>& out) {
    simdjson::dom::element counts;
    return !value["deletedRecordCounts"].get(counts) && ReadNumbers(counts, out);
  };
  // The protocol's name, and the one that is found in tables.
  return Optional(from, "fileSizeHistogram", checksum.file_sizes, ReadHistogram) &&
         (checksum.file_sizes ||
          Optional(from, "histogramOpt", checksum.file_sizes, ReadHistogram)) &&
         Optional(from, "setTransactions", checksum.transactions,
                  ReadActions<SetTransaction>("txn")) &&
         Optional(from, "domainMetadata", checksum.domains,
                  ReadActions<DomainMetadata>("domainMetadata")) &&
         Optional(from, "numDeletedRecordsOpt", checksum.deleted_rows, ReadNumber) &&
         Optional(from, "numDeletionVectorsOpt", checksum.deletion_vectors, ReadNumber) &&
         Optional(from, "deletedRecordCountsHistogramOpt", checksum.deleted_rows_histogram,
                  deleted_histogram) &&
         Optional(from, "allFiles", checksum.all_files, ReadActions<AddFile>("add"));
}

}  // namespace

std::optional<VersionChecksum> ParseChecksum(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  VersionChecksum checksum;
  simdjson::dom::element metadata, protocol;
  int64_t one_metadata = 0, one_protocol = 0;
  if (object["tableSizeBytes"].get(checksum.table_size_bytes) ||
      object["numFiles"].get(checksum.num_files) || object["numMetadata"].get(one_metadata) ||
      object["numProtocol"].get(one_protocol) || object["metadata"].get(metadata) ||
      object["protocol"].get(protocol) || one_metadata != 1 || one_protocol != 1) {
    return std::nullopt;
  }
  std::string_view txn_id;
  if (object["txnId"].get(txn_id) == simdjson::SUCCESS) checksum.txn_id = std::string(txn_id);
  int64_t time_ms = 0;
  if (object["inCommitTimestampOpt"].get(time_ms) == simdjson::SUCCESS)
    checksum.in_commit_timestamp_ms = time_ms;
  const std::string lines = fmt::format("{{\"metaData\":{}}}\n{{\"protocol\":{}}}\n",
                                        simdjson::minify(metadata), simdjson::minify(protocol));
  int found = 0;
  const Status parsed =
      ParseCommit(Bytes::CopyOf(lines), "crc", {}, [&](Action&& action) -> Status {
        if (auto* value = std::get_if<Metadata>(&action)) {
          checksum.metadata = std::move(*value);
          ++found;
        } else if (auto* value = std::get_if<Protocol>(&action)) {
          checksum.protocol = std::move(*value);
          ++found;
        }
        return {};
      });
  if (!parsed.ok() || found != 2 || !ReadOptionalFields(object, checksum)) return std::nullopt;
  return checksum;
}

std::string FormatChecksum(const Snapshot& snapshot, std::string_view txn_id) {
  std::string json = "{";
  if (!txn_id.empty()) {
    json += "\"txnId\":";
    AppendJsonString(txn_id, json);
    json += ",";
  }
  json += fmt::format("\"tableSizeBytes\":{},\"numFiles\":{},\"numMetadata\":1,\"numProtocol\":1",
                      snapshot.files().live_bytes(), snapshot.files().live_files());
  if (HasInCommitTime(snapshot.metadata()))
    json += fmt::format(",\"inCommitTimestampOpt\":{}", snapshot.timestamp_ms());
  json += fmt::format(
      ",\"setTransactions\":[{}],\"domainMetadata\":[{}],\"metadata\":{},\"protocol\":{}}}",
      ListOf(snapshot.transactions()), ListOf(snapshot.domains()), BodyOf(snapshot.metadata()),
      BodyOf(snapshot.protocol()));
  return json;
}

Status WriteChecksum(const Snapshot& snapshot, std::string_view txn_id) {
  if (snapshot.commit_identity().empty()) {
    return Invalid("delta.uncommitted_snapshot", "an uncommitted snapshot has no checksum");
  }
  const TableRoot& root = snapshot.root();
  auto put = storage::PutIfAbsent(*root.store, root.LogKeyOf(ChecksumName(snapshot.version())),
                                  AsBytes(FormatChecksum(snapshot, txn_id)));
  if (!put.ok() && put.error().kind != ErrorKind::kAlreadyExists) return put.error();
  return {};
}

}  // namespace lakehold::delta
