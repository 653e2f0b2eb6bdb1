#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "libs/base/result.hpp"
#include "libs/graphql/execution.hpp"

namespace souk::graphql {

class Subscription;

/// Where a source of events puts them. Safe to use from any thread.
class EventSink {
 public:
  explicit EventSink(std::weak_ptr<Subscription> subscription) : subscription_(std::move(subscription)) {}
  /// The event becomes the parent of the subscription's root field; `keep` lives until its response is out. False when nobody listens any more,
  /// or when the client is so slow that its queue is full: the subscription ends then.
  bool Emit(const Object& event, std::shared_ptr<const void> keep = nullptr);
  /// No more events will come.
  void End();

 private:
  std::weak_ptr<Subscription> subscription_;
};

/// What is asked of a source of events.
struct SubscribeCall {
  const Field& field;
  List<Member> arguments;       ///< coerced; valid during the call
  void* context = nullptr;      ///< Request::context

  const Value& Argument(std::string_view name) const;
};

/// Starts a source. What it returns is called once when nobody listens any more; an Error refuses the subscription, its message is sent.
using Subscriber = std::function<Result<std::function<void()>>(const SubscribeCall& call, std::shared_ptr<EventSink> sink)>;
/// By the root field's name.
using Subscribers = std::map<std::string, Subscriber, std::less<>>;

/// The other end. Called one at a time, from the threads of source and resolvers.
struct SubscriptionClient {
  std::function<void(Response response)> on_next;
  std::function<void()> on_end;
  std::size_t queue_max = 256;  ///< events that wait while one is being answered
};

/// A stream of events mapped to a stream of responses (specification, 6.2.3): one at a time, in order.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  static std::variant<std::shared_ptr<Subscription>, Response> Start(Execution::Input input, const Subscribers& subscribers,
                                                                     SubscriptionClient client);
  /// Ends it from the client's side: no callback comes after this returns, save one that is under way. Idempotent.
  void Stop();

 private:
  friend class EventSink;
  struct Event {
    Object object;
    std::shared_ptr<const void> keep;
  };

  Subscription(Execution::Input input, SubscriptionClient client) : input_(std::move(input)), client_(std::move(client)) {}
  bool Emit(Event event);
  void End();
  void Drain(std::unique_lock<std::mutex> lock);
  void Close(std::unique_lock<std::mutex> lock, bool tell);

  const Execution::Input input_;
  const SubscriptionClient client_;
  std::mutex mutex_;
  std::deque<Event> queue_;
  std::function<void()> stop_source_;
  bool draining_ = false;   // somebody is in Drain
  bool answering_ = false;  // an event is being executed
  bool ending_ = false;     // the source said so
  bool closed_ = false;
};

/// graphql-sse, "distinct connections mode": text/event-stream.
std::string SseNext(std::string_view response);
std::string SseComplete();
/// A comment that keeps proxies from closing a quiet stream.
std::string SseKeepAlive();

}  // namespace souk::graphql
