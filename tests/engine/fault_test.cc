// Every statement that writes, with every call of its store failing in turn: a healthy look
// afterwards sees the old state or the new one, an error means the old one unless it says that it
// does not know, and the session goes on.
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "delta/checkpoint.h"
#include "delta/lake_folder.h"
#include "delta/snapshot.h"
#include "engine/engine_fixture_test.h"
#include "storage/faulty_store.h"
#include "storage/memory_store.h"
#include "support/store_calls.h"

namespace lakehold::engine::testing {
namespace {

using lakehold::testing::ListKeys;
using storage::Fault;

constexpr const char* kGone = "no table";

// Fails one call, counted from the moment it is armed.
class Trap {
 public:
  storage::FaultPlan Plan() {
    return [this](const storage::StoreCall& call) {
      if (!armed_) return Fault::kNone;
      const int64_t number = seen_++;
      if (number != at_) return Fault::kNone;
      sprung_ = fmt::format("{} '{}'", VerbName(call.verb), call.key);
      return fault_;
    };
  }
  void Arm(int64_t at, Fault fault) {
    at_ = at;
    fault_ = fault;
    seen_ = 0;
    armed_ = true;
  }
  void Disarm() { armed_ = false; }
  int64_t seen() const { return seen_; }
  const std::string& sprung() const { return sprung_; }  // "" if the statement made fewer calls.

 private:
  std::atomic<bool> armed_{false};
  std::atomic<int64_t> seen_{0};
  int64_t at_ = -1;
  Fault fault_ = Fault::kNone;
  std::string sprung_;
};

// One statement under test. `act` is what may fail.
struct Scenario {
  std::string name;
  std::vector<std::string> setup;
  std::function<Status(Session&)> act;
  std::function<Status(Session&)> first = nullptr;  // In the same session, with nothing failing.
};

std::function<Status(Session&)> Sql(std::string sql) {
  return [sql = std::move(sql)](Session& session) -> Status {
    LAKEHOLD_ASSIGN(const auto query, session.Run(sql, {}));
    static_cast<void>(query);
    return {};
  };
}

std::function<Status(Session&)> Overwrite(std::string source, std::optional<std::string> where) {
  return [source = std::move(source), where = std::move(where)](Session& session) -> Status {
    WriteRequest request;
    request.table = {"t"};
    request.source = source;
    request.mode = WriteMode::kOverwrite;
    request.where = where;
    LAKEHOLD_ASSIGN(const auto report, session.Write(request));
    static_cast<void>(report);
    return {};
  };
}

// One row (n, n) given as Arrow, written without a plan.
std::function<Status(Session&)> AppendFew(int n) {
  return [n](Session& session) -> Status {
    const std::string lake = ReadText(session, "SELECT current_database()");
    LAKEHOLD_ASSIGN(auto query, session.Run(fmt::format("SELECT {0} AS a, {0} AS p", n), {}));
    ArrowArrayStream stream;
    LAKEHOLD_TRY(query->Open(1000, &stream));
    StreamSource rows;
    rows.open = [&](ArrowArrayStream* out) -> Status {
      *out = stream;
      return {};
    };
    LAKEHOLD_ASSIGN(const auto report, session.AppendFew({lake, "main", "t"}, &rows));
    if (report) return {};
    ArrowArrayStream rest;  // A fault in its way: then the plan says what is wrong, or does it.
    LAKEHOLD_TRY(rows.open(&rest));
    rows.open = [&](ArrowArrayStream* out) -> Status {
      *out = rest;
      return {};
    };
    LAKEHOLD_TRY(session.Register("given", std::move(rows)));
    WriteRequest request;
    request.table = {"t"};
    request.source = "SELECT * FROM given";
    LAKEHOLD_ASSIGN(const auto planned, session.Write(request));
    static_cast<void>(planned);
    return {};
  };
}

std::vector<Scenario> Scenarios() {
  const std::vector<std::string> plain = {"CREATE TABLE t (a INTEGER, p INTEGER)",
                                          "INSERT INTO t VALUES (1, 1), (2, 2)"};
  const std::vector<std::string> parted = {
      "CREATE TABLE t (a INTEGER, p INTEGER) PARTITIONED BY (p)",
      "INSERT INTO t VALUES (1, 1), (2, 2)"};
  return {
      {"Create", {}, Sql("CREATE TABLE t (a INTEGER, p INTEGER)")},
      {"CreateAs", {}, Sql("CREATE TABLE t AS SELECT i AS a, i % 3 AS p FROM range(10) r(i)")},
      {"Replace", plain, Sql("CREATE OR REPLACE TABLE t AS SELECT 'x' AS a, 7 AS p")},
      {"Insert", plain, Sql("INSERT INTO t VALUES (3, 3)")},
      {"PartitionedInsert", parted, Sql("INSERT INTO t SELECT i, i % 4 FROM range(3, 12) r(i)")},
      {"InsertSelect", plain, Sql("INSERT INTO t SELECT a + 10, p FROM t")},
      {"AppendFew", plain, AppendFew(3)},
      {"AppendFewAgain", plain, AppendFew(3), AppendFew(4)},
      {"PartitionedAppendFew", parted, AppendFew(3)},
      {"Overwrite", plain, Overwrite("SELECT 9 AS a, 9 AS p", std::nullopt)},
      {"OverwriteWhere", parted, Overwrite("SELECT 9 AS a, 2 AS p", "p = 2")},
      {"Transaction", plain,
       Sql("BEGIN; INSERT INTO t VALUES (3, 3); INSERT INTO t VALUES (4, 4); COMMIT")},
      {"Drop", plain, Sql("DROP TABLE t")},
  };
}

class FaultTest : public EngineTest, public ::testing::WithParamInterface<Scenario> {
 protected:
  static std::unique_ptr<Session> SessionOn(std::shared_ptr<storage::ObjectStore> store) {
    static std::atomic<int> next{0};
    auto session = OpenSession();
    LAKEHOLD_EXPECT_OK(session->Attach(fmt::format("lake{}", next++), std::move(store), true));
    return session;
  }

