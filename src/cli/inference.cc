#include "cli/inference.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "base/sql_quote.h"
#include "cli/arrow_stream.h"
#include "render/table_text.h"

namespace lakehold::cli {
namespace {

const std::vector<std::string>& UsualNulls() {
  static const std::vector<std::string> kTexts = {
      "NA", "N/A", "n/a", "NULL", "null", "None", "none", "NaN", "nan", "-", "--", "?", ".", "\\N"};
  return kTexts;
}

Result<std::vector<ColumnDescription>> Describe(Lake& lake, const std::string& reader) {
  LAKEHOLD_ASSIGN(const auto rows, lake.Sql(fmt::format("SELECT * FROM {} LIMIT 0", reader)));
  return rows.columns();
}

std::string SqlTexts(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += (list.empty() ? "" : ", ") + QuoteText(text);
  return list;
}

std::string WithThousands(const std::string& digits) {
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return render::GroupThousands(value);
}

}  // namespace

Status ReadAsTable(Lake& lake, const std::string& table, InputFiles* input) {
  if (!input->is_text()) return {};
  LAKEHOLD_ASSIGN(const auto held, Describe(lake, table));
  LAKEHOLD_ASSIGN(const auto guessed, Describe(lake, input->ReaderSql()));
  LAKEHOLD_TRY(CheckFields(*input, guessed));
  std::vector<ColumnDescription> types;
  for (const auto& column : guessed) {
    const auto same = std::find_if(held.begin(), held.end(), [&](const auto& other) {
      return SameIgnoringCase(other.name, column.name);
    });
    // Lists, structs and maps are read as text and cast.
    const bool scalar = same != held.end() && same->type.find_first_of("[") == std::string::npos &&
                        same->type.rfind("STRUCT", 0) != 0 && same->type.rfind("MAP", 0) != 0;
    if (scalar) types.push_back({column.name, same->type});
  }
  input->SetTypes(std::move(types));
  return {};
}

Status CheckFields(const InputFiles& input, const std::vector<ColumnDescription>& columns) {
  if (!input.is_text() || columns.size() != 1) return {};
  const size_t at = columns[0].name.find_first_of(",;\t|");
  if (at == std::string::npos) return {};
  const char separator = columns[0].name[at];
  const auto ragged = input.FindRaggedLine(separator);
  if (!ragged) return {};
  return Invalid(
      "cli.ragged_lines",
      fmt::format("{}, line {}: {} field{} separated by \"{}\", where the first line has "
                  "{}; the line reads: {}",
                  ragged->file, ragged->line, ragged->fields, ragged->fields == 1 ? "" : "s",
                  separator, ragged->expected, ragged->text),
      "correct the line; quote a field that holds the separator");
}

Result<Inference> InferColumns(Lake& lake, const InputFiles& input) {
  Inference inference;
  LAKEHOLD_ASSIGN(inference.columns, Describe(lake, input.ReaderSql()));
  const auto& columns = inference.columns;
  const bool any_text = std::any_of(columns.begin(), columns.end(),
                                    [](const auto& column) { return column.type == "VARCHAR"; });
  if (!input.is_text() || !any_text) return inference;
  const auto better = Describe(lake, input.ReaderSql(UsualNulls()));
  // A second opinion only: the first reading stands whatever this one says.
  if (!better.ok() || better->size() != columns.size()) return inference;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].type == "VARCHAR" && (*better)[i].type != "VARCHAR") {
      inference.doubts.push_back({columns[i].name, (*better)[i].type});
    }
  }
  return inference;
}

Result<std::vector<std::string>> ExplainDoubts(Lake& lake, const std::string& table,
                                               const std::vector<Doubt>& doubts) {
  std::vector<std::string> lines;
  for (const auto& doubt : doubts) {
    const std::string column = QuoteName(doubt.column);
    auto rows = lake.Sql(fmt::format(
        "SELECT {0}, count(*) FROM {1} WHERE {0} IN ({2}) GROUP BY 1 ORDER BY 2 DESC, 1", column,
        table, SqlTexts(UsualNulls())));
    if (!rows.ok()) return std::move(rows).error();
    LAKEHOLD_ASSIGN(const auto counts, ReadTexts(*rows));
    if (counts.empty()) continue;
    std::string odd;
    std::string flags;
    for (const auto& count : counts) {
      odd += fmt::format("{}{} \"{}\"", odd.empty() ? "" : ", ", WithThousands(count[1]), count[0]);
      flags +=
          " --null " +
          (count[0].find_first_of("?\\/") == std::string::npos ? count[0] : "'" + count[0] + "'");
    }
    lines.push_back(fmt::format("{}: {} made it VARCHAR;{} gives {}", doubt.column, odd, flags,
                                doubt.better_type));
  }
  return lines;
}

Result<std::vector<std::string>> ExplainRounding(Lake& lake, const std::string& table,
                                                 const std::vector<ColumnDescription>& columns) {
  std::vector<std::string> lines;
  for (const auto& column : columns) {
    if (column.type != "DOUBLE") continue;
    const std::string name = QuoteName(column.name);
    // The log knows the bounds; rows are read only where they are beyond every BIGINT.
    auto rows = lake.Sql(fmt::format(
        "SELECT max({0}) >= 9223372036854775807 OR min({0}) < -9223372036854775808 FROM {1}", name,
        table));
    if (!rows.ok()) return std::move(rows).error();
    LAKEHOLD_ASSIGN(const auto beyond, ReadTexts(*rows));
    if (beyond.at(0).at(0) != "true") continue;
    auto fractions =
        lake.Sql(fmt::format("SELECT 1 FROM {1} WHERE {0} <> floor({0}) LIMIT 1", name, table));
    if (!fractions.ok()) return std::move(fractions).error();
    LAKEHOLD_ASSIGN(const auto found, ReadTexts(*fractions));
    if (!found.empty()) continue;
    lines.push_back(fmt::format(
        "{0}: whole numbers beyond BIGINT were read as DOUBLE, which rounds them; exact in a table "
        "made by lakehold create with {0} DECIMAL(38,0), then lakehold append",
        column.name));
  }
  return lines;
}

std::string SelectSql(const InputFiles& input, const std::vector<ColumnDescription>& columns,
                      bool timestamps_are_utc) {
  std::string replaced;
  const auto replace = [&](const ColumnDescription& column, const char* type) {
    replaced += fmt::format("{}CAST({} AS {}) AS {}", replaced.empty() ? "" : ", ",
                            QuoteName(column.name), type, QuoteName(column.name));
  };
  for (const auto& column : columns) {
    const bool naive =
        column.type.rfind("TIMESTAMP", 0) == 0 && column.type.find("ZONE") == std::string::npos;
    if (timestamps_are_utc && naive) {
      replace(column, "TIMESTAMP WITH TIME ZONE");
    } else if (input.is_text() && (column.type == "TIME" || column.type == "INTERVAL")) {
      replace(column, "VARCHAR");
    }
  }
  if (!replaced.empty()) replaced = " REPLACE (" + replaced + ")";
  return fmt::format("SELECT *{} FROM {}", replaced, input.ReaderSql());
}

std::string ColumnsText(const std::vector<ColumnDescription>& columns) {
  std::string text;
  for (const auto& column : columns) {
    const bool as_text =
        column.type == "TIME" || column.type == "INTERVAL" || column.type == "JSON";
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", column.name,
                        as_text ? "VARCHAR" : column.type);
  }
  return text;
}

}  // namespace lakehold::cli
