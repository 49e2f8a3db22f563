#include "delta/json_text.h"

#include <gtest/gtest.h>

namespace lakehold::delta {
namespace {

std::string Unescaped(std::string_view raw) {
  std::string out = "kept:";
  return AppendUnescaped(raw, out) ? out : "broken, " + out;
}

TEST(JsonText, UndoesEveryEscape) {
  EXPECT_EQ(Unescaped(""), "kept:");
  EXPECT_EQ(Unescaped("plain"), "kept:plain");
  EXPECT_EQ(Unescaped(R"({\"a\":\"\\\/\b\f\n\r\t\"})"), "kept:{\"a\":\"\\/\b\f\n\r\t\"}");
  EXPECT_EQ(Unescaped(R"(\u0041\u00e9\u20ac\ud83d\ude00!)"), "kept:Aé€😀!");
  EXPECT_EQ(Unescaped(R"(\u0000)"), std::string("kept:\0", 6));
}

TEST(JsonText, UnescapesAtEveryPlaceOfEveryLength) {
  for (size_t size = 0; size < 40; ++size) {
    for (size_t at = 0; at <= size; ++at) {
      const std::string before(at, 'a'), after(size - at, 'b');
      EXPECT_EQ(Unescaped(before + "\\n" + after), "kept:" + before + "\n" + after);
      EXPECT_EQ(Unescaped(before + "\\u20ac\\\\" + after), "kept:" + before + "€\\" + after);
      EXPECT_EQ(Unescaped(before + "\\"), "broken, kept:");
    }
  }
}

TEST(JsonText, KeepsNothingOfWhatIsBroken) {
  for (const char* raw : {"a\\", "a\\q", "\\u12", "\\u12g4", "\\u-123", "\\ud83d", "\\ud83dx",
                          "\\ud83d\\u0041", "\\ude00"}) {
    EXPECT_EQ(Unescaped(raw), "broken, kept:") << raw;
  }
}

TEST(JsonText, TellsOneValueFromWhatOnlyLooksLikeOne) {
  for (const char* json : {" null\n", "true", "-0.5e+3", "\"\\u00e9\\n\"", "[]", "{}",
                           "[1, {\"a\" : [null]}]", "{\"a\":1,\"a\":2}"})
    EXPECT_TRUE(IsOneJsonValue(json)) << json;
  for (const char* text :
       {"",     " ",     "1 2",     "nul",        "nulls",   "01",         "1.",
        "-",    "1e",    "+1",      "\"a",        "\"\\q\"", "\"\\u12\"",  "\"\n\"",
        "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}",   "{\"a\"b:1}", "{\"a\":\"b\"c\"}",
        "{}{}", "[",     "]"})
    EXPECT_FALSE(IsOneJsonValue(text)) << text;
  EXPECT_FALSE(IsOneJsonValue(std::string(100'000, '[')));
}

}  // namespace
}  // namespace lakehold::delta
