#include "libs/graphql/parser.hpp"

#include <gtest/gtest.h>

#include "libs/base/random.hpp"
#include "libs/graphql/json.hpp"
#include "libs/graphql/printer.hpp"

namespace souk::graphql {
namespace {

std::string Printed(const std::string& text) {
  const Parsed parsed = Parse(text, ParseLimits::Trusted());
  return parsed.ok() ? Print(*parsed.document) : parsed.error->message;
}

std::string Failure(const std::string& text) {
  const Parsed parsed = Parse(text);
  if (parsed.ok()) return "parsed";
  std::string out = parsed.error->message;
  for (const Location& at : parsed.error->locations) out += " " + std::to_string(at.line) + ":" + std::to_string(at.column);
  return out;
}

TEST(GraphqlParserTest, PrintsWhatTheSpecificationShows) {
  EXPECT_EQ(Printed("{ user(id: 4) { name } }"), "{\n  user(id: 4) {\n    name\n  }\n}");
  EXPECT_EQ(Printed("mutation { likeStory(storyID: 12345) { story { likeCount } } }"),
            "mutation {\n  likeStory(storyID: 12345) {\n    story {\n      likeCount\n    }\n  }\n}");
  EXPECT_EQ(Printed("query q($devicePicSize: Int = 5 @a) @b { smallPic: profilePic(size: $devicePicSize) ...f @include(if: true) }"),
            "query q($devicePicSize: Int = 5 @a) @b {\n  smallPic: profilePic(size: $devicePicSize)\n  ...f @include(if: true)\n}");
  EXPECT_EQ(Printed("fragment f on User @d { ... on Page { id } ... @skip(if: $x) { a } }"),
            "fragment f on User @d {\n  ... on Page {\n    id\n  }\n  ... @skip(if: $x) {\n    a\n  }\n}");
}

TEST(GraphqlParserTest, ReadsEveryKindOfValue) {
  EXPECT_EQ(Printed(R"({a(b: [1, -2.5e3, "x\u00e9\uD83D\uDE00\u{1F600}\n", true, null, RED, $v, {k: [], m: {}}])})"),
            "{\n  a(b: [1, -2.5e3, \"x\u00e9\U0001F600\U0001F600\\n\", true, null, RED, $v, {k: [], m: {}}])\n}");
  EXPECT_EQ(Printed("{a(b: \"\"\"\n    Hello,\n      World!\n\n    Yours,\n      GraphQL.\n  \"\"\")}"),
            "{\n  a(b: \"\"\"\n  Hello,\n    World!\n  \n  Yours,\n    GraphQL.\n  \"\"\")\n}");
}

TEST(GraphqlParserTest, KeepsKeywordsAsNames) {
  EXPECT_EQ(Printed("{ fragment query on type }"), "{\n  fragment\n  query\n  on\n  type\n}");
}

TEST(GraphqlParserTest, ReadsTheTypeSystem) {
  const std::string text =
      "\"\"\"doc\"\"\"\nschema @a {\n  query: Q\n}\n\nscalar Date @specifiedBy(url: \"x\")\n\n"
      "type Q implements Node & Named @key {\n  \"one\"\n  a(x: Int = 1, y: [S!]!): String! @deprecated\n}\n\n"
      "interface Node implements Base {\n  id: ID\n}\n\nunion U @x = A | B\n\nenum E {\n  A\n  B @deprecated\n}\n\n"
      "input I {\n  a: Int = 3\n}\n\ndirective @d(a: Int) repeatable on FIELD | QUERY\n\nextend type Q @b";
  EXPECT_EQ(Printed(text), text);
}

TEST(GraphqlParserTest, SaysWhereTheSyntaxIsWrong) {
  EXPECT_EQ(Failure("{"), "Syntax Error: Expected Name, found <EOF>. 1:2");
  EXPECT_EQ(Failure("{ ...MissingOn }\nfragment MissingOn Type"), "Syntax Error: Expected \"on\", found Name \"Type\". 2:20");
  EXPECT_EQ(Failure("{ field: {} }"), "Syntax Error: Expected Name, found \"{\". 1:10");
  EXPECT_EQ(Failure("notAnOperation Foo { field }"), "Syntax Error: Unexpected Name \"notAnOperation\". 1:1");
  EXPECT_EQ(Failure("..."), "Syntax Error: Unexpected \"...\". 1:1");
  EXPECT_EQ(Failure("{ a(b: \"x"), "Syntax Error: Unterminated string. 1:10");
  EXPECT_EQ(Failure("{ a(b: 01) }"), "Syntax Error: Invalid number, unexpected digit after 0: \"1\". 1:9");
  EXPECT_EQ(Failure("{ \u00e9 }"), "Syntax Error: Unexpected character: U+00E9. 1:3");
  EXPECT_EQ(Failure("query ($a: Int = $b) { c }"), "Syntax Error: Unexpected variable \"$b\" in constant value. 1:18");
  EXPECT_EQ(Failure("# \U0001F600\n{ a(b: \"\U0001F600\" ?) }"), "Syntax Error: Unexpected character: \"?\". 2:13");
}

TEST(GraphqlParserTest, RefusesMoreThanItsLimits) {
  ParseLimits limits;
  limits.tokens_max = 5;
  EXPECT_TRUE(Parse("{ a b c }", limits).ok());
  EXPECT_NE(Parse("{ a b c d }", limits).error->message.find("limit \"tokens\": 5"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{a";
  EXPECT_NE(Parse(deep, ParseLimits::Trusted()).error->message.find("limit \"nesting\""), std::string::npos);
  EXPECT_NE(Parse("{a(b:" + std::string(100'000, '[') + ")}", ParseLimits::Trusted()).error->message.find("nesting"), std::string::npos);
  EXPECT_NE(Parse("query($a:" + std::string(100'000, '[') + ")", ParseLimits::Trusted()).error->message.find("nesting"), std::string::npos);
  EXPECT_NE(Parse(std::string(300 * 1024, ' ')).error->message.find("bytes"), std::string::npos);
}

TEST(GraphqlParserTest, SurvivesAnyBytes) {
  SeededRandom random(7);
  const std::string seed = R"(query Q($a: [Int!] = [1]) @d(x: "é\n") { a: b(c: {d: """x""", e: 1.5}) { ...F } ... on T { g } } # c)";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seed;
    for (std::uint64_t edits = random.Below(6); edits > 0; --edits) {
      const std::size_t at = random.Below(text.size());
      switch (random.Below(3)) {
        case 0: text[at] = static_cast<char>(random.Below(256)); break;
        case 1: text.erase(at, random.Below(8)); break;
        default: text.insert(at, text.substr(random.Below(text.size()), random.Below(12)));
      }
      if (text.empty()) text = "{";
    }
    const Parsed parsed = Parse(text);
    if (!parsed.ok()) {
      EXPECT_FALSE(parsed.error->message.empty());
      continue;
    }
    const std::string printed = Print(*parsed.document);
    const Parsed again = Parse(printed);
    ASSERT_TRUE(again.ok()) << text << "\n" << printed;
    EXPECT_EQ(Print(*again.document), printed);
  }
}

TEST(GraphqlJsonTest, ReadsAndWritesAsEcmaScriptDoes) {
  const auto round_trip = [](std::string_view text) -> std::string {
    Arena arena;
    const std::optional<Value> value = ParseJson(text, &arena);
    if (!value) return "refused";
    std::string out;
    AppendJson(*value, &out);
    return out;
  };
  EXPECT_EQ(round_trip(R"( {"a":[1,-2.50,1e21,1e-7,0.000001,123456789012345678901,-0],"b":"é\u0001\ud83d\ude00\/","a":true} )"),
            "{\"a\":true,\"b\":\"é\\u0001\U0001F600/\"}");
  EXPECT_EQ(round_trip("[1,-2.50,1e21,1e-7,0.000001,123456789012345678901,-0,1e400,5e-324,1.7976931348623157e308]"),
            "[1,-2.5,1e+21,1e-7,0.000001,123456789012345680000,0,null,5e-324,1.7976931348623157e+308]");
  for (const char* wrong : {"", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "\"\\x\"", "\"\x01\"", "\"\xff\"", "\"\\ud800\"", "1 2", "nul", "NaN", "'a'"}) {
    EXPECT_EQ(round_trip(wrong), "refused") << wrong;
  }
  EXPECT_EQ(round_trip(std::string(100, '[') + std::string(100, ']')), "refused");
}

}  // namespace
}  // namespace souk::graphql
