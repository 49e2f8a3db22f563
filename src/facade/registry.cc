#include "facade/registry.h"

#include <atomic>
#include <utility>

#include <pthread.h>

#include "base/limits.h"
#include "delta/checkpoint_batches.h"
#include "engine/load_engine.h"

namespace lakehold {
namespace {

// Reads and writes checkpoints by the engine, which is loaded only now.
class LazyCheckpointCodec final : public delta::BatchCheckpointCodec {
 public:
  explicit LazyCheckpointCodec(Registry& registry) : registry_(registry) {}

  lakehold::Status Read(const delta::TableRoot& root, std::string_view key,
                        const delta::CheckpointColumns& columns,
                        const delta::CheckpointVisitor& visit) override {
    LAKEHOLD_ASSIGN(auto engine, registry_.engine());
    return engine->checkpoint_codec()->Read(root, key, columns, visit);
  }

  lakehold::Status ReadStats(const delta::TableRoot& root, std::string_view key,
                             std::span<const delta::StatsPlace> rows,
                             const delta::StatsVisitor& visit) override {
    LAKEHOLD_ASSIGN(auto codec, BatchCodec());
    return codec->ReadStats(root, key, rows, visit);
  }

  lakehold::Status ReadBatches(const delta::TableRoot& root, std::string_view key,
                               const delta::CheckpointColumns& columns,
                               const delta::CheckpointVisitor& visit,
                               const delta::BatchVisitor& files) override {
    LAKEHOLD_ASSIGN(auto codec, BatchCodec());
    return codec->ReadBatches(root, key, columns, visit, files);
  }

  Result<delta::WrittenCheckpoint> Write(const delta::TableRoot& root, std::string_view key,
                                         const delta::ActionSource& next,
                                         const delta::CheckpointShape& shape) override {
    LAKEHOLD_ASSIGN(auto engine, registry_.engine());
    return engine->checkpoint_codec()->Write(root, key, next, shape);
  }

 private:
  Result<std::shared_ptr<delta::BatchCheckpointCodec>> BatchCodec() {
    LAKEHOLD_ASSIGN(auto engine, registry_.engine());
    auto codec = std::dynamic_pointer_cast<delta::BatchCheckpointCodec>(engine->checkpoint_codec());
    if (!codec) return Internal("facade.foreign_codec", "the engine's codec is of another kind");
    return codec;
  }

  Registry& registry_;
};

std::atomic<Registry*> current{nullptr};
std::atomic<uint64_t> generations{0};

// The parent's registry is left alone in the child: its threads are gone and its locks may be held
// for ever.
void ForgetInChild() { current.store(nullptr); }

}  // namespace

// Exit handlers and the destructors of static objects run in the reverse order of their making.
// Registered anew with each job, this one runs before the destructors of all that jobs use and that
// was made by then, in the engine's libraries too.
void ExitAwareExecutor::RunInBackground(std::function<void()> job) {
  std::atexit(Registry::FinishBackgroundWork);
  executor_.RunInBackground(std::move(job));
}

Registry::Registry(uint64_t generation)
    : generation_(generation), codec_(std::make_shared<LazyCheckpointCodec>(*this)) {}

Registry& Registry::Get() {
  if (auto* registry = current.load()) return *registry;
  static std::once_flag watch_forks;
  std::call_once(watch_forks, [] { pthread_atfork(nullptr, nullptr, ForgetInChild); });
  // Never destroyed: sessions may outlive static destruction, and the engine's library is never
  // unloaded.
  auto* fresh = new Registry(generations.fetch_add(1));
  Registry* expected = nullptr;
  if (!current.compare_exchange_strong(expected, fresh)) {
    delete fresh;
    return *expected;
  }
  return *fresh;
}

void Registry::FinishBackgroundWork() {
  auto* registry = current.load();
  if (registry == nullptr) return;
  auto& executor = registry->executor_;
  // A checkpoint that is being written cannot be torn out of the engine: wait for it, within
  // reason.
  constexpr int kPatience = 30;
  for (int i = 0; i < kPatience && !executor.DrainBackground(limits::kExitDrainMs); ++i) {
  }
}

Result<std::shared_ptr<engine::Engine>> Registry::engine() {
  const std::lock_guard lock(mutex_);
  if (!engine_) {
    engine::Environment environment{
        runtime(), &snapshots_, 0, 0, {}, storage::Durability::kFull, &background_failures_};
    LAKEHOLD_ASSIGN(engine_, engine::LoadEngine(environment));
  }
  return engine_;
}

delta::LogContext Registry::log_context() { return {runtime(), codec_}; }

}  // namespace lakehold
