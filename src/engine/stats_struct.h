// StatsStruct: the columns stats_parsed and partitionValues_parsed of a checkpoint, typed by the
// table's schema, from the JSON and the texts in the log. Externally synchronized.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"

#include "delta/action.h"
#include "delta/schema.h"
#include "delta/stats_parser.h"

namespace lakehold::engine {

class StatsStruct {
 public:
  // Of the leaves that get statistics, by physical names. Throws an engine error for a type that no
  // file can have.
  StatsStruct(const delta::Schema& schema, const delta::Metadata& metadata);

  // Without a leaf or partition column the struct is left out.
  bool has_partitions() const { return !partitions_.empty(); }
  duckdb::LogicalType stats_type() const { return stats_type_; }
  duckdb::LogicalType partitions_type() const { return partitions_type_; }
  // NULL where the file has none; what cannot be read, or not be trusted, is NULL inside.
  duckdb::Value StatsOf(const delta::AddFile& add);
  duckdb::Value PartitionsOf(const delta::AddFile& add) const;

 private:
  // A column or struct field with statistics.
  struct Node {
    std::string name;  // Physical.
    delta::DataType type;
    delta::StatsPath path;       // To here.
    std::vector<Node> children;  // None: a leaf.
  };
  enum class Part : uint8_t { kMin, kMax, kNullCount };

  static void AddLeaf(std::vector<Node>& nodes, const std::vector<delta::Field>& fields,
                      const delta::StatsPath& path, size_t depth);
  static duckdb::LogicalType TypeOf(const std::vector<Node>& nodes, bool counts);
  duckdb::Value ValuesOf(const std::vector<Node>& nodes, Part part, std::string_view json,
                         delta::StatsTrust trust);

  std::vector<Node> leaves_;
  std::vector<Node> partitions_;
  duckdb::LogicalType stats_type_, partitions_type_;
  delta::StatsParser parser_;
};

}  // namespace lakehold::engine
