#include "libs/http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/http/problem.hpp"

namespace souk::http {
namespace {

using testing::HasSubstr;

/// Keeps the answer instead of sending it.
class KeptExchange final : public Exchange {
 public:
  void Send(Response response) override { answer = std::move(response); }
  std::shared_ptr<Stream> StartStream(Response) override { return nullptr; }
  bool ClientGone() const override { return false; }
  Response answer;
};

Handler Says(std::string text) {
  return [text](Request request, Responder responder) {
    Response response;
    response.body = text;
    for (const auto& [name, value] : request.params) response.body += ' ' + name + '=' + value;
    responder.Send(std::move(response));
  };
}

Response Ask(const Router& router, std::string method, std::string path) {
  auto exchange = std::make_shared<KeptExchange>();
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  router.Handle(std::move(request), Responder(exchange));
  return exchange->answer;
}

Router Shop() {
  Router router;
  router.Add("GET", "/v1/orders", Says("list"));
  router.Add("POST", "/v1/orders", Says("place"));
  router.Add("GET", "/v1/orders/{id}", Says("get"));
  router.Add("POST", "/v1/orders/{id}:cancel", Says("cancel"));
  router.Add("GET", "/v1/orders/{id}/timeline", Says("timeline"));
  router.Add("GET", "/v1/orders/mine", Says("mine"));
  router.Add("GET", "/static/{path=**}", Says("static"));
  return router;
}

TEST(RouterTest, FindsLiteralsParametersVerbsAndRests) {
  const Router router = Shop();
  EXPECT_EQ(Ask(router, "GET", "/v1/orders").body, "list");
  EXPECT_EQ(Ask(router, "POST", "/v1/orders").body, "place");
  EXPECT_EQ(Ask(router, "GET", "/v1/orders/7").body, "get id=7");
  EXPECT_EQ(Ask(router, "POST", "/v1/orders/7:cancel").body, "cancel id=7");
  EXPECT_EQ(Ask(router, "GET", "/v1/orders/7/timeline").body, "timeline id=7");
  EXPECT_EQ(Ask(router, "GET", "/v1/orders/mine").body, "mine");
  EXPECT_EQ(Ask(router, "GET", "/static/js/app.js").body, "static path=js/app.js");
  EXPECT_EQ(Ask(router, "HEAD", "/v1/orders").body, "list");
}

TEST(RouterTest, DecodesEachSegmentByItself) {
  const Router router = Shop();
  EXPECT_EQ(Ask(router, "GET", "/v1/orders/a%20b%2Fc").body, "get id=a b/c");
  EXPECT_EQ(Ask(router, "GET", "/v1/%6Frders").body, "list");
}

TEST(RouterTest, RefusesBadEscapesAndDotSegments) {
  const Router router = Shop();
  for (const char* path : {"/v1/orders/%zz", "/v1/orders/%2", "/static/../etc/passwd", "/static/%2e%2e/x",
                           "/v1/orders/%00", "", "v1"}) {
    EXPECT_EQ(Ask(router, "GET", path).status, 400) << path;
  }
}

TEST(RouterTest, SaysNotFoundAndMethodNotAllowedAsProblems) {
  const Router router = Shop();
  const Response missing = Ask(router, "GET", "/v2");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.Header("content-type"), "application/problem+json");
  EXPECT_EQ(Ask(router, "GET", "/v1/orders/").status, 404);
  const Response wrong = Ask(router, "DELETE", "/v1/orders");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.Header("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_THAT(wrong.body, HasSubstr("METHOD_NOT_ALLOWED"));
  EXPECT_EQ(Ask(router, "OPTIONS", "/v1/orders").status, 204);
}

TEST(ProblemTest, CarriesEveryPartOfTheError) {
  Error error = MakeError(ErrorCode::kAborted, "the price changed \"now\"", "PRICE_CHANGED");
  error.fields.push_back({"lines[0].price", "is old"});
  error.details_json = R"({"quote":{"total":"12"},"status":999})";
  Context context;
  context.request_id = "r-1";
  const Response response = ProblemResponse(error, context);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.Header("Retry-After"), "1");
  EXPECT_EQ(response.body,
            R"({"type":"/docs/problems#price-changed","title":"Conflict","status":409,"detail":"the price changed \"now\"",)"
            R"("code":"ABORTED","reason":"PRICE_CHANGED","errors":[{"field":"lines[0].price","description":"is old"}],)"
            R"("requestId":"r-1","quote":{"total":"12"}})");
}

TEST(ProblemTest, MapsEveryCodeAndLetsTheErrorOverride) {
  const std::pair<ErrorCode, int> expected[] = {
      {ErrorCode::kInvalidArgument, 400},  {ErrorCode::kUnauthenticated, 401},    {ErrorCode::kPermissionDenied, 403},
      {ErrorCode::kNotFound, 404},         {ErrorCode::kAlreadyExists, 409},      {ErrorCode::kFailedPrecondition, 409},
      {ErrorCode::kAborted, 409},          {ErrorCode::kResourceExhausted, 429},  {ErrorCode::kDeadlineExceeded, 504},
      {ErrorCode::kUnavailable, 503},      {ErrorCode::kUnimplemented, 501},      {ErrorCode::kInternal, 500}};
  for (const auto& [code, status] : expected) EXPECT_EQ(HttpStatus(MakeError(code, "x")), status);
  Error error = MakeError(ErrorCode::kFailedPrecondition, "declined");
  error.http_status = 402;
  EXPECT_EQ(HttpStatus(error), 402);
}

TEST(ProblemTest, HidesWhatWentWrongInside) {
  const Response response = ProblemResponse(MakeError(ErrorCode::kInternal, "password=hunter2"), Context{});
  EXPECT_THAT(response.body, testing::Not(HasSubstr("hunter2")));
}

TEST(MessageTest, DecodesAndEncodesPercentEscapes) {
  EXPECT_EQ(PercentDecode("a%20b+c"), "a b+c");
  EXPECT_EQ(PercentDecode("a+b", true), "a b");
  EXPECT_EQ(PercentDecode("%"), std::nullopt);
  EXPECT_EQ(PercentDecode("%0"), std::nullopt);
  EXPECT_EQ(PercentDecode("%00"), std::nullopt);
  EXPECT_EQ(PercentEncode("a b/ü"), "a%20b%2F%C3%BC");
  Request request;
  request.query = "a=1&b=x%26y&flag&a=2";
  EXPECT_EQ(request.Query("a"), "1");
  EXPECT_EQ(request.Query("b"), "x&y");
  EXPECT_EQ(request.Query("flag"), "");
  EXPECT_EQ(request.Query("none"), std::nullopt);
}

}  // namespace
}  // namespace souk::http
