#include "mutation/naive_log.h"

#include <algorithm>
#include <vector>

#include <simdjson.h>

#include "delta/action_json.h"
#include "delta/log_path.h"
#include "delta/partition_value.h"
#include "delta/schema_json.h"

namespace lakehold::mutation {
namespace {

using delta::LogFile;
using delta::LogFileKind;
using delta::Version;
using simdjson::dom::element;
using simdjson::dom::object;

// Thrown by the plain reader; caught where a way ends.
struct Unreadable {};

std::string TextOf(element value) {
  std::string_view text;
  if (value.get(text)) throw Unreadable();
  return std::string(text);
}
int64_t NumberOf(element value) {
  int64_t number = 0;
  if (value.get(number)) throw Unreadable();
  return number;
}
// The member, unless absent or null; as told last.
std::optional<element> Member(object from, std::string_view name) {
  std::optional<element> last;
  for (const auto& [key, value] : from) {
    if (key == name) last = value.is_null() ? std::nullopt : std::optional(value);
  }
  return last;
}
std::string NeededText(object from, std::string_view name) {
  const auto value = Member(from, name);
  if (!value) throw Unreadable();
  return TextOf(*value);
}
std::optional<std::string> MaybeText(object from, std::string_view name) {
  const auto value = Member(from, name);
  return value ? std::optional(TextOf(*value)) : std::nullopt;
}
std::optional<int64_t> MaybeNumber(object from, std::string_view name) {
  const auto value = Member(from, name);
  return value ? std::optional(NumberOf(*value)) : std::nullopt;
}
object ObjectOf(element value) {
  object inner;
  if (value.get(inner)) throw Unreadable();
  return inner;
}
// A scalar as the text of a string map.
std::string Loose(element value) {
  return value.is_string() ? TextOf(value) : std::string(simdjson::minify(value));
}
std::vector<std::string> ListOf(element value) {
  std::vector<std::string> list;
  simdjson::dom::array array;
  if (value.get(array)) throw Unreadable();
  for (const element entry : array) list.push_back(TextOf(entry));
  return list;
}

int32_t Narrow(int64_t number) {
  if (number != static_cast<int32_t>(number)) throw Unreadable();
  return static_cast<int32_t>(number);
}

std::optional<delta::DeletionVectorDescriptor> VectorOf(object body) {
  const auto vector = Member(body, "deletionVector");
  if (!vector) return std::nullopt;
  const object inner = ObjectOf(*vector);
  delta::DeletionVectorDescriptor dv;
  dv.storage_type = NeededText(inner, "storageType");
  dv.path_or_inline = NeededText(inner, "pathOrInlineDv");
  if (const auto offset = MaybeNumber(inner, "offset")) dv.offset = Narrow(*offset);
  const auto size = MaybeNumber(inner, "sizeInBytes"),
             cardinality = MaybeNumber(inner, "cardinality");
  if (!size || !cardinality) throw Unreadable();
  dv.size_bytes = Narrow(*size);
  dv.cardinality = *cardinality;
  return dv;
}

delta::AddFile AddOf(object body) {
  delta::AddFile add;
  add.path = NeededText(body, "path");
  const auto size = MaybeNumber(body, "size");
  if (!size) throw Unreadable();
  add.size_bytes = *size;
  add.modified_ms = MaybeNumber(body, "modificationTime").value_or(0);
  if (const auto values = Member(body, "partitionValues")) {
    for (const auto& [name, value] : ObjectOf(*values)) {
      std::erase_if(add.partition_values, [&](const auto& entry) { return entry.first == name; });
      add.partition_values.emplace_back(
          std::string(name), value.is_null() ? std::nullopt : std::optional(Loose(value)));
    }
  }
  if (const auto stats = Member(body, "stats")) add.stats = Loose(*stats);
  if (const auto tags = Member(body, "tags")) add.tags = std::string(simdjson::minify(*tags));
  add.deletion_vector = VectorOf(body);
  add.base_row_id = MaybeNumber(body, "baseRowId");
  add.default_row_commit_version = MaybeNumber(body, "defaultRowCommitVersion");
  add.clustering_provider = MaybeText(body, "clusteringProvider");
  return add;
}

std::map<std::string, std::string> MapOf(element value) {
  std::map<std::string, std::string> map;
  for (const auto& [name, text] : ObjectOf(value))
    map[std::string(name)] = text.is_null() ? "" : Loose(text);
  return map;
}

delta::Metadata MetadataOf(object body) {
  delta::Metadata metadata;
  metadata.id = MaybeText(body, "id").value_or("");
  metadata.name = MaybeText(body, "name");
  metadata.description = MaybeText(body, "description");
  metadata.schema_string = MaybeText(body, "schemaString").value_or("");
  metadata.created_ms = MaybeNumber(body, "createdTime");
  if (const auto columns = Member(body, "partitionColumns"))
    metadata.partition_columns = ListOf(*columns);
  if (const auto map = Member(body, "configuration")) metadata.configuration = MapOf(*map);
  if (const auto format = Member(body, "format")) {
    const object inner = ObjectOf(*format);
    metadata.format_provider = MaybeText(inner, "provider").value_or("parquet");
    if (const auto options = Member(inner, "options")) metadata.format_options = MapOf(*options);
  }
  return metadata;
}

delta::Protocol ProtocolOf(object body) {
  delta::Protocol protocol;
  const auto reader = MaybeNumber(body, "minReaderVersion");
  const auto writer = MaybeNumber(body, "minWriterVersion");
  if (!reader || !writer) throw Unreadable();
  protocol.min_reader_version = Narrow(*reader);
  protocol.min_writer_version = Narrow(*writer);
  if (const auto list = Member(body, "readerFeatures")) protocol.reader_features = ListOf(*list);
  if (const auto list = Member(body, "writerFeatures")) protocol.writer_features = ListOf(*list);
  return protocol;
}

std::string Line(const delta::Action& action) {
  std::string line;
  delta::AppendActionJson(action, line);
  return line;
}

std::string FileText(delta::AddFile add) {
  add.data_change = false;  // Of the commit, not of the state.
  std::sort(add.partition_values.begin(), add.partition_values.end());
  std::string tags;
  simdjson::dom::parser parser;
  element value;
  if (add.tags && !parser.parse(*add.tags).get(value)) tags = simdjson::minify(value);
  add.tags.reset();
  return Line(add) + tags;
}

// One name for one file, however it is spelled.
std::string KeyOf(const std::string& path,
                  const std::optional<delta::DeletionVectorDescriptor>& dv) {
  const auto key = delta::DecodeLogPath(path, "");
  return (key.ok() ? *key : path) + "\n" + (dv ? dv->UniqueId() : "");
}

struct State {
  std::optional<delta::Protocol> protocol;
  std::optional<delta::Metadata> metadata;
  std::map<std::string, std::string> apps, domains;  // A removed domain is "".
  std::map<std::string, delta::AddFile> files;
  bool in_checkpoint = false;
  delta::PartitionValues typed;  // Of files that are gone too: a reader may type before it knows.
  std::set<std::string> said;    // By the file being read.
  bool says_twice = false;       // One commit tells one thing at most once.
  bool shares_lines = false;     // Every action has a line of its own.
  bool has_no_size = false;      // A file's size is a number of bytes.

