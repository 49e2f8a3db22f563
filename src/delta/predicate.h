// Predicate: a condition over a table's columns, as far as file pruning understands it. Plain
// values.
//
// What pruning does not understand is kUnknown: it keeps every file. Next: pruning.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "delta/scalar.h"
#include "delta/schema.h"
#include "delta/stats.h"

namespace lakehold::delta {

enum class PredicateKind : uint8_t {
  kUnknown,   // May be anything.
  kConstant,  // `values[0]`: boolean or NULL.
  kCompare,   // column op values[0]
  kIn,        // column IN (values...), NULL among them allowed
  kIsNull,    // column IS NULL
  kIsNotNull,
  kStartsWith,  // column LIKE 'prefix%' : values[0] is the prefix
  kAnd,
  kOr,
  kNot,
};
enum class CompareOp : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kDistinctFrom, kNotDistinctFrom };

// A column of the table: a partition column, or a leaf below struct fields.
struct ColumnRef {
  std::string name;  // Logical dotted name, for people.
  StatsPath path;    // Physical.
  DataType type;
  int partition = -1;  // Index into metadata.partitionColumns, or -1.
};

struct Predicate {
  PredicateKind kind = PredicateKind::kUnknown;
  CompareOp op = CompareOp::kEq;
  ColumnRef column;
  std::vector<Scalar> values;  // Of the column's type.
  std::vector<Predicate> children;

  static Predicate Unknown() { return {}; }
  static Predicate Constant(bool value);
  static Predicate Compare(ColumnRef column, CompareOp op, Scalar value);
  static Predicate In(ColumnRef column, std::vector<Scalar> values);
  static Predicate IsNull(ColumnRef column);
  static Predicate IsNotNull(ColumnRef column);
  static Predicate StartsWith(ColumnRef column, std::string prefix);
  static Predicate And(std::vector<Predicate> children);
  static Predicate Or(std::vector<Predicate> children);
  static Predicate Not(Predicate child);
};

// The column of this (logical, dotted) name: nothing if absent, nested in a list or map, or of a
// type without order.
std::optional<ColumnRef> FindColumn(const Schema& schema,
                                    const std::vector<std::string>& partition_columns,
                                    const std::vector<std::string>& logical_path);

// For people: "day >= 2026-11-01 AND fare > 50".
std::string FormatPredicate(const Predicate& predicate);

}  // namespace lakehold::delta
