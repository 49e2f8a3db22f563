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
  if (const auto* add = std::get_if<delta::AddFile>(&action)) sizes_[KeyOf(*add)] = add->size_bytes;
  if (const auto* remove = std::get_if<delta::RemoveFile>(&action)) sizes_.erase(KeyOf(*remove));
}

int64_t LiveFiles::bytes() const {
  int64_t bytes = 0;
  for (const auto& [key, size] : sizes_) bytes += size;
  return bytes;
}

std::string LiveFiles::DifferenceFrom(const LiveFiles& log) const {
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::vector<std::string> resized;
  for (const auto& [key, size] : log.sizes_) {
    const auto found = sizes_.find(key);
    if (found == sizes_.end()) {
      missing.push_back(key);
    } else if (found->second != size) {
      resized.push_back(fmt::format("{}: {} bytes, not {}", key, found->second, size));
    }
  }
  for (const auto& [key, size] : sizes_) {
    if (!log.sizes_.contains(key)) extra.push_back(key);
  }
  std::string text;
  Append(&text, "lacks", missing);
  Append(&text, "holds other", extra);
  Append(&text, "gives another size of", resized);
  return text;
}

}  // namespace lakehold::upkeep
