#include "engine/spill_folder.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lakehold::engine {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "lakehold-";
constexpr int64_t kStaleMs = int64_t{24} * 3600 * 1000;

std::string TextOfVariable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string() : std::string(text);
}

// A process of another container may share the folder without being visible here, hence the age
// besides the pid.
bool IsStale(const fs::path& folder, int64_t now_ms) {
  const std::string name = folder.filename().string();
  if (!name.starts_with(kPrefix)) return false;
  int pid = 0;
  const char* first = name.data() + kPrefix.size();
  const char* last = name.data() + name.size();
  const auto [end, error] = std::from_chars(first, last, pid);
  if (error != std::errc() || end == last || *end != '-' || pid <= 0) return false;
  if (kill(pid, 0) == 0 || errno != ESRCH) return false;
  struct stat about {};
  if (lstat(folder.c_str(), &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid())
    return false;
  return now_ms - int64_t{about.st_mtim.tv_sec} * 1000 > kStaleMs;
}

void SweepStale(const fs::path& parent, int64_t now_ms) {
  std::error_code ignored;
  for (fs::directory_iterator it(parent, ignored), end; it != end && !ignored;
       it.increment(ignored)) {
    std::error_code failed;  // A folder that cannot be removed is somebody else's care.
    if (IsStale(it->path(), now_ms)) fs::remove_all(it->path(), failed);
  }
}

}  // namespace

std::string ChooseSpillFolder(const Environment& environment) {
  if (!environment.temp_folder.empty()) return environment.temp_folder;
  std::string chosen = TextOfVariable("LAKEHOLD_TEMP_DIR");
  if (!chosen.empty()) return chosen;
  std::string parent = TextOfVariable("TMPDIR");
  if (parent.empty()) parent = "/tmp";
  SweepStale(parent, environment.runtime.clock.NowMs());
  return fmt::format("{}/{}{}-{:016x}", parent, kPrefix, getpid(),
                     environment.runtime.random.Next());
}

}  // namespace lakehold::engine
