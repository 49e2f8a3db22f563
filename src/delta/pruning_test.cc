#include "delta/pruning.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/listed_files.h"

namespace lakehold::delta {
namespace {

constexpr TruthSet kAll{true, true, true};
constexpr TruthSet kTrue{true, false, false};
constexpr TruthSet kFalse{false, true, false};
constexpr TruthSet kNull{false, false, true};
constexpr TruthSet kTrueOrFalse{true, true, false};

ColumnRef Column(std::string name, TypeKind kind, int partition = -1) {
  ColumnRef column;
  column.name = name;
  column.path = {"phys-" + name};
  column.type.kind = kind;
  column.partition = partition;
  return column;
}

ColumnRef Long() { return Column("x", TypeKind::kLong); }
ColumnRef Text() { return Column("s", TypeKind::kString); }
ColumnRef Real() { return Column("d", TypeKind::kDouble); }

ColumnRange Range(Scalar min, Scalar max, bool nulls = false) {
  return {std::move(min), std::move(max), nulls, true};
}
ColumnRange AllNull() { return {Scalar(), Scalar(), true, false}; }
ColumnRange NoRows() { return {Scalar(), Scalar(), false, false}; }

TruthSet Of(CompareOp op, int64_t value, const ColumnRange& range) {
  return EvaluateLeaf(Predicate::Compare(Long(), op, value), range);
}

const ColumnRange kTenToTwenty = Range(int64_t{10}, int64_t{20});
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(TruthSet, LiftsAndOrNotOverEveryPairOfOutcomes) {
  auto set = [](int bits) { return TruthSet{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0}; };
  // 0 false, 1 null, 2 true: AND is the least, OR the greatest, NOT the mirror.
  auto has = [](TruthSet a, int outcome) {
    return outcome == 2 ? a.can_be_true : outcome == 0 ? a.can_be_false : a.can_be_null;
  };
  auto add = [](TruthSet& a, int outcome) {
    (outcome == 2 ? a.can_be_true : outcome == 0 ? a.can_be_false : a.can_be_null) = true;
  };
  for (int i = 0; i < 64; ++i) {
    TruthSet a = set(i % 8), b = set(i / 8), both{false, false, false}, either = both,
             negated = both;
    for (int x = 0; x < 3; ++x) {
      if (!has(a, x)) continue;
      add(negated, 2 - x);
      for (int y = 0; y < 3; ++y) {
        if (!has(b, y)) continue;
        add(both, std::min(x, y));
        add(either, std::max(x, y));
      }
    }
    EXPECT_EQ(a && b, both) << i;
    EXPECT_EQ(a || b, either) << i;
    EXPECT_EQ(!a, negated) << i;
  }
}

TEST(EvaluateLeaf, ComparesARangeWithAValue) {
  EXPECT_EQ(Of(CompareOp::kEq, 9, kTenToTwenty), kFalse);
  EXPECT_EQ(Of(CompareOp::kEq, 10, kTenToTwenty), kTrueOrFalse);
  EXPECT_EQ(Of(CompareOp::kNe, 21, kTenToTwenty), kTrue);
  EXPECT_EQ(Of(CompareOp::kLt, 10, kTenToTwenty), kFalse);
  EXPECT_EQ(Of(CompareOp::kLt, 21, kTenToTwenty), kTrue);
  EXPECT_EQ(Of(CompareOp::kLe, 10, kTenToTwenty), kTrueOrFalse);
  EXPECT_EQ(Of(CompareOp::kLe, 20, kTenToTwenty), kTrue);
  EXPECT_EQ(Of(CompareOp::kGt, 20, kTenToTwenty), kFalse);
  EXPECT_EQ(Of(CompareOp::kGe, 10, kTenToTwenty), kTrue);
  EXPECT_EQ(Of(CompareOp::kGe, 21, kTenToTwenty), kFalse);
  EXPECT_EQ(Of(CompareOp::kEq, 7, Range(int64_t{7}, int64_t{7})), kTrue);
}

TEST(EvaluateLeaf, OneKnownBoundDecidesItsSide) {
  EXPECT_EQ(Of(CompareOp::kLt, 5, Range(int64_t{5}, Scalar())), kFalse);
  EXPECT_EQ(Of(CompareOp::kGt, 5, Range(int64_t{5}, Scalar())), kTrueOrFalse);
  EXPECT_EQ(Of(CompareOp::kGt, 5, Range(Scalar(), int64_t{5})), kFalse);
  EXPECT_EQ(Of(CompareOp::kEq, 5, Range(Scalar(), Scalar(), true)), kAll);
}

TEST(EvaluateLeaf, NullsGiveNullExceptWhereDistinctAsks) {
  EXPECT_EQ(Of(CompareOp::kEq, 5, AllNull()), kNull);
  EXPECT_EQ(Of(CompareOp::kNotDistinctFrom, 5, AllNull()), kFalse);
  EXPECT_EQ(Of(CompareOp::kDistinctFrom, 5, AllNull()), kTrue);
  EXPECT_EQ(Of(CompareOp::kDistinctFrom, 5, Range(int64_t{5}, int64_t{5}, true)), kTrueOrFalse);
  EXPECT_EQ(EvaluateLeaf(Predicate::IsNull(Long()), AllNull()), kTrue);
  EXPECT_EQ(EvaluateLeaf(Predicate::IsNotNull(Long()), AllNull()), kFalse);
  EXPECT_EQ(EvaluateLeaf(Predicate::IsNull(Long()), kTenToTwenty), kFalse);
}

TEST(EvaluateLeaf, ANullLiteralIsNeverTrue) {
  EXPECT_EQ(EvaluateLeaf(Predicate::Compare(Long(), CompareOp::kLt, Scalar()), kTenToTwenty),
            kNull);
  EXPECT_EQ(
      EvaluateLeaf(Predicate::Compare(Long(), CompareOp::kNotDistinctFrom, Scalar()), kTenToTwenty),
      kFalse);
  EXPECT_EQ(EvaluateLeaf(Predicate::Compare(Long(), CompareOp::kDistinctFrom, Scalar()), AllNull()),
            kFalse);
  Predicate constant;
  constant.kind = PredicateKind::kConstant;
  constant.values.emplace_back();
  EXPECT_EQ(EvaluateLeaf(constant, {}), kNull);
}

TEST(EvaluateLeaf, InWithNullIsNeverFalse) {
  auto in = [](std::vector<Scalar> values, const ColumnRange& range) {
    return EvaluateLeaf(Predicate::In(Long(), std::move(values)), range);
  };
  EXPECT_EQ(in({int64_t{1}, int64_t{2}}, kTenToTwenty), kFalse);
  EXPECT_EQ(in({int64_t{1}, int64_t{12}}, kTenToTwenty), kTrueOrFalse);
  EXPECT_EQ(in({int64_t{1}, Scalar()}, kTenToTwenty), kNull);
  EXPECT_EQ(in({int64_t{12}, Scalar()}, kTenToTwenty), (TruthSet{true, false, true}));
  EXPECT_EQ(in({int64_t{7}, Scalar()}, Range(int64_t{7}, int64_t{7})), kTrue);
  EXPECT_EQ(in({}, kTenToTwenty), kFalse);
}

TEST(EvaluateLeaf, NanIsAboveEverythingAndEqualToItself) {
  auto of = [](CompareOp op, double value, Scalar min, Scalar max) {
    return EvaluateLeaf(Predicate::Compare(Real(), op, value),
                        Range(std::move(min), std::move(max)));
  };
  EXPECT_EQ(of(CompareOp::kGt, 5.0, 1.0, Scalar()), kTrueOrFalse);  // A file with NaN has no max.
  EXPECT_EQ(of(CompareOp::kEq, kNan, 1.0, 2.0), kFalse);
  EXPECT_EQ(of(CompareOp::kLt, kNan, 1.0, 2.0), kTrue);
  EXPECT_EQ(of(CompareOp::kEq, kNan, kNan, kNan), kTrue);
  EXPECT_EQ(of(CompareOp::kEq, 0.0, -0.0, -0.0), kTrue);
  EXPECT_EQ(of(CompareOp::kLt, 0.0, -0.0, 1.0), kFalse);
}

TEST(EvaluateLeaf, PrefixesMeetTruncatedBounds) {
  auto of = [](std::string prefix, Scalar min, Scalar max) {
    return EvaluateLeaf(Predicate::StartsWith(Text(), std::move(prefix)),
                        Range(std::move(min), std::move(max)));
  };
  std::string abc = "abc", abd = "abd", b = "b";
  EXPECT_EQ(of("abc", abc, abd), kTrueOrFalse);
  EXPECT_EQ(of("ab", abc, abd), kTrue);
  EXPECT_EQ(of("aa", abc, abd), kFalse);
  EXPECT_EQ(of("b", abc, abd), kFalse);
  EXPECT_EQ(of("abcdef", abc, abd), kTrueOrFalse);
  EXPECT_EQ(of("", abc, abd), kTrue);
  EXPECT_EQ(of("a", abc, Scalar()), kTrueOrFalse);
  EXPECT_EQ(of("\xC3", abc, b), kFalse);  // Bytes are unsigned.
}

TEST(EvaluateLeaf, NoRowsHaveNoOutcome) {
  EXPECT_EQ(Of(CompareOp::kEq, 5, NoRows()), (TruthSet{false, false, false}));
  EXPECT_EQ(EvaluateLeaf(Predicate::IsNull(Long()), NoRows()), (TruthSet{false, false, false}));
}

TEST(EvaluateLeaf, ValuesOfAnotherRepresentationDecideNothing) {
  EXPECT_EQ(
      EvaluateLeaf(Predicate::Compare(Long(), CompareOp::kEq, std::string("5")), kTenToTwenty),
      kTrueOrFalse);
  EXPECT_EQ(EvaluateLeaf(Predicate::Compare(Text(), CompareOp::kLt, 5.0), kTenToTwenty),
            kTrueOrFalse);
}

// Files of a table partitioned by day: five records each, x from 10 * i to 10 * i + 9.
class Pruned : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int64_t i = 0; i < 6; ++i) {
      AddFile file;
      file.path = fmt::format("f{}", i);
      file.size_bytes = 100;
      file.stats = fmt::format(
          R"({{"numRecords":5,"minValues":{{"phys-x":{}}},"maxValues":{{"phys-x":{}}},"nullCount":{{"phys-x":{}}}}})",
          10 * i, 10 * i + 9, i == 5 ? 5 : 0);
      if (i == 4) file.stats.reset();
      files_.Add(std::move(file), {i < 3 ? Scalar(int64_t{100 + i}) : Scalar()});
    }
  }
  PruneReport Run(const Predicate& predicate) {
    return Prune(files_, {0, 1, 2, 3, 4, 5}, predicate);
  }

  ListedFiles files_;
  ColumnRef day_ = Column("day", TypeKind::kDate, 0);
};

