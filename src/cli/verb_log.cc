// lakehold schema|log|files|status TABLE: what the log tells, without the SQL engine.
#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/format.h"
#include "cli/record_table.h"
#include "cli/report_text.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

using Kind = RecordTable::Kind;
using Cell = RecordTable::Cell;

struct Flags {
  std::string table;
  std::string at;
  size_t limit = SIZE_MAX;
};

std::shared_ptr<Flags> AddVerb(CLI::App& verb, Door& door,
                               Result<int> (*run)(const Flags&, Door&)) {
  auto flags = std::make_shared<Flags>();
  verb.add_option("TABLE", flags->table, "path of the table")->required();
  AddAtOption(verb, flags->at);
  AddOutputOptions(verb, door);
  verb.callback(
      [flags, &door, run] { door.run = [flags, &door, run] { return run(*flags, door); }; });
  return flags;
}

std::string Flag(bool value) { return value ? "true" : "false"; }

Result<int> RunSchema(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto table, OpenTableAt(flags.table, flags.at, door));
  LAKEHOLD_ASSIGN(const auto outline, table.Outline());
  RecordTable records(
      {{"column"}, {"type"}, {"nullable", Kind::kBoolean}, {"partition", Kind::kBoolean}});
  for (const auto& column : outline.columns) {
    records.Add({column.name, column.type, Flag(column.nullable), Flag(column.partition)});
  }
  LAKEHOLD_TRY(records.Print(door));
  return 0;
}

std::string MetricsLine(const HistoryEntry& entry) {
  std::string line;
  for (const auto& [key, value] : entry.metrics) {
    std::string text = value;
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    const bool rows = key == "numOutputRows";
    if (!rows && key != "numFiles") continue;
    int64_t count = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), count).ptr;
    if (end != text.data() + text.size()) continue;
    const std::string words = Count(count, rows ? "row" : "file");
    line = line.empty() ? words : rows ? words + ", " + line : line + ", " + words;
  }
  return line;
}

Result<int> RunLog(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto table, OpenTableAt(flags.table, flags.at, door));
  LAKEHOLD_ASSIGN(const auto history, table.History(flags.limit));
  RecordTable records({{"version", Kind::kNumber},
                       {"timestamp"},
                       {"operation"},
                       {"parameters", Kind::kJson, false},
                       {"metrics", Kind::kJson, false},
                       {"engine"},
                       {"txn_id", Kind::kText, false}});
  RecordTable people(
      {{"version", Kind::kNumber}, {"timestamp"}, {"operation"}, {"wrote"}, {"engine"}});
  for (const auto& entry : history) {
    const std::string time = FormatTimeMs(entry.timestamp_ms);
    records.Add({std::to_string(entry.version), time, entry.operation,
                 JsonObject(entry.parameters, true), JsonObject(entry.metrics, true), entry.engine,
                 entry.txn_id.empty() ? Cell() : Cell(entry.txn_id)});
    people.Add(
        {std::to_string(entry.version), time, entry.operation, MetricsLine(entry), entry.engine});
  }
  LAKEHOLD_ASSIGN(const auto format,
                  ChooseFormat(door.output, door.terminal.out, Content::kReport));
  LAKEHOLD_TRY((format == Format::kTable ? people : records).Print(door));
  return 0;
}

Result<int> RunFiles(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto table, OpenTableAt(flags.table, flags.at, door));
  LAKEHOLD_ASSIGN(const auto files, table.Files());
  RecordTable records({{"path"},
                       {"uri", Kind::kText, false},
                       {"size_bytes", Kind::kBytes},
                       {"rows", Kind::kNumber},
                       {"deleted_rows", Kind::kNumber},
                       {"modified"},
                       {"partition_values", Kind::kJson, false},
                       {"stats", Kind::kJson, false}});
  for (const auto& file : files) {
    std::string partition = "{";
    for (const auto& [key, value] : file.partition_values) {
      if (partition.size() > 1) partition += ',';
      const std::string pair = JsonObject({{key, value.value_or("")}}, false);
      partition +=
          value ? pair.substr(1, pair.size() - 2) : pair.substr(1, pair.size() - 4) + "null";
    }
    records.Add({file.path, file.uri, std::to_string(file.size_bytes),
                 file.rows ? Cell(std::to_string(*file.rows)) : Cell(),
                 std::to_string(file.deleted_rows), FormatTimeMs(file.modified_ms), partition + "}",
                 file.stats.empty() ? Cell() : Cell(file.stats)});
  }
  LAKEHOLD_TRY(records.Print(door));
  return 0;
}

