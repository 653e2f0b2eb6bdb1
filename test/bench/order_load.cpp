#include "test/bench/order_load.hpp"

#include <fmt/format.h>

#include "test/bench/stock.hpp"

namespace souk::bench {
namespace {

std::string NewRun() {
  SystemRandom random;
  return NewUuidV7(SystemClock(), random).ToString();
}

std::string Outcome(const Result<http::Response>& answer) {
  if (!answer.ok()) return std::string(ToString(answer.error().code));
  if (answer->status != 201) return fmt::format("HTTP {}", answer->status);
  if (answer->body.find("ORDER_STATUS_CONFIRMED") != std::string::npos) return {};
  return answer->body.find("ORDER_STATUS_PENDING") != std::string::npos ? "not confirmed within 10 s" : "not confirmed";
}

}  // namespace

Result<std::unique_ptr<OrderLoad>> OrderLoad::Create(const std::string& gateway_url, int in_flight, bool mails) {
  SOUK_ASSIGN_OR_RETURN(http::ClientRequest pattern, http::ParseUrl(gateway_url + "/v1/orders"));
  pattern.method = "POST";
  pattern.deadline = std::chrono::seconds(15);
  return std::unique_ptr<OrderLoad>(new OrderLoad(std::move(pattern), in_flight, mails));
}

OrderLoad::OrderLoad(http::ClientRequest pattern, int in_flight, bool mails)
    : pattern_(std::move(pattern)),
      run_(NewRun()),
      mails_(mails),
      client_({.threads = 1, .connections_per_host_max = std::max(in_flight, 256), .queue_max = 100'000}) {}

http::ClientRequest OrderLoad::Next() {
  const std::int64_t n = number_++;
  http::ClientRequest request = pattern_;
  request.headers = {{"Content-Type", "application/json"}, {"Prefer", "wait=10"}, {"Idempotency-Key", fmt::format("{}-{}", run_, n)}};
  const std::int64_t customer = n % 10'000;
  request.body = fmt::format(
      R"({{"customerId":"bench-{0}","email":"{1}","currency":"GBP","paymentMethod":"pm_card_visa",)"
      R"("lines":[{{"sku":"{2}","quantity":"1"}},{{"sku":"{3}","quantity":"1"}}],)"
      R"("shipTo":{{"name":"Customer {0}","line1":"1 Market Street","city":"Anytown","country":"United Kingdom"}}}})",
      customer, mails_ ? fmt::format("bench-{}@customers.example", customer) : "", ProductSku(n * 7919), ProductSku(n * 7919 + 1 + n % 500));
  return request;
}

Operation OrderLoad::PlaceOne() {
  return [this](OperationDone done) {
    client_.Send(Next(), [done = std::move(done)](Result<http::Response> answer) { done(Outcome(answer)); });
  };
}

}  // namespace souk::bench
