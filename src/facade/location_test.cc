#include "facade/location.h"

#include <gtest/gtest.h>

namespace lakehold {
namespace {

TEST(TableName, IsATableOrASchemaAndATable) {
  EXPECT_EQ(ParseTableName("trips")->table, "trips");
  EXPECT_EQ(ParseTableName("trips")->schema, "");
  EXPECT_EQ(ParseTableName("main.trips")->schema, "");
  EXPECT_EQ(ParseTableName("sales.trips")->schema, "sales");
  EXPECT_EQ(ParseTableName("sales.trips")->table, "trips");
}

TEST(TableName, QuotesHoldDotsAndDoubledQuotes) {
  EXPECT_EQ(ParseTableName("\"a.b\"")->table, "a.b");
  EXPECT_EQ(ParseTableName("s.\"a\"\"b\"")->table, "a\"b");
}

TEST(TableName, WhatCannotBeAFolderIsRefused) {
  for (const char* name : {"", "a.b.c", "\"open"}) {
    EXPECT_EQ(ParseTableName(name).error().reason, "facade.bad_table_name") << name;
  }
  for (const char* name : {"_log", ".hidden", "a/b", "a\nb", "main.", ".", "_s.trips"}) {
    EXPECT_EQ(ParseTableName(name).error().reason, "delta.bad_table_name") << name;
  }
}

TEST(TableName, IsQuotedForSqlWithItsCatalog) {
  EXPECT_EQ(QualifiedName("lake7", {"", "a\"b"}), R"("lake7"."main"."a""b")");
  EXPECT_EQ(QualifiedName("lake7", {"sales", "t"}), R"("lake7"."sales"."t")");
}

TEST(Location, TheLastPartOfAPathIsTheName) {
  EXPECT_EQ(NameOf("data/lake/trips"), "trips");
  EXPECT_EQ(NameOf("data/lake/trips//"), "trips");
  EXPECT_EQ(NameOf("trips"), "trips");
}

}  // namespace
}  // namespace lakehold
