#include "support/table_bench.h"

#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "storage/atomic_file.h"

namespace lakehold::testing {

TableBench::TableBench(uint64_t seed)
    : world(seed),
      memory(storage::NewMemoryStore(world.clock)),
      root{memory, "t"},
      context{world.runtime(), nullptr} {}

txn::TableDefinition TableBench::Definition(bool partitioned) {
  txn::TableDefinition definition;
  definition.schema.fields.resize(2);
  definition.schema.fields[0].name = "id";
  definition.schema.fields[0].type.kind = delta::TypeKind::kLong;
  definition.schema.fields[1].name = "day";
  definition.schema.fields[1].type.kind = delta::TypeKind::kDate;
  if (partitioned) definition.partition_columns = {"day"};
  return definition;
}

void TableBench::Create(bool partitioned, std::map<std::string, std::string> properties) {
  auto definition = Definition(partitioned);
  definition.properties = std::move(properties);
  auto draft = txn::PlanCreate(definition, NewUuid(world.random), world.clock.NowMs());
  ASSERT_TRUE(draft.ok()) << draft.error().ToString();
  auto outcome = txn::Commit(root, std::move(draft).value(), {}, options, context);
  ASSERT_EQ(VersionOf(outcome), 0);
}

std::shared_ptr<const delta::Snapshot> TableBench::Load() {
  auto snapshot = delta::Snapshot::Load(root, Latest{}, context);
  EXPECT_TRUE(snapshot.ok()) << snapshot.error().ToString();
  return snapshot.ok() ? *snapshot : nullptr;
}

Result<delta::AddFile> TableBench::WriteFile(txn::WrittenFiles& files, int64_t rows,
                                             const std::string& day) {
  delta::AddFile add;
  add.path = fmt::format("part-{}.parquet", NewUuid(world.random));
  if (!day.empty()) add.partition_values = {{"day", day}};
  add.size_bytes = 4;
  add.modified_ms = world.clock.NowMs();
  add.stats = fmt::format(R"({{"numRecords":{}}})", rows);
  LAKEHOLD_ASSIGN(auto sink, root.store->OpenSink(root.folder));
  LAKEHOLD_TRY(sink->Write(AsBytes("rows")));
  LAKEHOLD_ASSIGN(auto staged, sink->Finish());
  const std::string key = root.KeyOf(add.path);
  LAKEHOLD_TRY(root.store->Publish(*staged, key));
  files.keys.push_back(key);
  files.folders.push_back(root.folder);
  files.unsettled.push_back(std::move(staged));
  return add;
}

Result<txn::Outcome> TableBench::Append(std::shared_ptr<const delta::Snapshot> base, int64_t rows,
                                        const std::string& day) {
  LAKEHOLD_ASSIGN(auto draft, txn::PlanAppend(std::move(base)));
  txn::WrittenFiles files;
  LAKEHOLD_ASSIGN(auto add, WriteFile(files, rows, day));
  draft.adds.push_back(std::move(add));
  return txn::Commit(root, std::move(draft), std::move(files), options, context);
}

std::vector<std::string> TableBench::DataKeys() {
  std::vector<std::string> keys;
  auto lister = memory->List("t/part-", "");
  EXPECT_TRUE(lister.ok());
  for (;;) {
    auto next = (*lister)->Next();
    EXPECT_TRUE(next.ok());
    if (!next.ok() || !*next) return keys;
    keys.push_back((*next)->key);
  }
}

delta::Version VersionOf(const Result<txn::Outcome>& outcome) {
  EXPECT_TRUE(outcome.ok()) << outcome.error().ToString();
  if (!outcome.ok()) return -1;
  const auto* committed = std::get_if<txn::Committed>(&*outcome);
  EXPECT_NE(committed, nullptr) << std::get<txn::Conflicted>(*outcome).message;
  return committed != nullptr ? committed->version : -1;
}

}  // namespace lakehold::testing