std::string Features(const TableStatus& status) {
  std::string text =
      fmt::format("reader {}, writer {}", status.min_reader_version, status.min_writer_version);
  if (!status.reader_features.empty()) {
    text += fmt::format("; readers need {}", fmt::join(status.reader_features, ", "));
  }
  if (!status.writer_features.empty()) {
    text += fmt::format("; writers need {}", fmt::join(status.writer_features, ", "));
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> Lines(const TableStatus& status) {
  std::vector<std::pair<std::string, std::string>> lines = {
      {"location", status.location},
      {"id", status.id},
      {"version", std::to_string(status.version)},
      {"written", FormatTimeMs(status.timestamp_ms)},
      {"rows", status.rows ? Count(*status.rows, "row") : "the log does not tell"},
      {"files", Count(status.files, "file") + ", " + FormatBytes(status.bytes)},
      {"columns", std::to_string(status.columns.size())},
      {"protocol", Features(status)},
      {"checkpoint", status.last_checkpoint ? std::to_string(*status.last_checkpoint) : "none"}};
  if (!status.background_failure.empty())
    lines.emplace_back("failed behind a commit", status.background_failure);
  if (!status.partition_columns.empty()) {
    lines.emplace_back("partitioned by",
                       fmt::format("{}", fmt::join(status.partition_columns, ", ")));
  }
  if (status.files_with_vectors > 0) {
    lines.emplace_back("deletion vectors", Count(status.files_with_vectors, "file"));
  }
  for (const auto& [key, value] : status.properties) lines.emplace_back(key, value);
  if (!status.unreadable.empty()) lines.emplace_back("cannot be read", status.unreadable);
  if (!status.unwritable.empty()) lines.emplace_back("cannot be written", status.unwritable);
  return lines;
}

std::string JsonList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const auto& text : texts) {
    const std::string pair = JsonObject({{"", text}}, false);  // {"":"text"}
    list += (list.size() > 1 ? "," : "") + pair.substr(4, pair.size() - 5);
  }
  return list + "]";
}

RecordTable StatusRecord(const TableStatus& status) {
  RecordTable record({{"location"},
                      {"id"},
                      {"version", Kind::kNumber},
                      {"timestamp"},
                      {"rows", Kind::kNumber},
                      {"files", Kind::kNumber},
                      {"bytes", Kind::kNumber},
                      {"files_with_vectors", Kind::kNumber},
                      {"partition_columns", Kind::kJson},
                      {"properties", Kind::kJson},
                      {"min_reader_version", Kind::kNumber},
                      {"min_writer_version", Kind::kNumber},
                      {"reader_features", Kind::kJson},
                      {"writer_features", Kind::kJson},
                      {"last_checkpoint", Kind::kNumber},
                      {"unreadable"},
                      {"unwritable"}});
  const auto number = [](int64_t value) { return Cell(std::to_string(value)); };
  const auto reason = [](const std::string& text) { return text.empty() ? Cell() : Cell(text); };
  const auto maybe = [&](const std::optional<int64_t>& v) { return v ? number(*v) : Cell(); };
  record.Add({status.location, status.id, number(status.version), FormatTimeMs(status.timestamp_ms),
              maybe(status.rows), number(status.files), number(status.bytes),
              number(status.files_with_vectors), JsonList(status.partition_columns),
              JsonObject({status.properties.begin(), status.properties.end()}, false),
              number(status.min_reader_version), number(status.min_writer_version),
              JsonList(status.reader_features), JsonList(status.writer_features),
              maybe(status.last_checkpoint), reason(status.unreadable), reason(status.unwritable)});
  return record;
}

Result<int> RunStatus(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto table, OpenTableAt(flags.table, flags.at, door));
  LAKEHOLD_ASSIGN(const auto status, table.Describe());
  LAKEHOLD_ASSIGN(const auto format,
                  ChooseFormat(door.output, door.terminal.out, Content::kReport));
  if (format != Format::kTable) {
    LAKEHOLD_TRY(StatusRecord(status).Print(door));
    return 0;
  }
  RecordTable people({{table.name()}, {""}});
  for (const auto& [key, value] : Lines(status)) people.Add({key, value});
  LAKEHOLD_TRY(people.Print(door));
  return 0;
}

}  // namespace

void AddSchema(CLI::App& app, Door& door) {
  AddVerb(*app.add_subcommand("schema", "the columns of a table"), door, RunSchema);
}

void AddLog(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("log", "the versions of a table, newest first");
  verb->alias("history");
  const auto flags = AddVerb(*verb, door, RunLog);
  verb->add_option("-n", flags->limit, "at most so many");
}

void AddFiles(CLI::App& app, Door& door) {
  AddVerb(*app.add_subcommand("files", "the data files of a table"), door, RunFiles);
}

void AddStatus(CLI::App& app, Door& door) {
  AddVerb(*app.add_subcommand("status", "a table as a whole"), door, RunStatus);
}

}  // namespace lakehold::cli