  static std::shared_ptr<storage::MemoryStore> Prepared(const std::vector<std::string>& setup) {
    auto store = storage::NewMemoryStore(runtime().runtime().clock);
    auto session = SessionOn(store);
    for (const auto& sql : setup) LAKEHOLD_EXPECT_OK(session->Run(sql, {}));
    return store;
  }

  static std::string StateIn(Session& session) {
    auto state = ReadText(
        session,
        "SELECT coalesce(string_agg(concat(a, '/', p), ' ' ORDER BY a), 'no rows') FROM t");
    return state.find("[sql.unknown_table]") != state.npos ? kGone : state;
  }
  // What anybody else sees.
  static std::string StateOf(std::shared_ptr<storage::ObjectStore> store) {
    snapshots().Forget({store, "t"});  // As another process: one that has seen nothing.
    return StateIn(*SessionOn(std::move(store)));
  }

  static std::set<std::string> DataFiles(storage::ObjectStore& store) {
    std::set<std::string> files;
    for (auto& key : ListKeys(store)) {
      if (key.ends_with(".parquet")) files.insert(std::move(key));
    }
    return files;
  }

  // One statement, one fault. False if the statement makes fewer calls than that.
  static bool TryOne(const Scenario& scenario, int64_t at, Fault fault, const std::string& before,
                     const std::string& after) {
    const auto store = Prepared(scenario.setup);
    Trap trap;
    const auto faulty = storage::NewFaultyStore(store, trap.Plan());
    auto session = SessionOn(faulty);
    if (scenario.first) LAKEHOLD_EXPECT_OK(scenario.first(*session));
    const auto files_before = DataFiles(*store);
    trap.Arm(at, fault);
    const Status status = scenario.act(*session);
    trap.Disarm();
    if (fault == Fault::kCrash) {
      session.reset();  // Who looks up a name is told of those in every attached lake.
    } else if (session->in_transaction()) {
      LAKEHOLD_EXPECT_OK(session->Run("ROLLBACK", {}));
    }
    if (trap.sprung().empty()) {
      EXPECT_TRUE(status.ok()) << status.error().ToString();
      return false;
    }
    const std::string said = status.ok() ? "ok" : status.error().ToString();
    SCOPED_TRACE(fmt::format("{} at call {}, {}: {}", FaultName(fault), at, trap.sprung(), said));
    const std::string state = StateOf(store);
    EXPECT_TRUE(state == before || state == after) << "mixed: " << state;
    if (status.ok()) {
      EXPECT_EQ(state, after) << "acknowledged and not there";
    } else if (status.error().kind == ErrorKind::kOutcomeUnknown) {
      // Where the store still answers, all else can be found out.
      const bool settles = trap.sprung().starts_with(VerbName(storage::StoreVerb::kSettleNames));
      EXPECT_TRUE(settles || fault == Fault::kCrash) << "that can be found out";
    } else {
      EXPECT_EQ(state, before) << "an error, and yet changed";
      EXPECT_NE(status.error().kind, ErrorKind::kInternal);
      if (fault == Fault::kErrorBefore) {
        EXPECT_EQ(DataFiles(*store), files_before) << "files are left behind";
      }
    }
    if (fault == Fault::kCrash) {
      CheckAfterPowerCut(*store, status, before, after);
    } else {
      CheckGoesOn(*session, scenario, state, after);
    }
    return true;
  }

