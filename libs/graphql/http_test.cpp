#include "libs/graphql/http.hpp"

#include <gtest/gtest.h>

#include "libs/base/hash.hpp"
#include "libs/base/random.hpp"
#include "libs/graphql/test_shop.hpp"

namespace souk::graphql {
namespace {

class GraphqlHttpTest : public ::testing::Test {
 protected:
  HttpAnswer Send(const HttpRequest& request) {
    HttpAnswer answer;
    HttpContext context;
    context.context = shop_;
    HttpEndpoint(engine_).Handle(request, context, [&](HttpAnswer given) { answer = std::move(given); });
    return answer;
  }
  HttpAnswer Post(std::string_view body, std::string_view accept = "") { return Send({"POST", "", "application/json", accept, body}); }
  HttpAnswer Get(std::string_view query) { return Send({"GET", query, "", "", ""}); }

  void Restart(const EngineConfig& config) { engine_ = testing::MakeShopEngine(config).value(); }

  std::shared_ptr<Engine> engine_ = testing::MakeShopEngine({}).value();
  std::shared_ptr<testing::Shop> shop_ = testing::MakeShop(3);
};

TEST_F(GraphqlHttpTest, AnswersPostAndGet) {
  const HttpAnswer post = Post(R"({"query":"query Q($id: ID!) { product(id: $id) { id } }","variables":{"id":"p1"},"operationName":"Q"})");
  EXPECT_EQ(post.status, 200);
  EXPECT_EQ(post.content_type, "application/graphql-response+json; charset=utf-8");
  EXPECT_EQ(post.body, R"({"data":{"product":{"id":"p1"}}})");
  EXPECT_EQ(Get("query=query%20Q($id:ID!){product(id:$id){id}}&variables=%7B%22id%22:%22p2%22%7D").body, R"({"data":{"product":{"id":"p2"}}})");
}

TEST_F(GraphqlHttpTest, ChoosesTheMediaTypeThatTheClientLikesBest) {
  const std::string body = R"({"query":"{ echo }"})";
  for (const char* accept : {"", "*/*", "application/*", "application/graphql-response+json", "application/json;q=0.5, application/graphql-response+json",
                             "application/json, application/graphql-response+json"}) {
    EXPECT_EQ(Post(body, accept).content_type, "application/graphql-response+json; charset=utf-8") << accept;
  }
  for (const char* accept : {"application/json", "application/json, */*;q=0.1", "APPLICATION/JSON; charset=utf-8", "application/graphql-response+json;q=0.1,application/json"}) {
    EXPECT_EQ(Post(body, accept).content_type, "application/json; charset=utf-8") << accept;
  }
  EXPECT_EQ(Post(body, "text/html").status, 406);
}

TEST_F(GraphqlHttpTest, SaysByItsStatusWhatWasWrong) {
  struct Case {
    const char* body;
    int status;
    int json_status;
  };
  for (const Case& one : std::vector<Case>{
           {R"({"query":"{ echo }"})", 200, 200},
           {R"({"query":"{ broken { id } }"})", 200, 200},
           {"{", 400, 400},
           {R"([{"query":"{ echo }"}])", 400, 400},
           {R"({"query":"{ echo"})", 400, 200},
           {R"({})", 422, 200},
           {R"({"query":1})", 422, 422},
           {R"({"query":"{ echo }","variables":[1]})", 422, 422},
           {R"("{ echo }")", 422, 422},
           {R"({"query":"{ nope }"})", 422, 200},
           {R"({"query":"query A { echo } query B { echo }"})", 422, 200},
           {R"({"query":"query ($i: Int!) { echo(i: $i) }","variables":{"i":"x"}})", 422, 200},
           {R"({"query":"{ products(first: 20000) { id } }"})", 422, 200},
       }) {
    EXPECT_EQ(Post(one.body).status, one.status) << one.body;
    EXPECT_EQ(Post(one.body, "application/json").status, one.json_status) << one.body;
  }
  EXPECT_EQ(Send({"POST", "", "text/plain", "", "{}"}).status, 415);
  EXPECT_EQ(Get("query=%2").status, 400);
  EXPECT_EQ(Get("query=%7Becho%7D&variables=%7B").status, 400);
}

TEST_F(GraphqlHttpTest, TakesMutationsByPostOnly) {
  const HttpAnswer by_get = Get("query=mutation%7Brename(id:%22p0%22,name:%22x%22)%7Bid%7D%7D");
  EXPECT_EQ(by_get.status, 405);
  EXPECT_EQ(by_get.allow, "POST");
  EXPECT_TRUE(shop_->fetches.empty());
  const HttpAnswer put = Send({"PUT", "", "application/json", "", R"({"query":"{ echo }"})"});
  EXPECT_EQ(put.status, 405);
  EXPECT_EQ(put.allow, "GET, POST");
}

TEST_F(GraphqlHttpTest, KeepsPersistedQueriesByTheirHash) {
  const std::string query = "{ product(id: \\\"p0\\\") { name } }";
  const std::string hash = Sha256Hex("{ product(id: \"p0\") { name } }");
  const std::string extension = R"("extensions":{"persistedQuery":{"version":1,"sha256Hash":")" + hash + "\"}}";
  const HttpAnswer unknown = Post("{" + extension + "}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]})");
  EXPECT_EQ(Post("{" + extension + "}", "application/json").status, 200);
  EXPECT_EQ(Post("{\"query\":\"" + query + "\"," + extension + "}").status, 200);
  EXPECT_EQ(Post("{" + extension + "}").body, R"({"data":{"product":{"name":"Name \"0\""}}})");
  EXPECT_EQ(Get("extensions=%7B%22persistedQuery%22:%7B%22sha256Hash%22:%22" + hash + "%22%7D%7D").status, 200);
  const HttpAnswer other = Post("{\"query\":\"{ echo }\"," + extension + "}");
  EXPECT_EQ(other.status, 422);
  EXPECT_NE(other.body.find("PERSISTED_QUERY_HASH_MISMATCH"), std::string::npos);
}