  void Say(std::string what) {
    if (!said.insert(std::move(what)).second) says_twice = true;
  }

  void Apply(std::string_view name, object body) {
    if (name == "add") {
      delta::AddFile add = AddOf(body);
      has_no_size |= add.size_bytes < 0;
      const std::string key = KeyOf(add.path, add.deletion_vector);
      Say("file " + key);
      typed.insert(typed.end(), add.partition_values.begin(), add.partition_values.end());
      files[key] = std::move(add);
    } else if (name == "remove") {
      delta::AddFile gone;
      gone.path = NeededText(body, "path");
      gone.deletion_vector = VectorOf(body);
      for (const char* number :
           {"deletionTimestamp", "size", "baseRowId", "defaultRowCommitVersion"})
        MaybeNumber(body, number);
      const std::string key = KeyOf(gone.path, gone.deletion_vector);
      Say("file " + key);
      // Those of a checkpoint are tombstones: its rows have no order, so they hide none of them.
      if (!in_checkpoint) files.erase(key);
    } else if (name == "metaData") {
      Say("metaData");
      metadata = MetadataOf(body);
    } else if (name == "protocol") {
      Say("protocol");
      protocol = ProtocolOf(body);
    } else if (name == "txn") {
      delta::SetTransaction txn{NeededText(body, "appId"), 0, MaybeNumber(body, "lastUpdated")};
      const auto version = MaybeNumber(body, "version");
      if (!version) throw Unreadable();
      txn.version = *version;
      Say("txn " + txn.app_id);
      apps[txn.app_id] = Line(txn);
    } else if (name == "domainMetadata") {
      delta::DomainMetadata domain{NeededText(body, "domain"),
                                   MaybeText(body, "configuration").value_or("")};
      if (const auto removed = Member(body, "removed")) {
        if (removed->get(domain.removed)) throw Unreadable();
      }
      Say("domain " + domain.domain);
      domains[domain.domain] = domain.removed ? "" : Line(domain);
    }
  }

