#include "engine/lake_scan.h"

#include <memory>
#include <string>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/common/multi_file/multi_file_states.hpp>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/engine_fixture_test.h"
#include "storage/memory_store.h"

namespace lakehold::engine {
namespace {

using testing::EngineTest;

// A raw connection to a lake with table `small` of 10 rows, `large` of one file and two row groups,
// and `parts` of three small files. The engine has two threads.
class LakeScanTest : public EngineTest {
 protected:
  void SetUp() override {
    connection_ = instance()->Connect();
    const Status attached = instance()->AttachLake(
        *connection_, "lake", storage::NewMemoryStore(runtime().runtime().clock));
    ASSERT_TRUE(attached.ok()) << attached.error().ToString();
    Run("CREATE TABLE lake.small AS SELECT i AS id FROM range(10) t(i)");
    Run("CREATE TABLE lake.large AS SELECT i AS id FROM range(" +
        std::to_string(limits::kRowGroupRows + 1) + ") t(i)");
    Run("CREATE TABLE lake.parts (id BIGINT)");
    for (int i = 0; i < 3; ++i) Run("INSERT INTO lake.parts VALUES (" + std::to_string(i) + ")");
  }
  void TearDown() override {
    connection_.reset();
    const Status detached = instance()->DetachLake("lake");
    EXPECT_TRUE(detached.ok()) << detached.error().ToString();
  }

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Run(const std::string& sql) {
    auto result = connection_->Query(sql);
    EXPECT_FALSE(result->HasError()) << sql << ": " << result->GetError();
    return result;
  }
  std::string PlanOf(const std::string& sql) {
    return Run("EXPLAIN " + sql)->GetValue(1, 0).ToString();
  }
  // How many threads a scan of all columns starts at most.
  duckdb::idx_t ThreadsFor(const std::string& table) {
    duckdb::idx_t threads = 0;
    auto& context = *connection_->context;
    context.RunFunctionInTransaction([&] {
      auto& entry =
          duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, "lake", "main", table);
      duckdb::unique_ptr<duckdb::FunctionData> bind_data;
      const auto function = entry.GetScanFunction(context, bind_data);
      const duckdb::vector<duckdb::column_t> columns{0};
      duckdb::TableFunctionInitInput input(bind_data.get(), columns, {}, nullptr);
      threads = function.init_global(context, input)->MaxThreads();
    });
    return threads;
  }

  duckdb::unique_ptr<duckdb::Connection> connection_;
};

TEST_F(LakeScanTest, EveryThreadReadsAFileOfSeveralRowGroups) {
  EXPECT_EQ(ThreadsFor("large"), 2u);
  EXPECT_EQ(ThreadsFor("parts"), 2u);
  EXPECT_EQ(ThreadsFor("small"), 1u);
}

// Parities whose sum over `one` is above the average over `two`.
std::string AboveAverage(const std::string& one, const std::string& two) {
  const auto sums = [](const std::string& table) {
    return "(SELECT p.id % 2 AS k, sum(a.id) AS s FROM lake." + table +
           " JOIN lake.parts p ON a.id = p.id GROUP BY ALL)";
  };
  return "SELECT k FROM " + sums(one) + " WHERE s > (SELECT avg(s) FROM " + sums(two) + ")";
}

TEST_F(LakeScanTest, ASubplanThatStandsTwiceRunsOnceIfItsTablesAreTheSame) {
  const std::string same = AboveAverage("large a", "large a");
  EXPECT_NE(PlanOf(same).find("CTE"), std::string::npos);
  EXPECT_EQ(Run(same)->GetValue(0, 0).GetValue<int64_t>(), 0);
  EXPECT_EQ(PlanOf(AboveAverage("large a", "small a")).find("CTE"), std::string::npos);
  const std::string past = AboveAverage("parts a AT (VERSION => 2)", "parts a");
  EXPECT_EQ(PlanOf(past).find("CTE"), std::string::npos);
  EXPECT_EQ(Run(past)->RowCount(), 0u);  // Sums 0 and 1 against an average of 1.5.
}

TEST_F(LakeScanTest, ACopiedPlanReadsTheFilesOfItsModel) {
  // A window over whole partitions becomes a join with itself, after pruning.
  const std::string window =
      "SELECT sum(total) FROM (SELECT sum(id) OVER (PARTITION BY id % 2) AS total "
      "FROM lake.parts WHERE id >= 1)";
  EXPECT_EQ(PlanOf(window).find("WINDOW"), std::string::npos);
  EXPECT_EQ(Run(window)->GetValue(0, 0).GetValue<int64_t>(), 3);
  EXPECT_EQ(Run("WITH picked AS (SELECT id FROM lake.parts WHERE id >= 1) SELECT sum(id) FROM "
                "((SELECT id FROM picked ORDER BY id LIMIT 1) UNION ALL "
                "(SELECT id FROM picked ORDER BY id DESC LIMIT 1))")
                ->GetValue(0, 0)
                .GetValue<int64_t>(),
            3);
}

TEST_F(LakeScanTest, TheNameOfTheScanCannotBeCalled) {
  const auto result = connection_->Query("SELECT * FROM lakehold_files_scan('x')");
  ASSERT_TRUE(result->HasError());
  EXPECT_NE(result->GetError().find("use the table's name"), std::string::npos);
}

}  // namespace
}  // namespace lakehold::engine