TEST_F(GraphqlHttpTest, AnswersOnlyRegisteredQueriesWhenToldSo) {
  EngineConfig config;
  config.only_registered = true;
  Restart(config);
  const std::string hash = engine_->Register("{ echo }").value();
  EXPECT_FALSE(engine_->Register("{ nope }").ok());
  EXPECT_EQ(Post(R"({"query":"{ echo }"})").status, 200);
  EXPECT_EQ(Post(R"({"extensions":{"persistedQuery":{"sha256Hash":")" + hash + "\"}}}").status, 200);
  const HttpAnswer refused = Post(R"({"query":"{ product(id: 1) { id } }"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("QUERY_NOT_REGISTERED"), std::string::npos);
  EXPECT_EQ(Post("{\"query\":\"{echo}\",\"extensions\":{\"persistedQuery\":{\"sha256Hash\":\"" + Sha256Hex("{echo}") + "\"}}}").status, 403);
}

TEST_F(GraphqlHttpTest, BoundsWhatItRemembers) {
  EngineConfig config;
  config.cache_bytes_max = 64 * 1024;
  Restart(config);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(Post("{\"query\":\"{ a" + std::to_string(i) + ": echo }\"}").status, 200);
  EXPECT_LE(engine_->cached_bytes(), 64U * 1024);
  EXPECT_GT(engine_->cached_bytes(), 0U);
}

TEST_F(GraphqlHttpTest, StreamsASubscriptionAsEvents) {
  EXPECT_TRUE(HttpEndpoint::WantsEvents("text/event-stream"));
  EXPECT_FALSE(HttpEndpoint::WantsEvents("application/json"));
  std::string stream;
  bool ended = false;
  HttpContext context;
  context.context = shop_;
  std::shared_ptr<Subscription> subscription;
  const auto open = [&](std::string_view body) {
    return HttpEndpoint(engine_).Subscribe({"POST", "", "application/json", "text/event-stream", body}, context,
                                           [&](std::string part) { stream += part; }, [&] { ended = true; }, &subscription);
  };
  const HttpAnswer answer = open(R"({"query":"subscription ($id: ID!) { priceChanged(id: $id) { id } }","variables":{"id":"p1"}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/event-stream; charset=utf-8");
  ASSERT_NE(subscription, nullptr);
  shop_->listeners[0]->Emit({&shop_->products[1], 0, nullptr});
  shop_->listeners[0]->End();
  EXPECT_EQ(stream, "event: next\ndata: {\"data\":{\"priceChanged\":{\"id\":\"p1\"}}}\n\nevent: complete\ndata:\n\n");
  EXPECT_TRUE(ended);
  stream.clear();
  EXPECT_EQ(open(R"({"query":"{ echo }"})").status, 200);
  EXPECT_EQ(stream, "event: next\ndata: {\"data\":{\"echo\":\"{}\"}}\n\nevent: complete\ndata:\n\n");
  EXPECT_EQ(open(R"({"query":"subscription { nope }"})").status, 422);
}

// What GraphiQL and code generators send first.
TEST_F(GraphqlHttpTest, AnswersTheUsualIntrospectionQueryWithinItsLimits) {
  const HttpAnswer answer = Post(R"({"query":"query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name } types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } } fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } } fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.find("\"errors\""), std::string::npos);
  EXPECT_NE(answer.body.find(R"({"kind":"OBJECT","name":"Product")"), std::string::npos);
}

TEST_F(GraphqlHttpTest, SurvivesAnyBody) {
  SeededRandom random(11);
  const std::string seed = R"({"query":"query Q($in: Filter, $b: Boolean!) { products(first: 2) { ...F id @skip(if: $b) } echo(in: $in, list: [[1]]) } fragment F on Thing { id ... on Product { related { name size } } }","variables":{"in":{"min":1,"tags":["a"],"sub":{"size":"LARGE"}},"b":true}})";
  for (int round = 0; round < 10'000; ++round) {
    std::string body = seed;
    for (std::uint64_t edits = random.Below(5); edits > 0; --edits) {
      const std::size_t at = random.Below(body.size());
      switch (random.Below(4)) {
        case 0: body[at] = static_cast<char>(random.Below(256)); break;
        case 1: body.erase(at, random.Below(10)); break;
        case 2: body[at] = "{}()[]:,$@!\"\\."[random.Below(14)]; break;
        default: body.insert(at, body.substr(random.Below(body.size()), random.Below(20)));
      }
    }
    const HttpAnswer answer = Post(body);
    EXPECT_TRUE(answer.status == 200 || answer.status == 400 || answer.status == 422) << answer.status << body;
    EXPECT_FALSE(answer.body.empty());
  }
}

}  // namespace
}  // namespace souk::graphql
