#include "engine/load_engine.h"

#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <fmt/format.h>

namespace lakehold::engine {
namespace {

constexpr const char* kFileName = "liblakehold_engine.so";

// The folder of the library or program this code is in.
std::string OwnFolder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&LoadEngine), &info) == 0 || info.dli_fname == nullptr)
    return {};
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

int OpenFlags() {
#if defined(__SANITIZE_ADDRESS__)
  return RTLD_NOW | RTLD_LOCAL;  // RTLD_DEEPBIND would hide the interposed allocator.
#else
  return RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif
}

// Null, and why in `*why`, if the library cannot be opened. It is never closed again: errors and
// streams point into it.
void* OpenLibrary(std::string* why) {
  std::string path = OwnFolder() + "/" + kFileName;
  void* library = dlopen(path.c_str(), OpenFlags());
  if (library != nullptr) return library;
  *why = dlerror();
  const char* elsewhere = std::getenv("LAKEHOLD_ENGINE");
  if (elsewhere == nullptr || *elsewhere == '\0') return nullptr;
  library = dlopen(elsewhere, OpenFlags());
  if (library == nullptr) *why = dlerror();
  return library;
}

}  // namespace

Result<std::shared_ptr<Engine>> LoadEngine(const Environment& environment) {
  std::string why;
  void* library = OpenLibrary(&why);
  if (library == nullptr) {
    return Unsupported(
        "engine.not_found", fmt::format("the engine library cannot be loaded: {}", why),
        fmt::format("It belongs beside liblakehold.so; $LAKEHOLD_ENGINE may name another {}",
                    kFileName));
  }
  auto* open = reinterpret_cast<OpenEngineFunction>(dlsym(library, kOpenEngineSymbol));
  if (open == nullptr) {
    return Unsupported("engine.not_found",
                       fmt::format("{} has no {}", kFileName, kOpenEngineSymbol),
                       "Install liblakehold and its engine from the same release");
  }
  Error error;
  Engine* engine = open(&environment, kEngineAbi, &error);
  if (engine == nullptr) return error;
  return std::shared_ptr<Engine>(engine);
}

}  // namespace lakehold::engine