TEST_F(Pruned, StatisticsSkipFilesAndFilesWithoutThemStay) {
  auto report = Run(Predicate::Compare(Long(), CompareOp::kGe, int64_t{25}));
  EXPECT_EQ(report.kept, (FileOrdinals{2, 3, 4}));
  EXPECT_EQ(report.considered, 6);
  EXPECT_EQ(report.skipped_by_partition, 0);
  EXPECT_EQ(report.skipped_by_statistics, 3);
  EXPECT_EQ(report.bytes_considered, 600);
  EXPECT_EQ(report.bytes_kept, 300);
  EXPECT_EQ(report.columns, std::vector<std::string>{"x"});
}

TEST_F(Pruned, PartitionsGoFirstAndSpareTheStatistics) {
  auto report = Run(Predicate::And({Predicate::Compare(day_, CompareOp::kEq, int64_t{999}),
                                    Predicate::Compare(Long(), CompareOp::kEq, int64_t{1})}));
  EXPECT_TRUE(report.kept.empty());
  EXPECT_EQ(report.skipped_by_partition, 6);
  EXPECT_EQ(report.columns, std::vector<std::string>{"day"});
  EXPECT_EQ(files_.stats_calls(), 0);
}

TEST_F(Pruned, TheReportNamesWhatDecided) {
  auto report = Run(Predicate::And({Predicate::Compare(Long(), CompareOp::kLt, int64_t{10}),
                                    Predicate::Compare(day_, CompareOp::kLt, int64_t{102})}));
  EXPECT_EQ(report.kept, (FileOrdinals{0}));
  EXPECT_EQ(report.skipped_by_partition, 4);
  EXPECT_EQ(report.skipped_by_statistics, 1);
  EXPECT_EQ(report.columns, (std::vector<std::string>{"day", "x"}));
  EXPECT_EQ(report.causes, (std::vector<PruneCause>{{"day", true, 4}, {"x", false, 1}}));
  report =
      Run(Predicate::Not(Predicate::Or({Predicate::IsNull(day_), Predicate::IsNotNull(day_)})));
  EXPECT_TRUE(report.kept.empty());
  EXPECT_EQ(report.columns, std::vector<std::string>{"day"});
}

