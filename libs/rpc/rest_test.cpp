#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "libs/rpc/both_wires.hpp"
#include "libs/rpc/json.hpp"

namespace souk::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class RestTest : public BothWires {};

TEST_F(RestTest, GivesTheSameAnswerAsGrpc) {
  Start();
  const http::Response rest = Rest("POST", "/v1/echo",
                                   R"({"id":"a","text":"héllo","big":"9007199254740993","lines":[{"sku":"s","quantity":2}],)"
                                   R"("mood":"MOOD_LOUD","labels":{"k":"v"}})");
  ASSERT_EQ(rest.status, 200) << rest.body;
  EXPECT_EQ(rest.Header("X-Echo"), "a");
  EXPECT_EQ(rest.Header("Content-Type"), "application/json");
  echo::EchoRequest request;
  request.set_id("a");
  request.set_text("héllo");
  request.set_big(9007199254740993);
  auto* line = request.add_lines();
  line->set_sku("s");
  line->set_quantity(2);
  request.set_mood(echo::MOOD_LOUD);
  (*request.mutable_labels())["k"] = "v";
  const auto grpc = Grpc<echo::EchoRequest, echo::EchoResponse>("Echo", request);
  ASSERT_TRUE(grpc.ok()) << grpc.error().message;
  EXPECT_EQ(Json::parse(rest.body), Json::parse(*ToJson(*grpc)));
  EXPECT_EQ(Json::parse(rest.body)["big"], "9007199254740993");
  EXPECT_EQ(Json::parse(rest.body)["principal"], "");  // defaults are written
}

TEST_F(RestTest, BindsPathAndQuery) {
  Start();
  const http::Response response = Rest("GET", "/v1/echo/a%20b?pageSize=7&tags=x&tags=y%3Bz&mood=MOOD_CALM&verbose=true");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json json = Json::parse(response.body);
  EXPECT_EQ(json["id"], "a b");
  EXPECT_EQ(json["big"], "7");
  EXPECT_EQ(json["text"], "x;y;z;");
  EXPECT_EQ(json["mood"], "MOOD_CALM");
  EXPECT_EQ(Rest("GET", "/v1/echo/a?page_size=7").status, 200);
}

TEST_F(RestTest, RefusesBadParametersByName) {
  Start();
  for (const char* query : {"pageSize=ten", "pageSize=99999999999", "nope=1", "mood=MOOD_ODD", "verbose=yes", "id=b"}) {
    const http::Response response = Rest("GET", std::string("/v1/echo/a?") + query);
    EXPECT_EQ(response.status, 400) << query;
    const std::string name = std::string(query).substr(0, std::string(query).find('='));
    EXPECT_EQ(Json::parse(response.body)["errors"][0]["field"], name) << response.body;
  }
}

TEST_F(RestTest, RefusesBadJsonAndNamesTheField) {
  Start();
  const std::pair<std::string, std::string> cases[] = {
      {R"({"id":"a","bogus":1})", "bogus"},
      {R"({"lines":[{"sku":"s"},{"quantity":1,"colour":"red"}]})", "lines[1].colour"},
      {R"({"id":"a","id":"b"})", "id"},
      {R"({"delay_ms":1,"delayMs":2})", "delayMs"},
      {R"({"lines":[{"quantity":"many"}]})", "lines[0].quantity"},
      {R"({"big":NaN})", "big"},
      {R"({"id":"a"} x)", "body"},
      {R"({"id":"a")", "body"},
      {R"({'id':'a'})", "body"},
      {"", ""},
      {"[1]", "body"},
      {R"({"mood":"MOOD_ODD"})", "mood"},
      {"{\"id\":\"\xff\"}", "id"},
      {R"({"big":01})", "body"},
      {R"({"big":1e400})", "big"},
      {R"({"text":"\ud800"})", "text"},
      {R"({"text":"\udc00\ud800"})", "text"},
      {R"({"text":"\ud83d\ude00"})", ""},
  };
  for (const auto& [body, field] : cases) {
    const http::Response response = Rest("POST", "/v1/echo", body);
    if (field.empty()) {
      EXPECT_EQ(response.status, 200) << body;
      continue;
    }
    const bool wrong_type = field == "lines[0].quantity" || field == "mood";
    EXPECT_EQ(response.status, wrong_type ? 422 : 400) << body << response.body;
    EXPECT_EQ(Json::parse(response.body)["errors"][0]["field"], field) << body;
  }
  const std::string deep = R"({"lines":)" + std::string(10'000, '[') + std::string(10'000, ']') + '}';
  EXPECT_EQ(Rest("POST", "/v1/echo", deep).status, 400);
  EXPECT_EQ(Rest("POST", "/v1/echo", R"({"lines":[{"quantity":"secret-word"}]})").body.find("secret-word"), std::string::npos);
}

TEST_F(RestTest, B61_AnswersUnsupportedMediaTypeToOtherBodies) {
  Start();
  EXPECT_EQ(Rest("POST", "/v1/echo", "id=a", {{"Content-Type", "application/x-www-form-urlencoded"}}).status, 415);
  EXPECT_EQ(Rest("POST", "/v1/echo", "{}", {{"Content-Type", "application/json; charset=utf-8"}}).status, 200);
}

TEST_F(RestTest, HoldsTheOneMegabyteLimit) {
  Start();
  const std::string head = R"({"text":")";
  const std::string tail = R"("})";
  const std::string fits(1'048'576 - head.size() - tail.size(), 'x');
  EXPECT_EQ(Rest("POST", "/v1/echo", head + fits + tail).status, 200);
  EXPECT_EQ(Rest("POST", "/v1/echo", head + fits + "x" + tail).status, 413);
}