  bool MayBeRefused() const {
    if (says_twice || shares_lines || has_no_size) return true;
    const auto schema = delta::ParseSchema(metadata->schema_string);
    if (!schema.ok()) return true;
    for (const auto& [key, add] : files) {
      if (!delta::DecodeLogPath(add.path, "").ok()) return true;
    }
    for (const auto& column : metadata->partition_columns) {
      const auto field = schema->FindField(column);
      if (!field) return true;
      for (const auto& [name, value] : typed) {
        if (name == schema->fields[*field].physical_name() &&
            !delta::ParsePartitionValue(value, schema->fields[*field].type).ok())
          return true;
      }
    }
    return false;
  }

  std::string Text() const {
    std::vector<std::string> lines;
    for (const auto& [key, add] : files) lines.push_back(FileText(add));
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    for (const auto& [app, line] : apps) text += line;
    for (const auto& [domain, line] : domains) text += line;
    return text + Line(*metadata) + Line(*protocol);
  }
};

// What the sidecar rows of a manifest name.
using Sidecars = std::vector<std::string>;

void ApplyText(const std::string& json, State& state, Sidecars* sidecars) {
  simdjson::dom::parser parser;
  simdjson::dom::document_stream documents;
  const simdjson::padded_string padded(json);
  if (parser.parse_many(padded, std::max<size_t>(json.size(), 32) + 32).get(documents))
    throw Unreadable();
  int count = 0;
  state.said.clear();
  size_t end = 0;
  for (auto at = documents.begin(); at != documents.end(); ++at) {
    object row;
    if ((*at).get(row)) throw Unreadable();
    const size_t begin = at.current_index();
    const auto between = std::string_view(json).substr(end, begin - end);
    if (count > 0 && between.find('\n') == std::string_view::npos) state.shares_lines = true;
    end = begin + at.source().size();
    ++count;
    for (const auto& [name, value] : row) {
      if (value.is_null()) continue;
      static const std::set<std::string_view> kKnown = {"add",        "remove", "metaData",
                                                        "protocol",   "txn",    "domainMetadata",
                                                        "commitInfo", "cdc",    "sidecar"};
      if (!kKnown.contains(name)) continue;
      const object body = ObjectOf(value);
      if (name == "sidecar" && sidecars != nullptr) sidecars->push_back(NeededText(body, "path"));
      state.Apply(name, body);
    }
  }
  if (count == 0 || documents.truncated_bytes() != 0) throw Unreadable();
}

using Compacted = std::vector<std::pair<LogFile, std::string>>;

// All names of a log, sorted out.
struct Names {
  std::map<Version, std::string> commits;
  std::map<Version, std::vector<std::vector<std::string>>> checkpoints;  // Complete ones.
  Compacted compacted;
};

Names Sort(const LogFiles& files) {
  Names names;
  std::map<std::pair<Version, uint32_t>, std::vector<std::string>> sets;
  for (const auto& [name, text] : files) {
    const auto file = delta::ParseLogFileName(name);
    if (!file) continue;
    if (file->kind == LogFileKind::kCommit) names.commits[file->version] = name;
    if (file->kind == LogFileKind::kClassicCheckpoint || file->kind == LogFileKind::kUuidCheckpoint)
      names.checkpoints[file->version].push_back({name});
    if (file->kind == LogFileKind::kMultiPartCheckpoint) {
      auto& set = sets[{file->version, file->parts}];
      set.push_back(name);
      if (set.size() == file->parts) names.checkpoints[file->version].push_back(set);
    }
    if (file->kind == LogFileKind::kCompacted) names.compacted.emplace_back(*file, name);
  }
  return names;
}

class Walk {
 public:
  Walk(const LogFiles& files, HonestAnswers& answers)
      : files_(files), names_(Sort(files)), answers_(answers) {}