  // The machine went down with the process: what was settled is there, the rest is not.
  static void CheckAfterPowerCut(storage::MemoryStore& store, const Status& status,
                                 const std::string& before, const std::string& after) {
    store.LoseUnsettled();
    // A look with fresh eyes: another store, as another process would have.
    auto copy = storage::NewMemoryStore(runtime().runtime().clock);
    for (const auto& key : ListKeys(store))
      lakehold::testing::Put(*copy, key, lakehold::testing::Read(store, key));
    const std::string state = StateOf(copy);
    EXPECT_TRUE(state == before || state == after) << "mixed after a power cut: " << state;
    if (status.ok()) {
      EXPECT_EQ(state, after) << "acknowledged and lost in a power cut";
    }
  }

  static void CheckGoesOn(Session& session, const Scenario& scenario, const std::string& state,
                          const std::string& after) {
    EXPECT_EQ(StateIn(session), state) << "the session sees something else";
    if (state == after) return;
    LAKEHOLD_EXPECT_OK(scenario.act(session));
    EXPECT_EQ(StateIn(session), after) << "done again";
  }

  static std::string_view FaultName(Fault fault) {
    switch (fault) {
      case Fault::kErrorBefore:
        return "an error before";
      case Fault::kErrorAfter:
        return "an error after";
      case Fault::kLostAnswer:
        return "a lost answer";
      case Fault::kCrash:
        return "a crash";
      default:
        return "a fault";
    }
  }
};

TEST_P(FaultTest, EveryCallMayFailAndTheTableIsOldOrNew) {
  const Scenario& scenario = GetParam();
  const auto healthy = Prepared(scenario.setup);
  const auto session = SessionOn(healthy);
  if (scenario.first) LAKEHOLD_EXPECT_OK(scenario.first(*session));
  const std::string before = StateOf(healthy);
  LAKEHOLD_EXPECT_OK(scenario.act(*session));
  const std::string after = StateOf(healthy);
  ASSERT_NE(before, after);
  for (const Fault fault :
       {Fault::kErrorBefore, Fault::kErrorAfter, Fault::kLostAnswer, Fault::kCrash}) {
    int64_t at = 0;
    while (TryOne(scenario, at, fault, before, after) && at < 500) ++at;
    EXPECT_GT(at, 2) << "hardly a call was made: the test proved nothing";
    EXPECT_LT(at, 500);
  }
}

INSTANTIATE_TEST_SUITE_P(Statements, FaultTest, ::testing::ValuesIn(Scenarios()),
                         [](const auto& tested) { return tested.param.name; });

class CheckpointFaultTest : public FaultTest {};

// A checkpoint is a hint: whatever becomes of it, the table reads the same, and the next one can be
// written.
TEST_F(CheckpointFaultTest, EveryCallMayFailAndTheTableStaysAsItIs) {
  const std::vector<std::string> setup = {
      "CREATE TABLE t (a INTEGER, p INTEGER) PARTITIONED BY (p)",
      "INSERT INTO t VALUES (1, 1), (2, 2)", "INSERT INTO t VALUES (3, 1)"};
  const std::string rows = StateOf(Prepared(setup));
  for (const Fault fault :
       {Fault::kErrorBefore, Fault::kErrorAfter, Fault::kLostAnswer, Fault::kCrash}) {
    bool sprung = true;
    for (int64_t at = 0; sprung && at < 200; ++at) {
      const auto store = Prepared(setup);
      Trap trap;
      const auto faulty = storage::NewFaultyStore(store, trap.Plan());
      const delta::LogContext context{runtime().runtime(), instance()->world().checkpoint_codec};
      const auto lake = delta::TableRoot{faulty, "t"};
      auto snapshot = delta::Snapshot::Load(lake, delta::Latest{}, context);
      ASSERT_TRUE(snapshot.ok()) << snapshot.error().ToString();
      trap.Arm(at, fault);
      const auto report = delta::WriteCheckpoint(lake, **snapshot, context);
      trap.Disarm();
      sprung = !trap.sprung().empty();
      SCOPED_TRACE(fmt::format("{} at call {}, {}: {}", FaultName(fault), at, trap.sprung(),
                               lakehold::testing::Outcome(report)));
      EXPECT_EQ(StateOf(store), rows);
      if (fault == Fault::kCrash) store->LoseUnsettled();
      const auto root = delta::TableRoot{store, "t"};
      auto fresh = delta::Snapshot::Load(root, delta::Latest{}, context);
      ASSERT_TRUE(fresh.ok()) << fresh.error().ToString();
      EXPECT_EQ((*fresh)->version(), 2);
      EXPECT_EQ((*fresh)->files().LiveOrdinals().size(), 3u);
      LAKEHOLD_EXPECT_OK(delta::WriteCheckpoint(root, **fresh, context));
      EXPECT_EQ(StateOf(store), rows);
    }
    EXPECT_FALSE(sprung);
  }
}

}  // namespace
}  // namespace lakehold::engine::testing
