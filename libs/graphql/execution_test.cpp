#include <gtest/gtest.h>

#include <thread>

#include "libs/graphql/json.hpp"
#include "libs/graphql/test_shop.hpp"

namespace souk::graphql {
namespace {

using testing::Ask;
using testing::MakeShop;
using testing::Shop;

class GraphqlExecutionTest : public ::testing::Test {
 protected:
  std::string Run(const std::string& text, const std::string& variables = "{}", const std::string& operation = "") {
    return Ask(*engine_, shop_, text, variables, operation);
  }

  std::shared_ptr<Engine> engine_ = testing::MakeShopEngine({}).value();
  std::shared_ptr<Shop> shop_ = MakeShop(3);
};

TEST_F(GraphqlExecutionTest, AnswersInTheOrderOfTheQuery) {
  EXPECT_EQ(Run("{ b: product(id: \"p1\") { price name __typename } a: product(id: \"p9\") { id } }"),
            R"({"data":{"b":{"price":1,"name":"Name \"1\"","__typename":"Product"},"a":null}})");
}

TEST_F(GraphqlExecutionTest, FetchesAFieldOnceForAllParents) {
  EXPECT_EQ(Run("{ products(first: 3) { id related { id price } } }"),
            R"({"data":{"products":[{"id":"p0","related":[{"id":"p1","price":1}]},{"id":"p1","related":[{"id":"p2","price":2}]},)"
            R"({"id":"p2","related":[{"id":"p0","price":0}]}]}})");
  EXPECT_EQ(shop_->fetches, (std::vector<std::string>{"Query.products x1", "Product.id x3", "Product.related x3", "Product.id x3", "Product.price x3"}));
}

TEST_F(GraphqlExecutionTest, MergesFragmentsByResponseName) {
  EXPECT_EQ(Run("{ product(id: \"p0\") { ...A id related { id } } } fragment A on Thing { id ... on Product { related { price } } }"),
            R"({"data":{"product":{"id":"p0","related":[{"price":1,"id":"p1"}]}}})");
}

TEST_F(GraphqlExecutionTest, ResolvesInterfacesByType) {
  EXPECT_EQ(Run("{ anything { __typename id ... on Shelf { row } ... on Product { price } } }"),
            R"({"data":{"anything":[{"__typename":"Product","id":"p0","price":0},{"__typename":"Shelf","id":"7","row":7},)"
            R"({"__typename":"Product","id":"p1","price":1},null]}})");
}

TEST_F(GraphqlExecutionTest, SkipsAndIncludes) {
  const std::string text = "query ($x: Boolean!) { product(id: \"p0\") { id @skip(if: $x) name @include(if: $x) ... @include(if: false) { price } } }";
  EXPECT_EQ(Run(text, R"({"x":true})"), R"({"data":{"product":{"name":"Name \"0\""}}})");
  EXPECT_EQ(Run(text, R"({"x":false})"), R"({"data":{"product":{"id":"p0"}}})");
}

TEST_F(GraphqlExecutionTest, CoercesVariablesArgumentsAndDefaults) {
  EXPECT_EQ(Run("query ($i: Int = 5, $in: Filter, $j: JSON) { echo(i: $i, in: $in, j: $j, list: 3, e: LARGE, f: 2) }",
                R"({"in":{"size":"SMALL","tags":"a","sub":{"min":null}},"j":{"z":[1.5,null]}})"),
            R"({"data":{"echo":"{\"i\":5,\"f\":2,\"e\":\"LARGE\",\"in\":{\"min\":1,\"tags\":[\"a\"],\"size\":\"SMALL\",\"sub\":{\"min\":null}},)"
            R"(\"j\":{\"z\":[1.5,null]},\"list\":[[3]]}"}})");
  EXPECT_EQ(Run("query ($i: Int!, $in: Filter) { echo(i: $i, in: $in) }", R"({"i":2147483648,"in":{"tags":["a",1],"x":2}})"),
            R"({"errors":[{"message":"Variable \"$i\" got invalid value 2147483648; Int cannot represent non 32-bit signed integer value: 2147483648","locations":[{"line":1,"column":8}]},)"
            R"({"message":"Variable \"$in\" got invalid value 1 at \"in.tags[1]\"; String cannot represent a non string value: 1","locations":[{"line":1,"column":18}]},)"
            R"({"message":"Variable \"$in\" got invalid value { tags: [\"a\", 1], x: 2 }; Field \"x\" is not defined by type \"Filter\".","locations":[{"line":1,"column":18}]}]})");
  EXPECT_EQ(Run("query ($i: Int!) { echo(i: $i) }"),
            R"({"errors":[{"message":"Variable \"$i\" of required type \"Int!\" was not provided.","locations":[{"line":1,"column":8}]}]})");
}

