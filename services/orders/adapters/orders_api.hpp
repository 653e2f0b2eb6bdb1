#pragma once

#include <mutex>
#include <unordered_set>

#include "libs/base/clock.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/orders/adapters/order_hub.hpp"
#include "services/orders/adapters/order_stats.hpp"
#include "services/orders/adapters/sql_order_store.hpp"
#include "services/orders/adapters/writer.hpp"
#include "souk/orders/v1/orders_service.pb.h"

namespace souk::orders {

/// souk.orders.v1.OrdersService on both wires, and the two REST routes that gRPC has no word for: server-sent events of one order and the
/// figures of the live page. Nothing here blocks: changes go to the writer, reads to the reader threads.
class OrdersApi {
 public:
  OrdersApi(Writer& writer, SqlOrderView& view, OrderHub& hub, OrderStats& stats, chassis::ThreadPool& readers)
      : writer_(writer), view_(view), hub_(hub), stats_(stats), readers_(readers) {}

  void AddMethods(rpc::MethodTable& table);
  void AddRoutes(http::Router& router);

 private:
  template <class Response>
  using Done = std::function<void(Result<Response>)>;

  void PlaceOrder(rpc::CallPtr call, const v1::PlaceOrderRequest& request, Done<v1::PlaceOrderResponse> done);
  void Accepted(const rpc::CallPtr& call, Work& work, const Result<void>& result, Done<v1::PlaceOrderResponse> done);
  void WaitForOutcome(const std::shared_ptr<const Order>& order, std::chrono::milliseconds wait, Done<v1::PlaceOrderResponse> done);
  void AnswerPendingOrDecided(const Uuid& id, Done<v1::PlaceOrderResponse> done);
  void QuoteOrder(rpc::CallPtr call, const v1::QuoteOrderRequest& request, Done<v1::QuoteOrderResponse> done);
  void GetOrder(rpc::CallPtr call, const v1::GetOrderRequest& request, Done<v1::GetOrderResponse> done);
  void ListOrders(rpc::CallPtr call, const v1::ListOrdersRequest& request, Done<v1::ListOrdersResponse> done);
  void GetTimeline(rpc::CallPtr call, const v1::GetTimelineRequest& request, Done<v1::GetTimelineResponse> done);
  void CancelOrder(rpc::CallPtr call, const v1::CancelOrderRequest& request, Done<v1::CancelOrderResponse> done);
  void ReturnOrder(rpc::CallPtr call, const v1::ReturnOrderRequest& request, Done<v1::ReturnOrderResponse> done);
  void ResumeOrder(rpc::CallPtr call, const v1::ResumeOrderRequest& request, Done<v1::ResumeOrderResponse> done);
  /// A change of an existing order under an idempotency key; `answer` gets the order as it was answered the first time.
  void Change(const rpc::CallPtr& call, OrderWork job, Done<v1::Order> answer);
  void WatchOrder(rpc::CallPtr call, const v1::WatchOrderRequest& request, rpc::ServerWriter<v1::WatchOrderResponse> writer);
  void StreamEvents(http::Request request, http::Responder responder);
  void ShowStats(http::Request request, http::Responder responder);
  /// Runs `read` on a reader thread; its error, or a full queue, goes to `done`.
  template <class Response>
  void Read(Done<Response> done, std::function<Result<Response>()> read);

  bool Enter(const Uuid& id);  ///< false: a call for this order is being answered
  void Leave(const Uuid& id);

  Writer& writer_;
  SqlOrderView& view_;
  OrderHub& hub_;
  OrderStats& stats_;
  chassis::ThreadPool& readers_;
  std::mutex mutex_;
  std::unordered_set<Uuid> in_flight_;
};

}  // namespace souk::orders
