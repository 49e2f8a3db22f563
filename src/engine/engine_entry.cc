// The engine library's one exported function, and the Engine behind it.
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/duckdb_instance.h"
#include "engine/duckdb_session.h"
#include "engine/engine.h"
#include "lakehold/export.h"

namespace lakehold::engine {
namespace {

class DuckDbEngine final : public Engine {
 public:
  explicit DuckDbEngine(std::shared_ptr<DuckDbInstance> instance)
      : instance_(std::move(instance)) {}
  Result<std::unique_ptr<Session>> OpenSession() override {
    return CatchDuckDb([&]() -> Result<std::unique_ptr<Session>> {
      return std::unique_ptr<Session>(std::make_unique<DuckDbSession>(instance_));
    });
  }
  std::shared_ptr<delta::CheckpointCodec> checkpoint_codec() override {
    return instance_->world().checkpoint_codec;
  }
  std::string version() const override {
    return fmt::format("{} ({})", kDuckDbVersion, kDuckDbSource);
  }

 private:
  std::shared_ptr<DuckDbInstance> instance_;
};

}  // namespace
}  // namespace lakehold::engine

extern "C" LAKEHOLD_EXPORT lakehold::engine::Engine* lakehold_engine_open(
    const lakehold::engine::Environment* environment, const char* abi, lakehold::Error* error) {
  using lakehold::engine::kEngineAbi;
  if (std::string_view(abi) != kEngineAbi) {
    *error = lakehold::Unsupported(
        "engine.wrong_abi",
        fmt::format("the engine library speaks {}, its caller {}", kEngineAbi, abi),
        "Install both from the same release");
    return nullptr;
  }
  auto instance = lakehold::engine::DuckDbInstance::Open(*environment);
  if (!instance.ok()) {
    *error = std::move(instance).error();
    return nullptr;
  }
  return new lakehold::engine::DuckDbEngine(std::move(instance).value());
}
