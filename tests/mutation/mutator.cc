#include "mutation/mutator.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "delta/log_path.h"

namespace lakehold::mutation {
namespace {

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

bool IsHint(const std::string& name) {
  if (name == delta::kLastCheckpointName) return true;
  const auto file = delta::ParseLogFileName(name);
  if (name.starts_with("_sidecars/")) return false;
  return !file || file->kind == delta::LogFileKind::kChecksum;
}

}  // namespace

const std::string& Mutator::AnyName(const LogFiles& files) {
  return std::next(files.begin(), static_cast<long>(Below(files.size())))->first;
}

std::string Mutator::AnyCommit(const LogFiles& files) {
  std::vector<std::string> commits;
  for (const auto& [name, text] : files) {
    const auto file = delta::ParseLogFileName(name);
    if (file && file->kind == delta::LogFileKind::kCommit) commits.push_back(name);
  }
  return commits.empty() ? AnyName(files) : commits[Below(commits.size())];
}

void Mutator::Touch(Mutation& mutation, const std::string& name, const std::string& what) {
  mutation.names.insert(name);
  mutation.what += (mutation.what.empty() ? "" : "; ") + name + " " + what;
}

void Mutator::Drop(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  files.erase(name);
  Touch(mutation, name, "dropped");
}

void Mutator::Truncate(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  std::string& text = files[name];
  if (text.empty()) return;
  text.resize(Below(text.size()));
  Touch(mutation, name, fmt::format("cut to {} bytes", text.size()));
}

void Mutator::FlipBit(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  std::string& text = files[name];
  if (text.empty()) return;
  const size_t at = Below(text.size());
  text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
  Touch(mutation, name, fmt::format("bit of byte {} flipped", at));
}

void Mutator::ReplaceByte(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  std::string& text = files[name];
  if (text.empty()) return;
  constexpr std::string_view kLikely = "0123456789-.eE+\"\\{}[]:,% /ntf\n\r\t\0\x1f\xff";
  const size_t at = Below(text.size());
  const char byte = kLikely[Below(kLikely.size())];
  if (text[at] == byte) return;
  text[at] = byte;
  Touch(mutation, name, fmt::format("byte {} made {:#04x}", at, static_cast<uint8_t>(byte)));
}

void Mutator::InsertByte(LogFiles& files, Mutation& mutation) {
  constexpr std::string_view kLikely = "0123456789-.e\"\\{}[]:,% /n\n\0";
  const std::string name = AnyName(files);
  std::string& text = files[name];
  const size_t at = Below(text.size() + 1);
  text.insert(text.begin() + static_cast<long>(at), kLikely[Below(kLikely.size())]);
  Touch(mutation, name, fmt::format("byte inserted at {}", at));
}

void Mutator::EraseBytes(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  std::string& text = files[name];
  if (text.empty()) return;
  const size_t at = Below(text.size()), count = 1 + Below(64);
  text.erase(at, count);
  Touch(mutation, name, fmt::format("{} bytes gone at {}", count, at));
}

// What a power cut leaves of a file whose size was settled and whose bytes were not.
void Mutator::ZeroTail(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  std::string& text = files[name];
  if (text.empty()) return;
  const size_t at = Below(text.size());
  std::fill(text.begin() + static_cast<long>(at), text.end(), '\0');
  Touch(mutation, name, fmt::format("zeros from byte {} on", at));
}

void Mutator::DuplicateLine(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  auto lines = LinesOf(files[name]);
  if (lines.empty()) return;
  std::string line = lines[Below(lines.size())];
  if (!line.ends_with('\n')) line += '\n';
  if (!lines.back().ends_with('\n')) lines.back() += '\n';
  lines.insert(lines.begin() + static_cast<long>(Below(lines.size() + 1)), line);
  files[name] = Join(lines);
  Touch(mutation, name, "an action twice");
}

void Mutator::MoveLine(LogFiles& files, Mutation& mutation) {
  const std::string from = AnyName(files), to = AnyCommit(files);
  auto lines = LinesOf(files[from]);
  if (lines.empty()) return;
  const size_t at = Below(lines.size());
  std::string line = lines[at];
  if (!line.ends_with('\n')) line += '\n';
  if (Below(2) == 0) {
    lines.erase(lines.begin() + static_cast<long>(at));
    files[from] = Join(lines);
    Touch(mutation, from, "an action moved away");
  }
  std::string& other = files[to];
  if (!other.empty() && !other.ends_with('\n')) other += '\n';
  other = Below(2) == 0 ? other + line : line + other;
  Touch(mutation, to, "an action of " + from + " put here");
}

void Mutator::DropLine(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  auto lines = LinesOf(files[name]);
  if (lines.empty()) return;
  lines.erase(lines.begin() + static_cast<long>(Below(lines.size())));
  files[name] = Join(lines);
  Touch(mutation, name, "an action dropped");
}

void Mutator::SwapFiles(LogFiles& files, Mutation& mutation) {
  const std::string one = AnyCommit(files),
                    other = Below(4) == 0 ? AnyName(files) : AnyCommit(files);
  if (one == other || files[one] == files[other]) return;
  // The rows of a checkpoint have no order: which of two that contradict each other counts, in two
  // parts of it, nobody says.
  if (other.starts_with("_sidecars/") || other.find(".checkpoint.0") != std::string::npos) return;
  std::swap(files[one], files[other]);
  Touch(mutation, one, "swapped with the next");
  Touch(mutation, other, "swapped with the one before");
}

void Mutator::RepeatCommit(LogFiles& files, Mutation& mutation) {
  delta::Version newest = -1;
  for (const auto& [name, text] : files) {
    const auto file = delta::ParseLogFileName(name);
    if (file) newest = std::max(newest, file->version);
  }
  const std::string from = AnyCommit(files);
  const std::string name = delta::CommitName(newest + 1 + static_cast<delta::Version>(Below(2)));
  files[name] = files[from];
  Touch(mutation, name, "is " + from + " once more");
  mutation.names.insert(delta::CommitName(newest + 1));
}

// Swaps two ids or two physical names of the schema, or two names.
void Mutator::SwapFieldNames(LogFiles& files, Mutation& mutation) {
  constexpr std::string_view kKeys[] = {
      "\\\"delta.columnMapping.id\\\":", "\\\"delta.columnMapping.physicalName\\\":",
      "\\\"name\\\":", "\\\"type\\\":"};
  const std::string_view key = kKeys[Below(std::size(kKeys))];
  std::vector<std::string> with;
  for (const auto& [name, text] : files) {
    if (text.find(key) != text.rfind(key)) with.push_back(name);
  }
  if (with.empty()) return;
  const std::string name = with[Below(with.size())];
  std::string& text = files[name];
  std::vector<size_t> places;
  for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1))
    places.push_back(at + key.size());
  const size_t first = Below(places.size() - 1),
               second = first + 1 + Below(places.size() - first - 1);
  const auto value = [&](size_t at) { return text.substr(at, text.find_first_of(",}", at) - at); };
  const std::string a = value(places[first]), b = value(places[second]);
  if (a == b) return;
  text.replace(places[second], b.size(), a);
  text.replace(places[first], a.size(), b);
  Touch(mutation, name, fmt::format("{} and {} swapped", a, b));
}