TEST_F(Pruned, AFileThatSeveralColumnsExcludeCountsOnceForEach) {
  const ColumnRef other = Column("day", TypeKind::kDate, 0);
  auto report =
      Run(Predicate::Or({Predicate::Compare(Long(), CompareOp::kGt, int64_t{1'000}),
                         Predicate::And({Predicate::IsNull(day_),
                                         Predicate::Compare(other, CompareOp::kEq, int64_t{5})})}));
  EXPECT_EQ(report.kept, (FileOrdinals{4}));
  EXPECT_EQ(report.causes, (std::vector<PruneCause>{{"day", true, 5}, {"x", false, 5}}));
}

TEST_F(Pruned, NullPartitionsMatchIsNullOnly) {
  EXPECT_EQ(Run(Predicate::IsNull(day_)).kept, (FileOrdinals{3, 4, 5}));
  EXPECT_EQ(Run(Predicate::Compare(day_, CompareOp::kNe, int64_t{100})).kept, (FileOrdinals{1, 2}));
  EXPECT_EQ(Run(Predicate::Compare(day_, CompareOp::kDistinctFrom, int64_t{100})).kept,
            (FileOrdinals{1, 2, 3, 4, 5}));
}

TEST_F(Pruned, WhatIsNotUnderstoodKeepsEveryFile) {
  EXPECT_EQ(Run(Predicate::Unknown()).kept.size(), 6U);
  EXPECT_EQ(Run(Predicate::Not(Predicate::Unknown())).kept.size(), 6U);
  EXPECT_EQ(Run(Predicate::And({Predicate::Unknown(),
                                Predicate::Compare(Long(), CompareOp::kLt, int64_t{10})}))
                .kept,
            (FileOrdinals{0, 4}));
  EXPECT_EQ(Run(Predicate::Constant(false)).kept.size(), 0U);
}

TEST_F(Pruned, AnAllNullFileMatchesOnlyIsNull) {
  auto x_is_any = Predicate::Compare(Long(), CompareOp::kGe, int64_t{-1'000});
  EXPECT_EQ(Run(x_is_any).kept, (FileOrdinals{0, 1, 2, 3, 4}));
  EXPECT_EQ(Run(Predicate::IsNull(Long())).kept, (FileOrdinals{4, 5}));
  EXPECT_EQ(Evaluate(x_is_any, files_, 0), kTrue);
  EXPECT_EQ(Evaluate(x_is_any, files_, 4), kAll);
  EXPECT_EQ(Evaluate(x_is_any, files_, 5), kNull);
}

TEST(FindColumn, ResolvesNestedNamesToPhysicalPaths) {
  DataType inner;
  inner.kind = TypeKind::kStruct;
  Field leaf;
  leaf.name = "Leaf";
  leaf.type.kind = TypeKind::kLong;
  leaf.metadata = {{"delta.columnMapping.physicalName", "\"col-7\""}};
  inner.fields = {leaf};
  Field outer;
  outer.name = "st";
  outer.type = inner;
  Field day;
  day.name = "day";
  day.type.kind = TypeKind::kDate;
  Field list;
  list.name = "list";
  list.type.kind = TypeKind::kArray;
  list.type.fields = {leaf};
  Schema schema{{outer, day, list}};

  auto found = FindColumn(schema, {"day"}, {"st", "leaf"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "st.Leaf");
  EXPECT_EQ(found->path, (StatsPath{"st", "col-7"}));
  EXPECT_EQ(found->partition, -1);
  EXPECT_EQ(FindColumn(schema, {"day"}, {"DAY"})->partition, 0);
  EXPECT_FALSE(FindColumn(schema, {}, {"st"}));
  EXPECT_FALSE(FindColumn(schema, {}, {"list", "element"}));
  EXPECT_FALSE(FindColumn(schema, {}, {"list"}));
  EXPECT_FALSE(FindColumn(schema, {}, {"nothing"}));
  EXPECT_FALSE(FindColumn(schema, {}, {}));
}

TEST(FormatPredicate, ReadsAsPeopleWriteIt) {
  auto x = [](int64_t v) { return Predicate::Compare(Long(), CompareOp::kGe, v); };
  EXPECT_EQ(
      FormatPredicate(Predicate::And({x(1), Predicate::Or({x(2), Predicate::IsNull(Text())})})),
      "x >= 1 AND (x >= 2 OR s IS NULL)");
  EXPECT_EQ(FormatPredicate(Predicate::Not(Predicate::StartsWith(Text(), "ab"))),
            "NOT (s LIKE 'ab%')");
  EXPECT_EQ(FormatPredicate(Predicate::In(Long(), {int64_t{1}, Scalar()})), "x IN (1, NULL)");
  EXPECT_EQ(FormatPredicate(Predicate::And({})), "TRUE");
  EXPECT_EQ(FormatPredicate(Predicate::Constant(false)), "FALSE");
}

}  // namespace
}  // namespace lakehold::delta
