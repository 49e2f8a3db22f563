#include "cli/inference.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

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
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", column.name, column.type);
  }
  return text;
}

}  // namespace lakehold::cli
