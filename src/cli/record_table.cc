#include "cli/record_table.h"

#include <charconv>

#include "cli/format.h"
#include "cli/output_file.h"
#include "cli/report_text.h"
#include "render/table_text.h"
#include "render/text_escape.h"
#include "render/text_grid.h"

namespace lakehold::cli {
namespace {

using Kind = RecordTable::Kind;

std::string ForPeople(Kind kind, const std::string& text) {
  if (kind != Kind::kNumber && kind != Kind::kBytes) return text;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return text;
  return kind == Kind::kBytes ? FormatBytes(value) : render::GroupThousands(value);
}

void AppendJsonCell(Kind kind, const RecordTable::Cell& cell, std::string* out) {
  if (!cell) {
    *out += "null";
  } else if (kind == Kind::kText) {
    render::AppendJsonText(*cell, out);
  } else {
    *out += *cell;
  }
}

}  // namespace

std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& pairs, bool raw) {
  std::string object = "{";
  for (const auto& [key, value] : pairs) {
    if (object.size() > 1) object += ',';
    render::AppendJsonText(key, &object);
    object += ':';
    if (raw && !value.empty()) {
      object += value;
    } else {
      render::AppendJsonText(value, &object);
    }
  }
  return object + "}";
}

std::string RecordTable::ToTable(size_t width) const {
  std::vector<render::GridColumn> shown;
  for (const auto& column : columns_) {
    const bool right = column.kind == Kind::kNumber || column.kind == Kind::kBytes;
    if (column.for_people) shown.push_back({column.name, right});
  }
  render::TextGrid grid(std::move(shown));
  for (const auto& row : rows_) {
    std::vector<std::string> cells;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].for_people) cells.push_back(ForPeople(columns_[i].kind, row[i].value_or("")));
    }
    grid.AddRow(cells);
  }
  return grid.Format(width);
}

std::string RecordTable::ToCsv() const {
  std::string csv;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) csv += ',';
    render::AppendCsvText(columns_[i].name, ',', "", &csv);
  }
  csv += '\n';
  for (const auto& row : rows_) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) csv += ',';
      if (row[i]) render::AppendCsvText(*row[i], ',', "", &csv);
    }
    csv += '\n';
  }
  return csv;
}

std::string RecordTable::ToJson(bool lines) const {
  std::string json = lines ? "" : "[\n";
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      json += i == 0 ? "{" : ",";
      render::AppendJsonText(columns_[i].name, &json);
      json += ':';
      AppendJsonCell(columns_[i].kind, rows_[r][i], &json);
    }
    json += lines || r + 1 == rows_.size() ? "}\n" : "},\n";
  }
  return lines ? json : json + "]\n";
}

Status RecordTable::Print(Door& door) const {
  const OutputFlags& flags = door.output;
  LAKEHOLD_ASSIGN(const Format format, ChooseFormat(flags, door.terminal.out, Content::kReport));
  if (format == Format::kParquet || format == Format::kArrow) {
    return Unsupported("cli.report_format", "reports are not written as Parquet or Arrow",
                       "use table, json, ndjson or csv");
  }
  LAKEHOLD_ASSIGN(auto file, OutputFile::Open(flags.file));
  const bool to_terminal = door.terminal.out && (flags.file.empty() || flags.file == "-");
  if (format == Format::kTable) {
    LAKEHOLD_TRY(file.Write(ToTable(to_terminal ? door.terminal.width : 0)));
  } else if (format == Format::kCsv) {
    LAKEHOLD_TRY(file.Write(ToCsv()));
  } else {
    LAKEHOLD_TRY(file.Write(ToJson(format == Format::kNdjson)));
  }
  return file.Finish();
}

}  // namespace lakehold::cli
