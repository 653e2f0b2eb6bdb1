#include "libs/graphql/limits.hpp"

#include <gtest/gtest.h>

#include "libs/graphql/parser.hpp"
#include "libs/graphql/test_shop.hpp"

namespace souk::graphql {
namespace {

std::string Limit(const std::string& text) {
  const Parsed parsed = Parse(text, ParseLimits::Trusted());
  const std::optional<GraphQLError> error = CheckLimits(*parsed.document, DocumentLimits{});
  return error ? error->message.substr(error->message.find("(limit")) : "";
}

TEST(GraphqlLimitsTest, CountsThroughFragments) {
  EXPECT_EQ(Limit("{ a { b { c { d { e { f } } } } } }"), "");
  EXPECT_EQ(Limit("{ a { b { c { d { e { f { g } } } } } } }"), "(limit \"depth\": 6).");
  EXPECT_EQ(Limit("{ a { b { c { ...F } } } } fragment F on T { d { e { f { g } } } }"), "(limit \"depth\": 6).");
  EXPECT_EQ(Limit("{ __schema { a { b { c { d { e { f { g } } } } } } } }"), "");
  EXPECT_EQ(Limit("{ ...F ...F } fragment F on T { a: x b: x c: x d: x e: x f: x g: x h: x }"), "(limit \"aliases\": 15).");
  std::string directives = "{ a";
  for (int i = 0; i < 51; ++i) directives += " @d";
  EXPECT_EQ(Limit(directives + " }"), "(limit \"directives\": 50).");
}

TEST(GraphqlLimitsTest, TakesLinearTimeWhereFragmentsDoubleEachOther) {
  std::string bomb = "{ ...F0 }";
  for (int i = 0; i < 60; ++i) {
    bomb += " fragment F" + std::to_string(i) + " on T { ...F" + std::to_string(i + 1) + " x ...F" + std::to_string(i + 1) + " }";
  }
  EXPECT_EQ(Limit(bomb + " fragment F60 on T { y }"), "(limit \"fields\": 1000).");
  EXPECT_EQ(Limit("{ ...A } fragment A on T { ...B } fragment B on T { ...A }"), "");
}

TEST(GraphqlLimitsTest, RefusesWhatCostsTooMuchBeforeItRuns) {
  EngineConfig config;
  config.cost.cost_max = 500;
  const std::shared_ptr<Engine> engine = testing::MakeShopEngine(config).value();
  const std::shared_ptr<testing::Shop> shop = testing::MakeShop(3);
  const auto refused = [&](const std::string& text, const std::string& variables = "{}") {
    shop->fetches.clear();
    const bool limit = testing::Ask(*engine, shop, text, variables).find("limit \\\"cost\\\": 500") != std::string::npos;
    EXPECT_TRUE(!limit || shop->fetches.empty());
    return limit;
  };
  EXPECT_FALSE(refused("{ products(first: 100) { id price } }"));
  EXPECT_TRUE(refused("{ products(first: 300) { id price } }"));
  EXPECT_TRUE(refused("query ($n: Int) { products(first: $n) { id price } }", R"({"n":1000000})"));
  EXPECT_FALSE(refused("query ($n: Int) { products(first: $n) { id price } }", R"({"n":10})"));
  EXPECT_TRUE(refused("{ products(first: 5) { expensive } }"));
  EXPECT_TRUE(refused("{ products(first: 5) { related { related { id } } } }"));
  EXPECT_TRUE(refused("{ connection(first: 250) { nodes { id price } } }"));
  EXPECT_FALSE(refused("{ connection(first: 20) { nodes { id price } } }"));
  EXPECT_FALSE(refused("{ products(first: 300) @skip(if: true) { id price } echo }"));
}

}  // namespace
}  // namespace souk::graphql
