#include "delta/checkpoint_reader.h"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <simdjson.h>

#include "delta/action_json.h"
#include "delta/partition_value.h"

namespace lakehold::delta {
namespace {

// The sidecar rows of a JSON manifest; ParseCommit reads the others.
Status ReadJsonSidecars(const Bytes& manifest, std::string_view key,
                        std::vector<Sidecar>& sidecars) {
  const auto bad = [&](std::string_view cause) {
    return Corrupt("delta.bad_checkpoint", fmt::format("{}: {}", key, cause))
        .With("file", std::string(key));
  };
  simdjson::dom::parser parser;
  simdjson::dom::document_stream rows;
  if (auto error =
          parser.parse_many(manifest.data(), manifest.size(), manifest.size() + 32).get(rows)) {
    return bad(simdjson::error_message(error));
  }
  for (auto row : rows) {
    simdjson::dom::object fields;
    if (auto error = row["sidecar"].get(fields)) {
      if (error == simdjson::NO_SUCH_FIELD) continue;
      return bad(simdjson::error_message(error));
    }
    std::string_view path;
    int64_t size = 0, modified = 0;
    if (fields["path"].get(path) != simdjson::SUCCESS) return bad("a sidecar has no path");
    if (fields["sizeInBytes"].get(size) != simdjson::SUCCESS) size = 0;
    if (fields["modificationTime"].get(modified) != simdjson::SUCCESS) modified = 0;
    sidecars.push_back({std::string(path), static_cast<uint64_t>(size), modified});
  }
  return {};
}

Result<std::string> SidecarKey(const TableRoot& root, const Sidecar& sidecar) {
  LAKEHOLD_ASSIGN(std::string path, DecodeLogPath(sidecar.path, root.uri()));
  const bool relative =
      sidecar.path.find(':') == std::string::npos && !sidecar.path.starts_with('/');
  return relative ? root.LogKeyOf("_sidecars/" + path) : root.KeyOf(path);
}

Result<std::shared_ptr<CheckpointCodec>> CodecOf(const LogContext& context, std::string_view key) {
  if (context.checkpoint_codec) return context.checkpoint_codec;
  return Unsupported("delta.no_checkpoint_codec",
                     fmt::format("{}: this build cannot read Parquet checkpoints", key));
}

Status ReadPart(const TableRoot& root, const LogFile& part, const CheckpointColumns& columns,
                const LogContext& context, const CheckpointVisitor& visit,
                std::vector<Sidecar>& sidecars) {
  if (!part.key.ends_with(".json")) {
    LAKEHOLD_ASSIGN(const auto codec, CodecOf(context, part.key));
    return codec->Read(root, part.key, columns, visit);
  }
  LAKEHOLD_ASSIGN(const Bytes json, root.store->Get(part.key, std::nullopt));
  LAKEHOLD_TRY(ReadJsonSidecars(json, part.key, sidecars));
  const ActionFilter filter{
      .files = columns.files, .state = columns.state, .commit = false, .changes = false};
  Status parsed = ParseCommit(json, part.key, filter, visit.action);
  if (!parsed.ok() && parsed.error().kind == ErrorKind::kCorrupt) {
    return Corrupt("delta.bad_checkpoint", parsed.error().message);
  }
  return parsed;
}

}  // namespace

Status ReadCheckpoint(const TableRoot& root, const std::vector<LogFile>& parts,
                      const CheckpointColumns& columns, const LogContext& context,
                      const std::function<Status(Action&&)>& visit) {
  std::vector<Sidecar> sidecars;
  CheckpointVisitor visitor{visit, [&](Sidecar&& sidecar) -> Status {
                              sidecars.push_back(std::move(sidecar));
                              return {};
                            }};
  for (const LogFile& part : parts)
    LAKEHOLD_TRY(ReadPart(root, part, columns, context, visitor, sidecars));
  if (!columns.files) return {};
  CheckpointColumns file_columns = columns;
  file_columns.state = false;
  visitor.sidecar = [](Sidecar&& sidecar) -> Status {
    return Corrupt("delta.bad_checkpoint",
                   fmt::format("sidecar {} is named by a sidecar", sidecar.path));
  };
  for (const Sidecar& sidecar : sidecars) {
    LAKEHOLD_ASSIGN(const std::string key, SidecarKey(root, sidecar));
    LAKEHOLD_ASSIGN(const auto codec, CodecOf(context, key));
    LAKEHOLD_TRY(codec->Read(root, key, file_columns, visitor));
  }
  return {};
}

}  // namespace lakehold::delta
