#include "cli/row_output.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/sql_quote.h"
#include "cli/arrow_stream.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/row_count.h"
#include "lakehold/lake.h"
#include "render/arrow_ipc_writer.h"
#include "render/csv_writer.h"
#include "render/json_writer.h"
#include "render/table_text.h"

namespace lakehold::cli {
namespace {

Error Stopped() { return Cancelled("cli.interrupted", "interrupted while rows were written"); }

template <typename Writer>
Status Drain(Result<Writer> writer, ArrowStream& stream, const std::function<bool()>& stopped) {
  if (!writer.ok()) return std::move(writer).error();
  LAKEHOLD_TRY(stream.ForEach([&](const ArrowArray& batch) -> Status {
    if (stopped && stopped()) return Stopped();
    return writer->Write(batch);
  }));
  return writer->Finish();
}

Status PrintTable(ArrowStream& stream, const RowOutput& output, OutputFile& file, const Door& door,
                  const std::function<bool()>& stopped) {
  render::TableTextOptions options;
  options.max_rows = output.max_rows;
  if (!output.null_text.empty()) options.null_text = output.null_text;
  const bool on_terminal = file.descriptor() == STDOUT_FILENO && door.terminal.out;
  options.max_width = on_terminal ? door.terminal.width : 0;
  if (!on_terminal) options.max_cell = 0;
  LAKEHOLD_ASSIGN(auto table, render::TableText::Open(stream.schema(), options));
  LAKEHOLD_TRY(stream.ForEach([&](const ArrowArray& batch) -> Status {
    if (stopped && stopped()) return Stopped();
    table.Add(batch);
    return {};
  }));
  return file.Write(table.Finish(output.total_rows));
}

Status PrintText(ArrowStream& stream, const RowOutput& output, OutputFile& file, Door& door,
                 const std::function<bool()>& stopped) {
  const auto sink = [&](std::string_view text) { return file.Write(text); };
  if (output.format == Format::kTable) return PrintTable(stream, output, file, door, stopped);
  if (output.format == Format::kCsv) {
    render::CsvOptions options;
    options.null_text = output.null_text;
    return Drain(render::CsvWriter::Open(stream.schema(), options, door.executor, sink), stream,
                 stopped);
  }
  const auto layout =
      output.format == Format::kJson ? render::JsonLayout::kArray : render::JsonLayout::kLines;
  return Drain(render::JsonWriter::Open(stream.schema(), layout, door.executor, sink), stream,
               stopped);
}

// A session of its own writes the file: the rows stream into it from theirs.
Status CopyToParquet(Rows& rows, const std::string& path) {
  LAKEHOLD_ASSIGN(auto lake, Lake::Connect(""));
  StreamSource source;
  source.open = [&rows](ArrowArrayStream* out) { return rows.Open(out); };
  LAKEHOLD_TRY(lake.Register("lakehold_rows", std::move(source)));
  const auto copied = lake.Sql(fmt::format(
      "COPY (FROM lakehold_rows) TO {} (FORMAT parquet, COMPRESSION zstd)", QuoteText(path)));
  if (!copied.ok()) return copied.error();
  return lake.Unregister("lakehold_rows");
}

Status CopyBytes(int from, OutputFile& to) {
  std::string buffer(1 << 20, '\0');
  while (true) {
    const ssize_t count = read(from, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("the temporary file", errno);
    if (count == 0) return {};
    LAKEHOLD_TRY(to.Write(std::string_view(buffer).substr(0, static_cast<size_t>(count))));
  }
}

// Bytes would only confuse a terminal.
Status CheckBinary(const OutputFile& file, const Door& door, const char* format) {
  if (file.descriptor() != STDOUT_FILENO || !door.terminal.out) return {};
  return Invalid("cli.binary_on_terminal", fmt::format("{} is no text for a terminal", format),
                 "give -o FILE, or pipe it");
}

Status PrintArrow(ArrowStream& stream, const RowOutput& output, OutputFile& file, const Door& door,
                  const std::function<bool()>& stopped) {
  LAKEHOLD_TRY(CheckBinary(file, door, "Arrow"));
  using Layout = render::ArrowIpcWriter::Layout;
  const Layout layout = IsArrowFileName(output.file) ? Layout::kFile : Layout::kStream;
  const auto sink = [&](std::string_view bytes) { return file.Write(bytes); };
  return Drain(render::ArrowIpcWriter::Open(stream.schema(), layout, sink), stream, stopped);
}

// Parquet ends in a footer with offsets: for a pipe it is made in a file first.
Status PrintParquet(Rows& rows, OutputFile& file, const Door& door) {
  if (!file.staging_path().empty()) {
    char* const path = realpath(file.staging_path().c_str(), nullptr);
    const std::string absolute = path ? path : file.staging_path();
    std::free(path);
    return CopyToParquet(rows, absolute);
  }
  LAKEHOLD_TRY(CheckBinary(file, door, "Parquet"));
  const char* folder = std::getenv("TMPDIR");
  std::string path = fmt::format(
      "{}/lakehold-XXXX"
      "XX",
      folder && *folder ? folder : "/tmp");
  const int descriptor = mkstemp(path.data());
  if (descriptor < 0) return SystemError(path, errno);
  close(descriptor);
  auto status = CopyToParquet(rows, path);
  const int from = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int code = errno;
  unlink(path.c_str());
  if (status.ok()) status = from < 0 ? Status(SystemError(path, code)) : CopyBytes(from, file);
  if (from >= 0) close(from);
  return status;
}

}  // namespace

Result<RowOutput> ChooseRowOutput(const Door& door) {
  RowOutput output;
  output.file = door.output.file;
  output.null_text = door.output.null_text.value_or("");
  LAKEHOLD_ASSIGN(output.format, ChooseFormat(door.output, door.terminal.out, Content::kRows));
  if (door.output.rows) {
    LAKEHOLD_ASSIGN(output.max_rows, ParseRowCount(*door.output.rows));
  }
  return output;
}

namespace {

// The plans that EXPLAIN gives are drawings of many lines: no cells for a table.
bool IsDrawing(const Rows& rows, const RowOutput& output) {
  const auto& columns = rows.columns();
  return output.format == Format::kTable && columns.size() == 2 &&
         columns[0].name == "explain_key" && columns[1].name == "explain_value";
}

Status PrintDrawing(Rows& rows, OutputFile& file) {
  LAKEHOLD_ASSIGN(const auto plans, ReadTexts(rows));
  for (const auto& plan : plans) LAKEHOLD_TRY(file.Write(plan.at(1)));
  return {};
}

}  // namespace

Status TakeOutput(RowOutput* output) {
  const bool to_file = !output->file.empty() && output->file != "-";
  const bool binary = output->format == Format::kParquet || output->format == Format::kArrow;
  if (output->used && (to_file || binary)) {
    return Invalid("cli.second_result",
                   fmt::format("the script has a second result, which would {}",
                               to_file ? "replace the first one in " + output->file
                                       : std::string("follow the first one's last byte")),
                   "write each result by a call of its own");
  }
  output->used = true;
  return {};
}

Status PrintRows(Rows& rows, const RowOutput& output, Door& door,
                 const std::function<bool()>& stopped) {
  LAKEHOLD_ASSIGN(auto file, OutputFile::Open(output.file));
  Progress progress(door, "running");
  if (file.descriptor() == STDOUT_FILENO && door.terminal.out) {
    file.BeforeFirstWrite([&progress] { progress.Stop(); });
  }
  if (IsDrawing(rows, output)) {
    LAKEHOLD_TRY(PrintDrawing(rows, file));
  } else if (output.format == Format::kParquet) {
    LAKEHOLD_TRY(PrintParquet(rows, file, door));
  } else {
    LAKEHOLD_ASSIGN(auto stream, ArrowStream::Open(rows));
    LAKEHOLD_TRY(output.format == Format::kArrow ? PrintArrow(stream, output, file, door, stopped)
                                                 : PrintText(stream, output, file, door, stopped));
  }
  return file.Finish();
}

}  // namespace lakehold::cli
