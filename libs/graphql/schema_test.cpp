#include "libs/graphql/schema.hpp"

#include <gtest/gtest.h>

namespace souk::graphql {
namespace {

std::string Errors(const std::string& sdl) {
  std::string out;
  for (const GraphQLError& error : Schema::Build(sdl).errors) {
    out += error.message + " " + std::to_string(error.locations.at(0).line) + ":" + std::to_string(error.locations.at(0).column) + "\n";
  }
  return out;
}

TEST(GraphqlSchemaTest, HoldsWhatTheTextDefines) {
  const BuiltSchema built = Schema::Build(R"(
    "A shop." schema { query: Shop }
    interface Node { id: ID! }
    type Shop implements Node { id: ID! products(first: Int! = 20, tags: [String!] = ["a"]): [Product!]! }
    "What is sold." type Product implements Node { id: ID! name: String @deprecated(reason: "old") color: Color }
    enum Color { RED @deprecated GREEN }
    union Thing = Shop | Product
    input Filter { min: Float = 1.5 and: [Filter!] }
    scalar Date @specifiedBy(url: "https://example.com/date")
    extend type Product { filter(by: Filter = {}): Boolean }
    directive @cost(weight: Int!) repeatable on FIELD_DEFINITION
  )");
  ASSERT_TRUE(built.errors.empty()) << built.errors[0].message;
  const Schema& schema = *built.schema;
  EXPECT_EQ(schema.description(), "A shop.");
  EXPECT_EQ(schema.Root(ast::OperationType::kQuery)->name, "Shop");
  EXPECT_EQ(schema.Root(ast::OperationType::kMutation), nullptr);
  const NamedType& product = *schema.FindType("Product");
  EXPECT_EQ(product.description, "What is sold.");
  EXPECT_EQ(product.FindField("name")->deprecation, "old");
  EXPECT_EQ(ToString(*schema.FindType("Shop")->FindField("products")->type), "[Product!]!");
  EXPECT_EQ(schema.FindType("Shop")->FindField("products")->arguments[0].default_value->AsInt(), 20);
  EXPECT_EQ(product.FindField("filter")->arguments[0].default_value->Find("min")->AsFloat(), 1.5);
  EXPECT_EQ(schema.FindType("Color")->values[0].deprecation, "No longer supported");
  EXPECT_EQ(schema.FindType("Node")->possible.size(), 2U);
  EXPECT_TRUE(Overlap(*schema.FindType("Node"), *schema.FindType("Thing")));
  EXPECT_EQ(schema.FindType("Date")->specified_by, "https://example.com/date");
  EXPECT_TRUE(schema.FindDirective("cost")->repeatable);
  EXPECT_NE(schema.FindDirective("skip"), nullptr);
  EXPECT_NE(schema.FindField(*schema.FindType("Shop"), "__schema"), nullptr);
  EXPECT_EQ(schema.FindField(product, "__schema"), nullptr);
  EXPECT_NE(schema.FindField(product, "__typename"), nullptr);
}

TEST(GraphqlSchemaTest, TellsAllThatIsWrongWithTheText) {
  EXPECT_EQ(Errors("type A { b: B }"), "Unknown type \"B\". 1:13\n");
  EXPECT_EQ(Errors("type A { a: Int }"), "Query root type must be provided. 1:1\n");
  EXPECT_EQ(Errors("type Query { a: Int a: Int }"), "Field \"a\" can only be defined once. 1:21\n");
  EXPECT_EQ(Errors("type Query { a: Int }\ntype Query { b: Int }"), "There can be only one type named \"Query\". 2:6\n");
  EXPECT_EQ(Errors("type Query { a(x: Query): I }\ninput I { i: I! }"),
            "The type of \"Query.a\" must be an output type. 1:14\nThe type of \"x\" of Query.a must be an input type. 1:16\n"
            "Cannot reference Input Object \"I\" within itself through non-null fields. 2:1\n");
  EXPECT_EQ(Errors("type Query implements N { a: Int }\ninterface N { id: ID! a: Int! }"),
            "Interface field \"N.id\" expected but \"Query\" does not provide it. 1:1\n"
            "Interface field \"N.a\" expects type Int! but \"Query.a\" is Int. 1:27\n");
  EXPECT_EQ(Errors("type Query { __a(x: Int = \"s\"): Int @nope }"),
            "The default value of \"x\" does not fit its type Int. 1:18\nName \"__a\" must not begin with \"__\", which is reserved. 1:14\n"
            "Unknown directive \"@nope\". 1:37\n");
  EXPECT_EQ(Errors("type Query { a: Int } {a}"), "A schema holds type definitions only. 1:23\n");
}

}  // namespace
}  // namespace souk::graphql