void Mutator::ChangeNumber(LogFiles& files, Mutation& mutation) {
  const std::string name = AnyName(files);
  std::string& text = files[name];
  std::vector<size_t> digits;
  for (size_t i = 1; i < text.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) != 0 && text[i - 1] == ':')
      digits.push_back(i);
  }
  if (digits.empty()) return;
  const size_t at = digits[Below(digits.size())];
  size_t end = at;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
  constexpr const char* kNumbers[] = {"0",
                                      "-1",
                                      "2147483648",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "1e3",
                                      "1.5",
                                      "01",
                                      "null",
                                      "true",
                                      "\"7\""};
  const char* number = kNumbers[Below(std::size(kNumbers))];
  text.replace(at, end - at, number);
  Touch(mutation, name, fmt::format("number at {} made {}", at, number));
}

void Mutator::SpoilHint(LogFiles& files, Mutation& mutation) {
  const std::string name(delta::kLastCheckpointName);
  const std::string hints[] = {
      "",
      "{",
      "[]",
      "null",
      "{\"version\":-1,\"size\":1}",
      fmt::format("{{\"version\":{},\"size\":{}}}", Below(20), Below(50)),
      fmt::format("{{\"version\":{},\"size\":1,\"parts\":{}}}", Below(20), Below(4)),
      "{\"version\":9223372036854775807,\"size\":1}",
      "{\"version\":\"3\"}",
      std::string(5'000, '{')};
  files[name] = hints[Below(std::size(hints))];
  Touch(mutation, name, "made " + files[name].substr(0, 50));
}

void Mutator::AddStray(LogFiles& files, Mutation& mutation) {
  const std::string names[] = {"00000000000000000001.json.tmp",
                               ".00000000000000000003.json.crc",
                               "1.json",
                               "00000000000000000002.checkpoint.parquet.part",
                               "0000000000000000000a.json",
                               "99999999999999999999.json",
                               "00000000000000000001.checkpoint.json",
                               "_commits/00000000000000000009.uuid.json",
                               "000000000000000000002.json"};
  const std::string name = names[Below(std::size(names))];
  files[name] = files[AnyCommit(files)];
  Touch(mutation, name, "is a stray");
}

Mutation Mutator::Mutate(LogFiles& files) {
  static constexpr Damage kDamages[] = {
      &Mutator::Drop,           &Mutator::Truncate,      &Mutator::Truncate,
      &Mutator::FlipBit,        &Mutator::FlipBit,       &Mutator::FlipBit,
      &Mutator::ReplaceByte,    &Mutator::InsertByte,    &Mutator::EraseBytes,
      &Mutator::ZeroTail,       &Mutator::DuplicateLine, &Mutator::MoveLine,
      &Mutator::DropLine,       &Mutator::SwapFiles,     &Mutator::RepeatCommit,
      &Mutator::SwapFieldNames, &Mutator::ChangeNumber,  &Mutator::SpoilHint,
      &Mutator::AddStray};
  Mutation mutation;
  for (int tries = 0; tries < 10 && mutation.names.empty(); ++tries)
    (this->*kDamages[Below(std::size(kDamages))])(files, mutation);
  mutation.only_hints = std::all_of(mutation.names.begin(), mutation.names.end(), IsHint);
  return mutation;
}

}  // namespace lakehold::mutation
