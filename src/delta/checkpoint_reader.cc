#include "delta/checkpoint_reader.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "delta/action_json.h"
#include "delta/checkpoint_turns.h"
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
    if (int64_t version = 0; !row["checkpointMetadata"]["version"].get(version))
      LAKEHOLD_TRY(CheckCheckpointVersion(key, version));
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

// The rows of one file of a checkpoint.
struct FileToRead {
  std::string key;
  CheckpointColumns columns;
};

Status ReadFile(const TableRoot& root, const FileToRead& file, const LogContext& context,
                const CheckpointVisitor& visit, const BatchVisitor& batches = nullptr) {
  if (!file.key.ends_with(".json")) {
    LAKEHOLD_ASSIGN(const auto codec, CodecOf(context, file.key));
    auto* const batching = dynamic_cast<BatchCheckpointCodec*>(codec.get());
    return batches && batching ? batching->ReadBatches(root, file.key, file.columns, visit, batches)
                               : codec->Read(root, file.key, file.columns, visit);
  }
  LAKEHOLD_ASSIGN(const Bytes json, root.store->Get(file.key, std::nullopt));
  std::vector<Sidecar> sidecars;
  LAKEHOLD_TRY(ReadJsonSidecars(json, file.key, sidecars));
  for (Sidecar& sidecar : sidecars) LAKEHOLD_TRY(visit.sidecar(std::move(sidecar)));
  const ActionFilter filter{
      .files = file.columns.files, .state = file.columns.state, .commit = false, .changes = false};
  Status parsed = ParseCommit(json, file.key, filter, visit.action);
  if (!parsed.ok() && parsed.error().kind == ErrorKind::kCorrupt) {
    return Corrupt("delta.bad_checkpoint", parsed.error().message);
  }
  return parsed;
}

// Files read at the same time: each may hold a hundred thousand rows.
constexpr size_t kFilesAtOnce = 4;

class CheckpointFiles {
 public:
  CheckpointFiles(const TableRoot& root, const LogContext& context, const CheckpointSink& sink)
      : root_(root), context_(context), sink_(sink) {}

  Status Read(std::span<const FileToRead> files, const std::function<Status(Sidecar&&)>& sidecar) {
    if (!sink_.files) {
      for (const FileToRead& file : files)
        LAKEHOLD_TRY(ReadFile(root_, file, context_, {sink_.action, sidecar}));
      return {};
    }
    if (files.size() == 1) return ReadOne(files.front(), sidecar);
    for (size_t first = 0; first < files.size(); first += kFilesAtOnce)
      LAKEHOLD_TRY(
          ReadSome(files.subspan(first, std::min(kFilesAtOnce, files.size() - first)), sidecar));
    return {};
  }

 private:
  Status ReadOne(const FileToRead& file, const std::function<Status(Sidecar&&)>& sidecar) {
    return ReadFile(root_, file, context_, {sink_.action, sidecar},
                    [&](FileRows&& rows) { return sink_.files(file.key, std::move(rows)); });
  }

  Status ReadSome(std::span<const FileToRead> files,
                  const std::function<Status(Sidecar&&)>& sidecar) {
    CheckpointTurns turns(
        files.size(),
        {[&](size_t, Action&& action) { return sink_.action(std::move(action)); },
         [&](size_t, Sidecar&& found) { return sidecar(std::move(found)); },
         [&](size_t i, FileRows&& rows) { return sink_.files(files[i].key, std::move(rows)); }});
    std::vector<Status> outcomes(files.size());
    context_.runtime.executor.ParallelFor(files.size(), [&](size_t i) {
      outcomes[i] = ReadFile(root_, files[i], context_, turns.VisitorOf(i), turns.FilesOf(i));
      if (outcomes[i].ok()) outcomes[i] = turns.End(i);
    });
    for (Status& one : outcomes) LAKEHOLD_TRY(std::move(one));
    return {};
  }

  const TableRoot& root_;
  const LogContext& context_;
  const CheckpointSink& sink_;
};

}  // namespace

Status CheckCheckpointVersion(std::string_view key, Version version) {
  const auto file = ParseLogFileName(key.substr(key.rfind('/') + 1));
  if (!file || file->version == version) return {};
  return Corrupt("delta.bad_checkpoint",
                 fmt::format("{}: it says that it is of version {}", key, version))
      .With("file", std::string(key));
}

Status ReadCheckpoint(const TableRoot& root, const std::vector<LogFile>& parts,
                      const CheckpointColumns& columns, const LogContext& context,
                      const CheckpointSink& sink) {
  std::vector<FileToRead> files, beside;
  for (const LogFile& part : parts) files.push_back({part.key, columns});
  CheckpointColumns file_columns = columns;
  file_columns.state = false;
  CheckpointFiles reading(root, context, sink);
  LAKEHOLD_TRY(reading.Read(files, [&](Sidecar&& sidecar) -> Status {
    LAKEHOLD_ASSIGN(std::string key, SidecarKey(root, sidecar));
    if (sink.sidecar) LAKEHOLD_TRY(sink.sidecar(key, sidecar));
    beside.push_back({std::move(key), file_columns});
    return {};
  }));
  if (!columns.files) return {};
  return reading.Read(beside, [](Sidecar&& sidecar) -> Status {
    return Corrupt("delta.bad_checkpoint",
                   fmt::format("sidecar {} is named by a sidecar", sidecar.path));
  });
}

}  // namespace lakehold::delta