  Version newest() const {
    const Version commit = names_.commits.empty() ? -1 : names_.commits.rbegin()->first;
    return std::max(commit, names_.checkpoints.empty() ? -1 : names_.checkpoints.rbegin()->first);
  }

  void Run() {
    From(-1, {});
    for (const auto& [version, sets] : names_.checkpoints) {
      if (version > answers_.version) break;
      for (const auto& set : sets) From(version, set);
    }
  }

 private:
  void From(Version base, const std::vector<std::string>& checkpoint) {
    for (Version version = base + 1; version <= answers_.version; ++version) {
      if (!names_.commits.contains(version)) return;
    }
    Compacted usable;
    for (const auto& [file, name] : names_.compacted) {
      if (file.from_version > base && file.version <= answers_.version &&
          file.from_version < file.version)
        usable.emplace_back(file, name);
    }
    for (size_t chosen = 0; chosen < size_t{1} << usable.size(); ++chosen) {
      Compacted some;
      for (size_t i = 0; i < usable.size(); ++i) {
        if ((chosen >> i & 1) != 0) some.push_back(usable[i]);
      }
      Take(base, checkpoint, some);
    }
  }

  const std::string& ContentOf(const std::string& name) const {
    const auto found = files_.find(name);
    if (found == files_.end()) throw Unreadable();
    return found->second;
  }

  // Of compaction files that overlap, the first takes its place.
  void Take(Version base, const std::vector<std::string>& checkpoint,
            const Compacted& compacted) try {
    State state;
    Sidecars sidecars;
    state.in_checkpoint = true;
    for (const auto& part : checkpoint) ApplyText(ContentOf(part), state, &sidecars);
    for (const auto& sidecar : sidecars) {
      ApplyText(ContentOf("_sidecars/" + sidecar), state, nullptr);
    }
    state.in_checkpoint = false;
    for (Version version = base + 1; version <= answers_.version; ++version) {
      const auto here = std::find_if(compacted.begin(), compacted.end(), [&](const auto& entry) {
        return entry.first.from_version == version;
      });
      if (here != compacted.end()) {
        ApplyText(ContentOf(here->second), state, nullptr);
        version = here->first.version;
      } else {
        ApplyText(ContentOf(names_.commits.at(version)), state, nullptr);
      }
    }
    if (!state.protocol || !state.metadata) return;
    answers_.states.insert(state.Text());
    answers_.must_answer = answers_.must_answer || (compacted.empty() && !state.MayBeRefused());
  } catch (const Unreadable&) {
  }

  const LogFiles& files_;
  const Names names_;
  HonestAnswers& answers_;
};

}  // namespace

HonestAnswers ReadHonestly(const LogFiles& files, std::optional<Version> at) {
  HonestAnswers answers;
  Walk walk(files, answers);
  answers.version = at.value_or(walk.newest());
  if (answers.version >= 0 && answers.version <= walk.newest()) walk.Run();
  return answers;
}

std::string StateText(const delta::Snapshot& snapshot) {
  State state;
  const auto& table = snapshot.files();
  for (const auto ordinal : table.LiveOrdinals()) {
    delta::AddFile add = table.ToAction(ordinal);
    const auto stats = table.StatsJson(ordinal);
    if (!stats.ok()) add.stats = stats.error().ToString();
    if (stats.ok() && !stats->empty()) add.stats = *stats;
    const std::string key = KeyOf(add.path, add.deletion_vector);
    if (!state.files.emplace(key, std::move(add)).second) return "one file twice: " + key;
  }
  for (const auto& [app, txn] : snapshot.transactions()) state.apps[app] = Line(txn);
  for (const auto& [name, domain] : snapshot.domains()) state.domains[name] = Line(domain);
  state.metadata = snapshot.metadata();
  state.protocol = snapshot.protocol();
  return state.Text();
}

}  // namespace lakehold::mutation
