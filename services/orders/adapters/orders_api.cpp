#include "services/orders/adapters/orders_api.hpp"

#include <charconv>

#include "libs/base/hash.hpp"
#include "libs/base/time.hpp"
#include "services/orders/adapters/codec.hpp"
#include "services/orders/adapters/validate.hpp"

namespace souk::orders {
namespace {

constexpr std::chrono::seconds kWaitMax{60};
/// Left of the caller's deadline for the answer itself.
constexpr std::chrono::milliseconds kAnswerTime{150};

/// "wait=N" of a Prefer header, 1 to 60 seconds; zero when there is none. Preferences that are not understood are ignored, as RFC 7240 wants.
std::chrono::milliseconds WaitOf(std::string_view prefer) {
  for (std::size_t at = 0; at < prefer.size();) {
    const std::size_t end = std::min(prefer.find_first_of(",;", at), prefer.size());
    std::string_view part = prefer.substr(at, end - at);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    if (part.rfind("wait=", 0) == 0) {
      int seconds = 0;
      const auto parsed = std::from_chars(part.data() + 5, part.data() + part.size(), seconds);
      if (parsed.ec == std::errc() && seconds >= 1) return std::min<std::chrono::milliseconds>(std::chrono::seconds(seconds), kWaitMax);
    }
    at = end + 1;
  }
  return std::chrono::milliseconds(0);
}

Error InFlight() {
  return MakeError(ErrorCode::kAborted, "a call with this Idempotency-Key is being answered; ask again", "IN_FLIGHT");
}

std::string KeyOf(const rpc::Call& call, const std::string& request_id) {
  return call.context.idempotency_key.empty() ? request_id : call.context.idempotency_key;
}

/// Opaque, but readable in a log: "<placed_at in microseconds>_<order id>".
std::string PageToken(const Order& last) {
  return std::to_string(ToUnixMicros(last.content->placed_at)) + "_" + last.id().ToString();
}

Result<std::optional<SqlOrderView::Position>> ParsePageToken(const std::string& token) {
  if (token.empty()) return std::optional<SqlOrderView::Position>();
  const std::size_t bar = token.find('_');
  std::int64_t micros = 0;
  const char* end = token.data() + std::min(bar, token.size());
  const auto parsed = std::from_chars(token.data(), end, micros);
  const auto id = bar == std::string::npos ? std::nullopt : Uuid::Parse(token.substr(bar + 1));
  constexpr std::int64_t kYear9999 = 253'402'300'799'000'000;
  if (parsed.ec != std::errc() || parsed.ptr != end || !id || micros < 0 || micros > kYear9999) {
    return MalformedField("page.page_token", "is not a token of this list");
  }
  return std::optional(SqlOrderView::Position{FromUnixMicros(micros), *id});
}

}  // namespace

template <class Response>
void OrdersApi::Read(Done<Response> done, std::function<Result<Response>()> read) {
  const auto shared = std::make_shared<Done<Response>>(std::move(done));
  const Result<void> posted = readers_.Post([shared, read = std::move(read)] { (*shared)(read()); });
  if (!posted.ok()) (*shared)(posted.error());
}

bool OrdersApi::Enter(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  return in_flight_.insert(id).second;
}

void OrdersApi::Leave(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  in_flight_.erase(id);
}

void OrdersApi::AddMethods(rpc::MethodTable& table) {
  const auto unary = [&]<class Req, class Resp>(const char* name, void (OrdersApi::*method)(rpc::CallPtr, const Req&, Done<Resp>)) {
    table.AddUnary<Req, Resp>(std::string("souk.orders.v1.OrdersService/") + name,
                              [this, method](rpc::CallPtr call, std::shared_ptr<Req> request, std::function<void(Result<Resp>)> done) {
                                (this->*method)(std::move(call), *request, std::move(done));
                              });
  };
  unary("PlaceOrder", &OrdersApi::PlaceOrder);
  unary("QuoteOrder", &OrdersApi::QuoteOrder);
  unary("GetOrder", &OrdersApi::GetOrder);
  unary("ListOrders", &OrdersApi::ListOrders);
  unary("CancelOrder", &OrdersApi::CancelOrder);
  unary("ReturnOrder", &OrdersApi::ReturnOrder);
  unary("GetTimeline", &OrdersApi::GetTimeline);
  unary("ResumeOrder", &OrdersApi::ResumeOrder);
  table.AddServerStream<v1::WatchOrderRequest, v1::WatchOrderResponse>(
      "souk.orders.v1.OrdersService/WatchOrder",
      [this](rpc::CallPtr call, std::shared_ptr<v1::WatchOrderRequest> request, rpc::ServerWriter<v1::WatchOrderResponse> writer) {
        WatchOrder(std::move(call), *request, std::move(writer));
      });
}

void OrdersApi::PlaceOrder(rpc::CallPtr call, const v1::PlaceOrderRequest& request, Done<v1::PlaceOrderResponse> done) {
  Result<orders::PlaceOrder> place = CheckPlaceOrder(request, KeyOf(*call, request.request_id()));
  if (!place.ok()) return done(place.error());
  const Uuid id = place->draft.order_id;
  place->waits = WaitOf(call->prefer).count() > 0;
  if (!Enter(id)) return done(InFlight());
  // Whatever the answer will be: from then on the key is free for a repeat.
  const auto answer = std::make_shared<Done<v1::PlaceOrderResponse>>([this, id, done = std::move(done)](Result<v1::PlaceOrderResponse> response) {
    Leave(id);
    done(std::move(response));
  });
  Work work;
  work.job = std::move(place).value();
  work.causation_id = call->context.request_id;
  work.traceparent = call->context.trace.IsValid() ? call->context.trace.ToString() : std::string();
  work.done = [this, call, answer](Work& finished, const Result<void>& result) { Accepted(call, finished, result, *answer); };
  const Result<void> submitted = writer_.Submit(std::move(work));
  if (!submitted.ok()) (*answer)(submitted.error());
}

void OrdersApi::Accepted(const rpc::CallPtr& call, Work& work, const Result<void>& result, Done<v1::PlaceOrderResponse> done) {
  if (!result.ok()) return done(result.error());
  if (work.outcome.error) return done(*work.outcome.error);
  const std::shared_ptr<const Order>& order = work.outcome.order;
  if (work.outcome.replayed) call->SetResponseHeader("Idempotent-Replayed", "true");
  const auto wait = std::min(WaitOf(call->prefer), call->context.Remaining() - kAnswerTime);
  if (order->answer != Answer::kOpen) return done(PlacedResponse(*order));
  WaitForOutcome(order, std::max(wait, std::chrono::milliseconds(0)), std::move(done));
}

void OrdersApi::WaitForOutcome(const std::shared_ptr<const Order>& order, std::chrono::milliseconds wait, Done<v1::PlaceOrderResponse> done) {
  // Either the outcome or the end of the wait answers, whichever is first.
  const auto answered = std::make_shared<std::atomic<bool>>(false);
  const auto on_change = [answered, done](const std::shared_ptr<const Order>& now) {
    if (now->answer == Answer::kOpen) return true;
    if (!answered->exchange(true)) done(PlacedResponse(*now));
    return false;
  };
  const auto give_up = [this, answered, done, id = order->id()] {
    if (!answered->exchange(true)) AnswerPendingOrDecided(id, done);
  };
  const auto on_time = [give_up] {
    give_up();
    return false;
  };
  hub_.Subscribe(order->id(), order->version, on_change, std::chrono::steady_clock::now() + wait, kWaitMax, on_time, give_up);
}

void OrdersApi::AnswerPendingOrDecided(const Uuid& id, Done<v1::PlaceOrderResponse> done) {
  // Stored before it is said: a repeat must hear the same, also after a crash. A decision that came first wins.
  Work work;
  work.job = OrderWork{id, AnswerPending{}, std::nullopt};
  work.causation_id = "wait-ended";
  work.done = [done](Work& finished, const Result<void>& result) {
    if (!result.ok()) return done(result.error());
    if (finished.outcome.error) return done(*finished.outcome.error);
    done(PlacedResponse(*finished.outcome.order));
  };
  const Result<void> submitted = writer_.Submit(std::move(work));
  if (!submitted.ok()) done(submitted.error());
}

void OrdersApi::QuoteOrder(rpc::CallPtr call, const v1::QuoteOrderRequest& request, Done<v1::QuoteOrderResponse> done) {
  if (const auto checked = CheckCurrency(request.currency()); !checked.ok()) return done(checked.error());
  auto lines = CheckLines(request.lines(), request.currency());
  if (!lines.ok()) return done(lines.error());
  Read<v1::QuoteOrderResponse>(std::move(done), [this, call, lines = std::move(*lines), currency = request.currency()]() -> Result<v1::QuoteOrderResponse> {
    std::vector<std::string> skus;
    for (const RequestedLine& line : lines) skus.push_back(line.sku);
    SOUK_ASSIGN_OR_RETURN(const PriceList prices, view_.Prices(skus, call->context.deadline));
    SOUK_ASSIGN_OR_RETURN(const Quote quote, MakeQuote(lines, currency, prices));
    v1::QuoteOrderResponse response;
    for (const Line& line : quote.lines) {
      auto* added = response.add_lines();
      added->set_sku(line.sku);
      added->set_quantity(line.quantity);
      added->mutable_unit_price()->set_minor_units(line.unit_price_minor);
      added->mutable_unit_price()->set_currency(currency);
    }
    response.mutable_total()->set_minor_units(quote.total.minor_units);
    response.mutable_total()->set_currency(currency);
    return response;
  });
}

void OrdersApi::GetOrder(rpc::CallPtr call, const v1::GetOrderRequest& request, Done<v1::GetOrderResponse> done) {
  const auto id = ParseOrderId(request.order_id());
  if (!id.ok()) return done(id.error());
  Read<v1::GetOrderResponse>(std::move(done), [this, call, id = *id]() -> Result<v1::GetOrderResponse> {
    SOUK_ASSIGN_OR_RETURN(const auto order, view_.Get(id, call->context.deadline));
    v1::GetOrderResponse response;
    *response.mutable_order() = ToProto(*order);
    return response;
  });
}

void OrdersApi::ListOrders(rpc::CallPtr call, const v1::ListOrdersRequest& request, Done<v1::ListOrdersResponse> done) {
  if (const auto checked = CheckCustomerId(request.customer_id()); !checked.ok()) return done(checked.error());
  const int size = request.page().page_size();
  if (size < 0 || size > 200) return done(MalformedField("page.page_size", "must be 1 to 200, or 0 for 50"));
  const auto after = ParsePageToken(request.page().page_token());
  if (!after.ok()) return done(after.error());
  const std::int64_t limit = size == 0 ? 50 : size;
  Read<v1::ListOrdersResponse>(std::move(done), [this, call, customer = request.customer_id(), limit, after = *after]() -> Result<v1::ListOrdersResponse> {
    // One more than asked for tells whether there is another page.
    SOUK_ASSIGN_OR_RETURN(const auto orders, view_.List(customer, limit + 1, after, call->context.deadline));
    v1::ListOrdersResponse response;
    const auto shown = std::min(orders.size(), static_cast<std::size_t>(limit));
    for (std::size_t i = 0; i < shown; ++i) *response.add_orders() = ToProto(*orders[i]);
    if (orders.size() > shown) response.mutable_page()->set_next_page_token(PageToken(*orders[shown - 1]));
    return response;
  });
}

void OrdersApi::GetTimeline(rpc::CallPtr call, const v1::GetTimelineRequest& request, Done<v1::GetTimelineResponse> done) {
  const auto id = ParseOrderId(request.order_id());
  if (!id.ok()) return done(id.error());
  Read<v1::GetTimelineResponse>(std::move(done), [this, call, id = *id]() -> Result<v1::GetTimelineResponse> {
    SOUK_ASSIGN_OR_RETURN(const auto order, view_.Get(id, call->context.deadline));
    SOUK_ASSIGN_OR_RETURN(const auto entries, view_.Timeline(id, call->context.deadline));
    v1::GetTimelineResponse response;
    *response.mutable_order() = ToProto(*order);
    for (const TimelineEntry& entry : entries) *response.add_entries() = ToProto(entry);
    *response.mutable_saga() = SagaOf(*order);
    return response;
  });
}

void OrdersApi::ResumeOrder(rpc::CallPtr call, const v1::ResumeOrderRequest& request, Done<v1::ResumeOrderResponse> done) {
  const auto id = ParseOrderId(request.order_id());
  if (!id.ok()) return done(id.error());
  Work work;
  work.job = OrderWork{*id, DeadlinePassed{request.ask_now()}, std::nullopt};
  work.causation_id = "resume";
  work.traceparent = call->context.trace.IsValid() ? call->context.trace.ToString() : std::string();
  work.done = [done](Work& finished, const Result<void>& result) {
    if (!result.ok()) return done(result.error());
    if (finished.outcome.error) return done(*finished.outcome.error);
    const Order& order = *finished.outcome.order;
    v1::ResumeOrderResponse response;
    response.set_status(static_cast<v1::OrderStatus>(orders::StatusOf(order)));
    response.set_version(order.version);
    *response.mutable_saga() = SagaOf(order);
    response.set_resumed(finished.outcome.changed);
    done(std::move(response));
  };
  const Result<void> submitted = writer_.Submit(std::move(work));
  if (!submitted.ok()) done(submitted.error());
}

void OrdersApi::Change(const rpc::CallPtr& call, OrderWork job, Done<v1::Order> answer) {
  Work work;
  work.job = std::move(job);
  work.causation_id = call->context.request_id;
  work.traceparent = call->context.trace.IsValid() ? call->context.trace.ToString() : std::string();
  work.done = [call, answer](Work& finished, const Result<void>& result) {
    if (!result.ok()) return answer(result.error());
    if (finished.outcome.error) return answer(*finished.outcome.error);
    if (!finished.outcome.replayed) return answer(ToProto(*finished.outcome.order));
    call->SetResponseHeader("Idempotent-Replayed", "true");
    v1::Order stored;
    if (!stored.ParseFromString(finished.outcome.stored_answer)) return answer(MakeError(ErrorCode::kInternal, "a stored answer can't be read"));
    answer(std::move(stored));
  };
  const Result<void> submitted = writer_.Submit(std::move(work));
  if (!submitted.ok()) answer(submitted.error());
}

namespace {

/// The key's record: same call, order and key; another body is told apart by the hash.
KeyUse UseOf(const char* call, const std::string& order_id, const std::string& key, google::protobuf::Message& body) {
  return {Uuid::FromName(call, order_id + "\n" + key), Sha256Hex(body.SerializeAsString()).substr(0, 32)};
}

Result<std::string> RequiredKey(const rpc::Call& call, const std::string& request_id) {
  std::string key = KeyOf(call, request_id);
  if (key.empty()) return MalformedField("request_id", "is required: the idempotency key of this call");
  if (key.size() > 255) return MalformedField("request_id", "must have at most 255 characters");
  return key;
}

}  // namespace

void OrdersApi::CancelOrder(rpc::CallPtr call, const v1::CancelOrderRequest& request, Done<v1::CancelOrderResponse> done) {
  const auto id = ParseOrderId(request.order_id());
  if (!id.ok()) return done(id.error());
  const auto key = RequiredKey(*call, request.request_id());
  if (!key.ok()) return done(key.error());
  auto command = CheckCancel(request);
  if (!command.ok()) return done(command.error());
  v1::CancelOrderRequest body = request;
  body.clear_request_id();
  OrderWork job{*id, std::move(*command), UseOf("cancel", request.order_id(), *key, body)};
  Change(call, std::move(job), [call, done](Result<v1::Order> order) {
    if (!order.ok()) return done(order.error());
    v1::CancelOrderResponse response;
    *response.mutable_order() = std::move(order).value();
    if (response.order().status() == v1::ORDER_STATUS_CANCELLED) call->SetHttpStatus(200);
    done(std::move(response));
  });
}

void OrdersApi::ReturnOrder(rpc::CallPtr call, const v1::ReturnOrderRequest& request, Done<v1::ReturnOrderResponse> done) {
  const auto id = ParseOrderId(request.order_id());
  if (!id.ok()) return done(id.error());
  const auto key = RequiredKey(*call, request.request_id());
  if (!key.ok()) return done(key.error());
  auto command = CheckReturn(request, Uuid::FromName("return", request.order_id() + "\n" + *key).ToString());
  if (!command.ok()) return done(command.error());
  v1::ReturnOrderRequest body = request;
  body.clear_request_id();
  OrderWork job{*id, std::move(*command), UseOf("return", request.order_id(), *key, body)};
  Change(call, std::move(job), [done](Result<v1::Order> order) {
    if (!order.ok()) return done(order.error());
    v1::ReturnOrderResponse response;
    *response.mutable_order() = std::move(order).value();
    done(std::move(response));
  });
}

void OrdersApi::AddRoutes(http::Router& router) {
  router.Add("GET", "/v1/orders/{order_id}/events",
             [this](http::Request request, http::Responder responder) { StreamEvents(std::move(request), std::move(responder)); });
  router.Add("GET", "/v1/orders:stats",
             [this](http::Request request, http::Responder responder) { ShowStats(std::move(request), std::move(responder)); });
}

}  // namespace souk::orders