TEST_F(GraphqlExecutionTest, TellsErrorsWithTheirPlaces) {
  EXPECT_EQ(Run("{ products { id failing } }"),
            R"({"errors":[{"message":"No luck with p0.","locations":[{"line":1,"column":17}],"path":["products",0,"failing"]},)"
            R"({"message":"No luck with p1.","locations":[{"line":1,"column":17}],"path":["products",1,"failing"]}],)"
            R"("data":{"products":[{"id":"p0","failing":null},{"id":"p1","failing":null}]}})");
}

TEST_F(GraphqlExecutionTest, GivesErrorsTheirCode) {
  EXPECT_EQ(Run("{ broken { id } }"),
            R"({"errors":[{"message":"Broken.","locations":[{"line":1,"column":3}],"path":["broken"],"extensions":{"code":"UNAVAILABLE"}}],"data":{"broken":null}})");
}

TEST_F(GraphqlExecutionTest, LetsNullsRiseToTheNextPlaceThatMayBeNull) {
  EXPECT_EQ(Run("{ product(id: \"p0\") { id must } x: echo }"),
            R"({"errors":[{"message":"Cannot return null for non-nullable field Product.must.","locations":[{"line":1,"column":26}],"path":["product","must"]}],)"
            R"("data":{"product":null,"x":"{}"}})");
  EXPECT_EQ(Run("{ echo products { mustFail } }"),
            R"({"errors":[{"message":"No luck with p0.","locations":[{"line":1,"column":19}],"path":["products",0,"mustFail"]}],"data":null})");
}

TEST_F(GraphqlExecutionTest, RunsMutationsOneAfterTheOther) {
  EXPECT_EQ(Run("mutation { a: rename(id: \"p0\", name: \"X\") { name } b: rename(id: \"p0\", name: \"Y\") { name related { id } } }"),
            R"({"data":{"a":{"name":"X"},"b":{"name":"Y","related":[{"id":"p1"}]}}})");
  shop_->fetches.clear();
  Run("mutation { failHard rename(id: \"p0\", name: \"Z\") { name } }");
  EXPECT_EQ(shop_->fetches, std::vector<std::string>{"Mutation.failHard x1"});
}

TEST_F(GraphqlExecutionTest, WaitsForResolversThatAnswerLater) {
  std::string body;
  Request request;
  request.prepared = engine_->Prepare("{ products { id slowName } product(id: \"p2\") { slowName } }").prepared;
  request.context = shop_;
  engine_->Execute(std::move(request), [&](Response response) { body = response.body; });
  EXPECT_EQ(body, "");
  ASSERT_EQ(shop_->deferred.size(), 2U);
  std::vector<std::thread> threads;
  for (auto& deferred : shop_->deferred) {
    threads.emplace_back([&deferred] {
      for (std::size_t i = 0; i < deferred->batch().size(); ++i) deferred->batch()[i].String("slow " + std::to_string(i));
      deferred->Done();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(body, R"({"data":{"products":[{"id":"p0","slowName":"slow 0"},{"id":"p1","slowName":"slow 1"}],"product":{"slowName":"slow 0"}}})");
}

TEST_F(GraphqlExecutionTest, TellsAnErrorWhenAResolverGivesUp) {
  std::string body;
  Request request;
  request.prepared = engine_->Prepare("{ product(id: \"p0\") { slowName } }").prepared;
  request.context = shop_;
  engine_->Execute(std::move(request), [&](Response response) { body = response.body; });
  shop_->deferred.clear();
  EXPECT_EQ(body, R"({"errors":[{"message":"The answer was given up.","locations":[{"line":1,"column":23}],"path":["product","slowName"]}],"data":{"product":{"slowName":null}}})");
}

TEST_F(GraphqlExecutionTest, StopsWhenTheRequestHasNoTimeLeft) {
  int asked = 0;
  std::string body;
  Request request;
  request.prepared = engine_->Prepare("{ product(id: \"p0\") { id name } }").prepared;
  request.context = shop_;
  request.expired = [&asked] { return ++asked > 2; };
  engine_->Execute(std::move(request), [&](Response response) { body = response.body; });
  EXPECT_EQ(body, R"({"errors":[{"message":"The request ran out of time.","locations":[{"line":1,"column":26}],"path":["product","name"],"extensions":{"code":"DEADLINE_EXCEEDED"}}],"data":{"product":null}})");
}

TEST_F(GraphqlExecutionTest, ChoosesTheOperation) {
  const std::string two = "query A { echo } query B { product(id: \"p0\") { id } }";
  EXPECT_EQ(Run(two, "{}", "B"), R"({"data":{"product":{"id":"p0"}}})");
  EXPECT_EQ(Run(two), R"({"errors":[{"message":"Must provide operation name if query contains multiple operations."}]})");
  EXPECT_EQ(Run(two, "{}", "C"), R"({"errors":[{"message":"Unknown operation named \"C\"."}]})");
}

