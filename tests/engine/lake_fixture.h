// ScanLake: a DuckDB of its own with our storage extension and file system, over lakes in a
// temporary folder, for tests of the reading half without sessions. Externally synchronized.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include <gtest/gtest.h>

#include "base/system_runtime.h"
#include "delta/snapshot_cache.h"
#include "engine/checkpoint_codec.h"
#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/lake_optimizer.h"
#include "engine/session_state.h"
#include "engine/store_file_system.h"
#include "engine/store_registry.h"
#include "support/temp_folder.h"

namespace lakehold::engine {

class ScanLake {
 public:
  ScanLake()
      : world_(std::make_shared<LakeWorld>(
            Environment{runtime_.runtime(), &cache_, 0, 0, "", storage::Durability::kNone},
            registry_,
            MakeCheckpointCodec([this] { return NewConnection(); }, registry_,
                                runtime_.runtime().executor))) {
    duckdb::DBConfig config;
    duckdb::StorageExtension::Register(
        config, kLakeType, duckdb::shared_ptr<duckdb::StorageExtension>(MakeLakeStorage(world_)));
    RegisterLakeOptimizer(config);
    db_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    db_->instance->GetFileSystem().RegisterSubSystem(MakeStoreFileSystem(registry_));
    connection_ = Connect();
    Do("ATTACH '" + path() + "' AS lake (TYPE lakehold)");
  }

  std::string path() const { return folder_.path(); }
  duckdb::Connection& connection() { return *connection_; }
  duckdb::unique_ptr<duckdb::Connection> NewConnection() {
    return duckdb::make_uniq<duckdb::Connection>(*db_);
  }
  std::unique_ptr<duckdb::Connection> Connect() {
    return std::make_unique<duckdb::Connection>(*db_);
  }
  SessionState& state() { return SessionState::Of(*connection_->context); }

  void Do(const std::string& sql) {
    state().Clear();
    auto result = connection_->Query(sql);
    ASSERT_FALSE(result->HasError()) << sql << "\n" << result->GetError();
  }
  // Rows as "a|b\n", in the order they come.
  std::string Rows(const std::string& sql) { return Rows(*connection_, sql); }
  std::string Rows(duckdb::Connection& connection, const std::string& sql) {
    SessionState::Of(*connection.context).Clear();
    auto result = connection.Query(sql);
    if (result->HasError()) return "error: " + result->GetError();
    std::string text;
    for (auto& row : *result) {
      for (size_t i = 0; i < result->ColumnCount(); ++i) {
        if (i > 0) text += "|";
        text += row.IsNull(i) ? "NULL" : row.GetValue<duckdb::Value>(i).ToString();
      }
      text += "\n";
    }
    return text;
  }
  Error Fails(const std::string& sql) {
    state().Clear();
    auto result = connection_->Query(sql);
    if (!result->HasError()) return Internal("test.no_error", sql + " succeeded");
    return ErrorFromDuckDb(result->GetErrorObject());
  }
  // What planning the last statement said of its only scan.
  ScanReport Report() { return state().scans.empty() ? ScanReport{} : *state().scans.back(); }

  // Writes `<table>/_delta_log/<version>.json` by hand.
  void Log(const std::string& table, int version, const std::vector<std::string>& actions) {
    const auto folder = std::filesystem::path(path()) / table / "_delta_log";
    std::filesystem::create_directories(folder);
    char name[32];
    std::snprintf(name, sizeof name, "%020d.json", version);
    std::ofstream out(folder / name);
    for (const auto& action : actions) out << action << "\n";
  }
  // Writes a Parquet file of the table and gives its add action. `stats` is a JSON object,
  // `partition` another.
  std::string Parquet(const std::string& table, const std::string& file, const std::string& select,
                      const std::string& stats, const std::string& partition = "{}",
                      const std::string& options = "") {
    const auto target = std::filesystem::path(path()) / table / file;
    std::filesystem::create_directories(target.parent_path());
    Do("COPY (" + select + ") TO '" + target.string() + "' (FORMAT parquet" + options + ")");
    return Add(file, std::filesystem::file_size(target), stats, partition);
  }
  static std::string Add(const std::string& file, uint64_t size, const std::string& stats,
                         const std::string& partition) {
    std::string text = R"({"add":{"path":")" + file + R"(","partitionValues":)" + partition +
                       R"(,"size":)" + std::to_string(size) +
                       R"(,"modificationTime":1,"dataChange":true)";
    if (!stats.empty()) text += R"(,"stats":)" + Quoted(stats);
    return text + "}}";
  }
  static std::string Protocol(int reader = 1, int writer = 2) {
    return R"({"protocol":{"minReaderVersion":)" + std::to_string(reader) +
           R"(,"minWriterVersion":)" + std::to_string(writer) + "}}";
  }
  // `fields` is the JSON of the fields, `partitions` of the partition columns, `configuration` of
  // the properties.
  static std::string Metadata(const std::string& fields, const std::string& partitions = "[]",
                              const std::string& configuration = "{}") {
    return R"({"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},)"
           R"("schemaString":)" +
           Quoted(R"({"type":"struct","fields":[)" + fields + "]}") + R"(,"partitionColumns":)" +
           partitions + R"(,"configuration":)" + configuration + R"(,"createdTime":1}})";
  }
  static std::string Field(const std::string& name, const std::string& type,
                           const std::string& metadata = "{}", bool nullable = true) {
    return R"({"name":")" + name + R"(","type":)" + (type[0] == '{' ? type : '"' + type + '"') +
           R"(,"nullable":)" + (nullable ? "true" : "false") + R"(,"metadata":)" + metadata + "}";
  }

 private:
  static std::string Quoted(const std::string& json) {
    std::string text = "\"";
    for (const char c : json) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text + "\"";
  }

  testing::TempFolder folder_;
  SystemRuntime runtime_;
  delta::SnapshotCache cache_;
  StoreRegistry registry_;
  std::shared_ptr<LakeWorld> world_;
  std::unique_ptr<duckdb::DuckDB> db_;
  std::unique_ptr<duckdb::Connection> connection_;
};

}  // namespace lakehold::engine
