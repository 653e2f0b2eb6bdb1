// Orders that are watched: server-sent events, the gRPC stream, and the figures of the live page.
#include <charconv>

#include "libs/http/problem.hpp"
#include "libs/rpc/json.hpp"
#include "services/orders/adapters/codec.hpp"
#include "services/orders/adapters/orders_api.hpp"
#include "services/orders/adapters/validate.hpp"

namespace souk::orders {
namespace {

constexpr std::chrono::seconds kHeartbeat{15};

/// One watcher of one order: newest state wins, versions never go back, the end closes the stream.
class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  struct Wire {
    std::function<bool(const Order&)> write;  ///< false: not now, the buffer is full (or nobody is there any more)
    std::function<bool()> gone;
    std::function<void()> finish;
    std::function<void()> heartbeat;
  };
  Watcher(Wire wire, std::int64_t version) : wire_(std::move(wire)), version_(version) {}

  /// False when there is nothing more to say.
  bool Tell(const std::shared_ptr<const Order>& order) {
    const std::lock_guard lock(mutex_);
    if (finished_ || wire_.gone()) return false;
    if (order->version > version_) {
      waiting_ = order;
      Flush();
    }
    return !finished_;
  }
  /// The buffer has room again.
  void OnRoom() {
    const std::lock_guard lock(mutex_);
    if (!finished_ && waiting_) Flush();
  }
  bool Beat() {
    const std::lock_guard lock(mutex_);
    if (finished_ || wire_.gone()) return false;
    wire_.heartbeat();
    return true;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    wire_.finish();
  }

 private:
  void Flush() {
    if (!wire_.write(*waiting_)) return;  // the newest state stays here until there is room
    version_ = waiting_->version;
    if (IsTerminal(waiting_->phase)) {
      finished_ = true;
      wire_.finish();
    }
    waiting_.reset();
  }

  const Wire wire_;
  std::mutex mutex_;
  std::int64_t version_;
  std::shared_ptr<const Order> waiting_;
  bool finished_ = false;
};

void Follow(OrderHub& hub, const std::shared_ptr<Watcher>& watcher, const std::shared_ptr<const Order>& now) {
  if (!watcher->Tell(now)) return;
  hub.Subscribe(now->id(), now->version, [watcher](const auto& order) { return watcher->Tell(order); },
                std::chrono::steady_clock::now() + kHeartbeat, kHeartbeat, [watcher] { return watcher->Beat(); },
                [watcher] { watcher->End(); });
}

Result<std::int64_t> LastVersion(const http::Request& request) {
  std::string text(request.Header("last-event-id"));
  if (text.empty()) text = request.Query("after_version").value_or("");
  if (text.empty()) return std::int64_t{0};
  std::int64_t version = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), version);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || version < 0) {
    return MalformedField("Last-Event-ID", "must be the id of an earlier event");
  }
  return version;
}

Watcher::Wire ToWire(const std::shared_ptr<http::Stream>& stream) {
  const auto write = [stream](const Order& order) {
    v1::WatchOrderResponse message;
    *message.mutable_order() = ToProto(order);
    const auto json = rpc::ToJson(message);
    return json.ok() && stream->Write("id: " + std::to_string(order.version) + "\nevent: order\ndata: " + *json + "\n\n");
  };
  return {write, [stream] { return stream->closed(); }, [stream] { stream->Close(); }, [stream] { stream->Write(": alive\n\n"); }};
}

}  // namespace

void OrdersApi::WatchOrder(rpc::CallPtr call, const v1::WatchOrderRequest& request, rpc::ServerWriter<v1::WatchOrderResponse> writer) {
  const auto id = ParseOrderId(request.order_id());
  if (!id.ok()) return writer.Finish(id.error());
  const auto out = std::make_shared<rpc::ServerWriter<v1::WatchOrderResponse>>(std::move(writer));
  const std::int64_t after = request.after_version();
  const Result<void> posted = readers_.Post([this, call, id = *id, after, out] {
    const auto order = view_.Get(id, std::chrono::steady_clock::now() + std::chrono::seconds(5));
    if (!order.ok()) return out->Finish(order.error());
    const auto write = [out](const Order& state) {
      v1::WatchOrderResponse message;
      *message.mutable_order() = ToProto(state);
      return out->Write(message);
    };
    const auto watcher = std::make_shared<Watcher>(
        Watcher::Wire{write, [out] { return out->Cancelled(); }, [out] { out->Finish({}); }, [] {}}, after);
    // Weak: the stream keeps its callback, and the watcher keeps the stream.
    out->OnReady([weak = watcher->weak_from_this()] {
      if (const auto self = weak.lock()) self->OnRoom();
    });
    Follow(hub_, watcher, *order);
  });
  if (!posted.ok()) out->Finish(posted.error());
}

void OrdersApi::StreamEvents(http::Request request, http::Responder responder) {
  const auto id = ParseOrderId(request.params["order_id"]);
  const auto after = LastVersion(request);
  if (!id.ok() || !after.ok()) return responder.Send(http::ProblemResponse(id.ok() ? after.error() : id.error(), request.context));
  const auto answer = http::Share(std::move(responder));
  const Result<void> posted = readers_.Post([this, context = request.context, id = *id, after = *after, answer] {
    const auto order = view_.Get(id, context.deadline);
    if (!order.ok()) return answer->Send(http::ProblemResponse(order.error(), context));
    if (IsTerminal((*order)->phase) && (*order)->version <= after) {
      // 204 tells an EventSource not to come again: there will be nothing new.
      return answer->Send({.status = 204, .headers = {}, .body = {}});
    }
    const auto stream = answer->StartStream(
        {.status = 200, .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}, .body = {}});
    const auto watcher = std::make_shared<Watcher>(ToWire(stream), after);
    stream->OnDrain([weak = watcher->weak_from_this()] {
      if (const auto self = weak.lock()) self->OnRoom();
    });
    Follow(hub_, watcher, *order);
  });
  if (!posted.ok()) answer->Send(http::ProblemResponse(posted.error(), request.context));
}

void OrdersApi::ShowStats(http::Request request, http::Responder responder) {
  const auto answer = http::Share(std::move(responder));
  const Result<void> posted = readers_.Post([this, answer] {
    answer->Send({.status = 200, .headers = {{"Cache-Control", "no-store"}}, .body = stats_.Json()});
  });
  if (!posted.ok()) answer->Send(http::ProblemResponse(posted.error(), request.context));
}

}  // namespace souk::orders
