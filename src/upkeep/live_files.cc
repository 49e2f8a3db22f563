#include "upkeep/live_files.h"

#include <variant>
#include <vector>

#include <fmt/format.h>

namespace lakehold::upkeep {
namespace {

template <typename FileAction>
std::string KeyOf(const FileAction& file) {
  if (!file.deletion_vector) return file.path;
  return fmt::format("{} (deletion vector {})", file.path, file.deletion_vector->UniqueId());
}

void Append(std::string* text, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  *text +=
      fmt::format("{}{} {} file{} ({}{})", text->empty() ? "" : ", ", what, names.size(),
                  names.size() == 1 ? "" : "s", names.front(), names.size() == 1 ? "" : ", ...");
}

}  // namespace

void LiveFiles::Apply(const delta::Action& action) {
  if (const auto* add = std::get_if<delta::AddFile>(&action)) {
    files_[KeyOf(*add)] = {add->size_bytes,
                           add->deletion_vector ? add->deletion_vector->cardinality : 0};
  }
  if (const auto* remove = std::get_if<delta::RemoveFile>(&action)) files_.erase(KeyOf(*remove));
}

int64_t LiveFiles::bytes() const {
  int64_t bytes = 0;
  for (const auto& [key, file] : files_) bytes += file.size;
  return bytes;
}

void LiveFiles::ForEach(const std::function<void(int64_t size, int64_t deleted)>& visit) const {
  for (const auto& [key, file] : files_) visit(file.size, file.deleted);
}

std::string LiveFiles::DifferenceFrom(const LiveFiles& log) const {
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::vector<std::string> resized;
  for (const auto& [key, file] : log.files_) {
    const auto found = files_.find(key);
    if (found == files_.end()) {
      missing.push_back(key);
    } else if (found->second.size != file.size) {
      resized.push_back(fmt::format("{}: {} bytes, not {}", key, found->second.size, file.size));
    }
  }
  for (const auto& [key, file] : files_) {
    if (!log.files_.contains(key)) extra.push_back(key);
  }
  std::string text;
  Append(&text, "lacks", missing);
  Append(&text, "holds other", extra);
  Append(&text, "gives another size of", resized);
  return text;
}

}  // namespace lakehold::upkeep
