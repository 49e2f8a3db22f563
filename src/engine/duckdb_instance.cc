#include "engine/duckdb_instance.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <duckdb/main/config.hpp>
#include <duckdb/main/extension_helper.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <fmt/format.h>

#include "base/system_runtime.h"
#include "engine/checkpoint_codec.h"
#include "engine/duckdb_errors.h"
#include "engine/engine_functions.h"
#include "engine/implicit_casts.h"
#include "engine/lake_optimizer.h"
#include "engine/spill_folder.h"
#include "engine/statement.h"
#include "engine/store_file_system.h"

namespace lakehold::engine {
namespace {

using duckdb::Value;

Status CheckVersion() {
  const std::string_view version = duckdb::DuckDB::LibraryVersion();
  const std::string_view source = duckdb::DuckDB::SourceID();
  if (version == kDuckDbVersion && source == kDuckDbSource) return {};
  return Unsupported(
      "engine.wrong_duckdb",
      fmt::format("the DuckDB library in this process is {} ({}), lakehold needs {} ({})", version,
                  source, kDuckDbVersion, kDuckDbSource),
      "Load lakehold before any other library that brings DuckDB, or keep theirs at local scope");
}

void Configure(const Environment& environment, duckdb::DBConfig* config) {
  // The linked extensions are loaded one by one in Start; none is ever looked for on disk.
  config->options.load_extensions = false;
  config->SetOptionByName("autoinstall_known_extensions", Value::BOOLEAN(false));
  config->SetOptionByName("autoload_known_extensions", Value::BOOLEAN(false));
  config->SetOptionByName("allow_community_extensions", Value::BOOLEAN(false));
  config->SetOptionByName("allow_persistent_secrets", Value::BOOLEAN(false));
  // Spelled out, because they are what readers of our streams depend on: plain UTF-8, 32-bit
  // offsets, and numbers and text instead of extension types (sum() of BIGINT is a HUGEINT, which
  // nobody reads as an extension type).
  config->SetOptionByName("produce_arrow_string_view", Value::BOOLEAN(false));
  config->SetOptionByName("arrow_large_buffer_size", Value::BOOLEAN(false));
  config->SetOptionByName("arrow_lossless_conversion", Value::BOOLEAN(false));
  config->SetOptionByName("arrow_output_list_view", Value::BOOLEAN(false));
  // An error about a name must not look for others like it in every lake of the process:
  // table_hint.h does it in the session's own.
  config->SetOptionByName("catalog_error_max_schemas", Value::UBIGINT(0));
  // The page cache holds local files already, and open_readers.h small ones while they are read:
  // one more copy in our memory costs a third of the time of small files.
  config->SetOptionByName("enable_external_file_cache", Value::BOOLEAN(false));
  const int threads = environment.threads > 0 ? environment.threads : UsableCpus();
  config->SetOptionByName("threads", Value::BIGINT(threads));
  const int64_t memory =
      environment.memory_bytes > 0 ? environment.memory_bytes : UsableMemoryBytes() / 2;
  config->options.maximum_memory =
      static_cast<duckdb::idx_t>(std::max<int64_t>(memory, int64_t{64} << 20));
  config->options.temporary_directory = ChooseSpillFolder(environment);
}

}  // namespace

DuckDbInstance::DuckDbInstance(const Environment& environment)
    : world_(std::make_shared<LakeWorld>(environment, stores_, nullptr)) {}

DuckDbInstance::~DuckDbInstance() = default;

void DuckDbInstance::Start(const Environment& environment) {
  duckdb::DBConfig config;
  Configure(environment, &config);
  duckdb::StorageExtension::Register(
      config, kLakeType, duckdb::shared_ptr<duckdb::StorageExtension>(MakeLakeStorage(world_)));
  AddReplacementScans(&config);
  AddImplicitCastRules(&config);
  RegisterLakeOptimizer(config);
  db_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
  database().GetFileSystem().RegisterSubSystem(MakeStoreFileSystem(stores_));
  // About 12 ms cold in all, two thirds of it core_functions; the rest is too cheap to be lazy
  // about.
  for (const char* extension : {"core_functions", "parquet", "json", "icu"}) {
    if (duckdb::ExtensionHelper::LoadExtension(*db_, extension) !=
        duckdb::ExtensionLoadResult::LOADED_EXTENSION) {
      ThrowError(Unsupported("engine.wrong_duckdb",
                             fmt::format("this DuckDB was built without {}", extension)));
    }
  }
  RegisterEngineFunctions(database());
  // The world holds the codec and the instance the world, so the codec must not hold the instance.
  auto connect = [weak = weak_from_this()]() -> duckdb::unique_ptr<duckdb::Connection> {
    auto self = weak.lock();
    return self ? self->Connect() : nullptr;
  };
  world_->checkpoint_codec =
      MakeCheckpointCodec(std::move(connect), stores_, environment.runtime.executor);
  duckdb::Connection connection(*db_);
  auto result = connection.Query("SET GLOBAL TimeZone = 'UTC'");
  if (result->HasError()) result->ThrowError();
}

Result<std::shared_ptr<DuckDbInstance>> DuckDbInstance::Open(const Environment& environment) {
  LAKEHOLD_TRY(CheckVersion());
  return CatchDuckDb([&]() -> Result<std::shared_ptr<DuckDbInstance>> {
    std::shared_ptr<DuckDbInstance> instance(new DuckDbInstance(environment));
    instance->Start(environment);
    return instance;
  });
}

duckdb::unique_ptr<duckdb::Connection> DuckDbInstance::Connect() {
  return duckdb::make_uniq<duckdb::Connection>(*db_);
}

Status DuckDbInstance::AttachLake(duckdb::Connection& connection, const std::string& name,
                                  std::shared_ptr<storage::ObjectStore> store) {
  const std::string key = duckdb::StringUtil::Lower(name);
  if (key.empty() || key == "system" || key == "temp" || key == "main" || key == "memory") {
    return Invalid("engine.bad_name", fmt::format("a lake cannot be named \"{}\"", name));
  }
  std::lock_guard lock(mutex_);
  auto found = lakes_.find(key);
  if (found != lakes_.end()) {
    if (found->second.store != store) {
      return AlreadyExists(
          "engine.name_taken",
          fmt::format("\"{}\" is the lake at {} already", name, found->second.store->uri()),
          "Attach it under another name");
    }
    ++found->second.uses;
    return {};
  }
  const std::string handle = stores_.Register(store);
  const Status attached =
      ExecuteText(connection, fmt::format("ATTACH {} AS {} (TYPE {})",
                                          QuoteText(std::string(kAttachPrefix) + handle),
                                          QuoteName(name), kLakeType));
  if (!attached.ok()) {
    stores_.Unregister(handle);
    return attached;
  }
  lakes_.emplace(key, AttachedLake{std::move(store), handle, 1});
  return {};
}

Status DuckDbInstance::DetachLake(const std::string& name) {
  const std::string key = duckdb::StringUtil::Lower(name);
  std::lock_guard lock(mutex_);
  auto found = lakes_.find(key);
  if (found == lakes_.end())
    return NotFound("engine.no_such_lake", fmt::format("no lake is attached as \"{}\"", name));
  if (--found->second.uses > 0) return {};
  // A connection of its own: the caller's may have the lake as its default, or be in a failed
  // transaction.
  const auto connection = Connect();
  Status detached = ExecuteText(*connection, fmt::format("DETACH {}", QuoteName(name)));
  stores_.Unregister(found->second.handle);
  lakes_.erase(found);
  return detached;
}

const LakeWorld& WorldOf(duckdb::ClientContext& context) {
  const auto extension =
      duckdb::StorageExtension::Find(duckdb::DBConfig::GetConfig(context), kLakeType);
  return static_cast<const LakeWorld&>(*extension->storage_info);
}

}  // namespace lakehold::engine