TEST_F(GraphqlExecutionTest, DescribesItsSchema) {
  EXPECT_EQ(Run(R"({ __type(name: "Filter") { kind name inputFields { name defaultValue type { kind name ofType { name } } } fields { name } } })"),
            R"({"data":{"__type":{"kind":"INPUT_OBJECT","name":"Filter","inputFields":[{"name":"min","defaultValue":"1","type":{"kind":"SCALAR","name":"Int","ofType":null}},)"
            R"({"name":"tags","defaultValue":null,"type":{"kind":"LIST","name":null,"ofType":{"name":null}}},)"
            R"({"name":"size","defaultValue":null,"type":{"kind":"ENUM","name":"Size","ofType":null}},)"
            R"({"name":"sub","defaultValue":null,"type":{"kind":"INPUT_OBJECT","name":"Filter","ofType":null}}],"fields":null}}})");
  EXPECT_EQ(Run("{ __schema { queryType { name } mutationType { name } directives { name locations } } }").find("errors"), std::string::npos);
}

TEST_F(GraphqlExecutionTest, RefusesResolversThatDoNotFitTheSchema) {
  const auto schema = Schema::Build("type Query { a: Int b: Int }").schema;
  Resolvers resolvers;
  resolvers.Field("Query", "a", [](Batch&) {}).Field("Query", "c", [](Batch&) {});
  const auto engine = Engine::Create(schema, resolvers);
  ASSERT_FALSE(engine.ok());
  EXPECT_NE(engine.error().message.find("Query.b"), std::string::npos);
  EXPECT_NE(engine.error().message.find("Query.c"), std::string::npos);
}

TEST_F(GraphqlExecutionTest, AnswersEachEventOfASubscription) {
  std::vector<std::string> bodies;
  bool ended = false;
  Request request;
  request.prepared = engine_->Prepare("subscription { priceChanged(id: \"p1\") { id price } }").prepared;
  request.context = shop_;
  auto started = engine_->Subscribe(request, {[&](Response response) { bodies.push_back(SseNext(response.body)); }, [&] { ended = true; }});
  ASSERT_EQ(started.index(), 0U);
  EXPECT_TRUE(shop_->listeners[0]->Emit({&shop_->products[1], 0, nullptr}));
  shop_->products[1].price = 50;
  EXPECT_TRUE(shop_->listeners[0]->Emit({&shop_->products[1], 0, nullptr}));
  EXPECT_EQ(bodies, (std::vector<std::string>{"event: next\ndata: {\"data\":{\"priceChanged\":{\"id\":\"p1\",\"price\":1}}}\n\n",
                                              "event: next\ndata: {\"data\":{\"priceChanged\":{\"id\":\"p1\",\"price\":50}}}\n\n"}));
  shop_->listeners[0]->End();
  EXPECT_TRUE(ended);
  EXPECT_EQ(shop_->stopped, 1);
  EXPECT_FALSE(shop_->listeners[0]->Emit({&shop_->products[1], 0, nullptr}));

  request.prepared = engine_->Prepare("subscription { priceChanged(id: \"none\") { id } }").prepared;
  const auto refused = engine_->Subscribe(request, {[](Response) {}, [] {}});
  ASSERT_EQ(refused.index(), 1U);
  EXPECT_EQ(std::get<1>(refused).body,
            R"({"errors":[{"message":"There is no such product.","locations":[{"line":1,"column":16}],"path":["priceChanged"]}],"data":null})");
}

TEST_F(GraphqlExecutionTest, EndsASubscriptionWhoseClientIsTooSlow) {
  bool ended = false;
  Request request;
  request.prepared = engine_->Prepare("subscription { priceChanged(id: \"p1\") { slowName } }").prepared;
  request.context = shop_;
  SubscriptionClient client{[](Response) {}, [&] { ended = true; }};
  client.queue_max = 2;
  const auto started = engine_->Subscribe(request, std::move(client));
  int taken = 0;
  while (taken < 10 && shop_->listeners[0]->Emit({&shop_->products[1], 0, nullptr})) ++taken;
  EXPECT_EQ(taken, 3);  // one is being answered, two wait
  EXPECT_TRUE(ended);
  shop_->deferred.clear();
}

}  // namespace
}  // namespace souk::graphql