TEST_F(RestTest, RefusesAPathThatContradictsTheBody) {
  Start();
  const http::Headers key = {{"Idempotency-Key", "k"}};
  EXPECT_EQ(Rest("POST", "/v1/echo/a:create", R"({"id":"b"})", key).status, 400);
  EXPECT_EQ(Rest("POST", "/v1/echo/a:create", R"({"id":"a"})", key).status, 201);
}

TEST_F(RestTest, B63_ChecksTheIdempotencyKey) {
  Start();
  const std::string path = "/v1/echo/a:create";
  const auto with = [&](std::string key) { return Rest("POST", path, "{}", {{"Idempotency-Key", std::move(key)}}); };
  const http::Response missing = Rest("POST", path, "{}");
  EXPECT_EQ(missing.status, 400);
  const Json problem = Json::parse(missing.body);
  EXPECT_EQ(problem["reason"], "IDEMPOTENCY_KEY_MISSING");
  EXPECT_EQ(problem["link"], "/docs/idempotency");
  EXPECT_THAT(std::string(missing.Header("Link")), HasSubstr("</docs/idempotency>"));
  for (const std::string& bad : {std::string(), std::string(256, 'k'), std::string("k\x01y"), std::string("k\xc3\xa9y")}) {
    const http::Response response = with(bad);
    EXPECT_EQ(response.status, 400) << bad;
    EXPECT_FALSE(response.Header("content-type").empty());
  }
  const http::Response good = with(std::string(255, 'k'));
  EXPECT_EQ(good.status, 201);
  EXPECT_EQ(Json::parse(good.body)["idempotencyKey"], std::string(255, 'k'));

  echo::EchoRequest request;
  const auto no_key = Grpc<echo::EchoRequest, echo::EchoResponse>("CreateEcho", request);
  ASSERT_FALSE(no_key.ok());
  EXPECT_EQ(no_key.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(no_key.error().reason, "IDEMPOTENCY_KEY_MISSING");
  request.set_request_id("r-1");
  EXPECT_EQ((Grpc<echo::EchoRequest, echo::EchoResponse>("CreateEcho", request)->idempotency_key()), "r-1");
  Context context;
  context.idempotency_key = "from-metadata";
  EXPECT_EQ((Grpc<echo::EchoRequest, echo::EchoResponse>("CreateEcho", request, context)->idempotency_key()),
            "from-metadata");
}

TEST_F(RestTest, B74_RefusesCardNumbersOnBothWiresWithoutRepeatingThem) {
  Start();
  const std::string pan = "4242424242424242";
  const std::vector<std::string> bodies = {R"({"text":")" + pan + R"("})",
                                           R"({"text":"card 4242 4242 4242 4242 please"})",
                                           R"({"lines":[{"sku":"4242-4242-4242-4242"}]})",
                                           R"({"labels":{"x":")" + pan + R"("}})",
                                           R"({"labels":{")" + pan + R"(":"x"}})",
                                           R"({"cardNumber":")" + pan + R"("})",
                                           R"({")" + pan + R"(":1})",
                                           R"({"text":")" + pan};
  for (const std::string& body : bodies) {
    const http::Response response = Rest("POST", "/v1/echo", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(Json::parse(response.body)["reason"], "pan_not_allowed") << body;
    EXPECT_THAT(response.body, Not(HasSubstr("4242"))) << body;
  }
  EXPECT_EQ(Json::parse(Rest("GET", "/v1/echo/" + pan).body)["reason"], "pan_not_allowed");
  EXPECT_EQ(Json::parse(Rest("GET", "/v1/echo/a?tags=" + pan).body)["reason"], "pan_not_allowed");
  echo::EchoRequest request;
  request.add_lines()->set_sku(pan);
  const auto grpc = Grpc<echo::EchoRequest, echo::EchoResponse>("Echo", request);
  ASSERT_FALSE(grpc.ok());
  EXPECT_EQ(grpc.error().reason, "pan_not_allowed");
  EXPECT_EQ(grpc.error().fields.at(0).field, "lines[0].sku");
  EXPECT_THAT(grpc.error().message, Not(HasSubstr("4242")));
}

TEST_F(RestTest, LetsTheTokeniserTakeCardNumbers) {
  table_.AllowCardNumbers();
  Start();
  EXPECT_EQ(Rest("POST", "/v1/echo", R"({"text":"4242424242424242"})").status, 200);
}

TEST_F(RestTest, TurnsErrorsIntoProblemsAndBack) {
  Start();
  const std::string body = R"({"code":"FAILED_PRECONDITION","message":"too little stock","reason":"OUT_OF_STOCK",)"
                           R"("field":"lines[0]","detailsJson":"{\"available\":3}","httpStatus":402})";
  const http::Response rest = Rest("POST", "/v1/fail", body, {{"X-Request-Id", "r-9"}});
  EXPECT_EQ(rest.status, 402);
  const Json problem = Json::parse(rest.body);
  EXPECT_EQ(problem["available"], 3);
  EXPECT_EQ(problem["requestId"], "r-9");
  EXPECT_EQ(rest.Header("X-Request-Id"), "r-9");
  echo::FailRequest request;
  ASSERT_TRUE(ParseJson(body, &request).ok());
  const auto grpc = Grpc<echo::FailRequest, echo::EchoResponse>("Fail", request);
  ASSERT_FALSE(grpc.ok());
  EXPECT_EQ(grpc.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(grpc.error().message, "too little stock");
  EXPECT_EQ(grpc.error().reason, "OUT_OF_STOCK");
  EXPECT_EQ(grpc.error().fields.at(0).field, "lines[0]");
  EXPECT_EQ(grpc.error().details_json, R"({"available":3})");
  EXPECT_EQ(grpc.error().http_status, 402);
}

TEST_F(RestTest, EveryCodeCrossesBothWires) {
  Start();
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    echo::FailRequest request;
    request.set_code(std::string(ToString(code)));
    EXPECT_EQ((Grpc<echo::FailRequest, echo::EchoResponse>("Fail", request).error().code), code);
    const http::Response rest = Rest("POST", "/v1/fail", R"({"code":")" + request.code() + R"("})");
    EXPECT_EQ(Json::parse(rest.body)["code"], request.code());
  }
}

TEST_F(RestTest, SaysNotFoundForPathsWithoutARule) {
  Start();
  EXPECT_EQ(Rest("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(Rest("DELETE", "/v1/echo").status, 405);
}

TEST_F(RestTest, DescribesItselfInOpenApi) {
  Start();
  const http::Response response = Rest("GET", "/openapi.json");
  const Json document = Json::parse(response.body);
  EXPECT_EQ(document["openapi"], "3.1.0");
  const Json& create = document["paths"]["/v1/echo/{id}:create"]["post"];
  EXPECT_EQ(create["operationId"], "EchoService_CreateEcho");
  EXPECT_TRUE(create["responses"].contains("201"));
  EXPECT_EQ(create["parameters"][1]["name"], "Idempotency-Key");
  EXPECT_EQ(document["paths"]["/v1/echo/{id}"]["get"]["parameters"][1]["name"], "pageSize");
  EXPECT_EQ(document["components"]["schemas"]["souk.testing.v1.EchoRequest"]["properties"]["big"]["type"], "string");
}

}  // namespace
}  // namespace souk::rpc
