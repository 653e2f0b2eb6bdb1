#include "services/order-recovery/adapters/orders_client.hpp"

#include "services/order-recovery/adapters/codec.hpp"

namespace souk::recovery {
namespace {

namespace orders = souk::orders::v1;

constexpr std::size_t kCommentMax = 200;  // of CancelOrderRequest.comment

/// "a:1,b:2" as gRPC names it; one name is left to gRPC's resolver.
std::string Target(const std::string& addresses) {
  return addresses.find(',') == std::string::npos ? addresses : "ipv4:" + addresses;
}

}  // namespace

OrdersClient::OrdersClient(const std::string& addresses, std::chrono::milliseconds call_max, const Clock& clock)
    : call_max_(call_max), clock_(clock), channel_(Target(addresses)) {}

Context OrdersClient::Deadline() const {
  Context context;
  context.deadline = std::chrono::steady_clock::now() + call_max_;
  return context;
}

void OrdersClient::Resume(const Uuid& id, bool ask_now, std::function<void(Result<Answer>)> done) {
  orders::ResumeOrderRequest request;
  request.set_order_id(id.ToString());
  request.set_ask_now(ask_now);
  channel_.Call<orders::ResumeOrderRequest, orders::ResumeOrderResponse>(
      "souk.orders.v1.OrdersService/ResumeOrder", request, Deadline(), [this, id, done = std::move(done)](Result<orders::ResumeOrderResponse> response) {
        if (!response.ok()) return done(response.error());
        done(FromProto(id, *response, clock_.Now()));
      });
}

Result<void> OrdersClient::Cancel(const Uuid& id, const std::string& idempotency_key, const std::string& comment) {
  orders::CancelOrderRequest request;
  request.set_order_id(id.ToString());
  request.set_request_id(idempotency_key);
  request.set_comment(comment.substr(0, kCommentMax));
  const auto response = channel_.CallSync<orders::CancelOrderRequest, orders::CancelOrderResponse>("souk.orders.v1.OrdersService/CancelOrder",
                                                                                                     request, Deadline());
  if (!response.ok()) return response.error();
  return {};
}

Result<Insight> OrdersClient::Look(const Uuid& id) {
  orders::GetTimelineRequest request;
  request.set_order_id(id.ToString());
  SOUK_ASSIGN_OR_RETURN(const auto response, (channel_.CallSync<orders::GetTimelineRequest, orders::GetTimelineResponse>(
                                                 "souk.orders.v1.OrdersService/GetTimeline", request, Deadline())));
  return FromProto(response);
}

}  // namespace souk::recovery
