#include "libs/graphql/subscription.hpp"

namespace souk::graphql {

const Value& SubscribeCall::Argument(std::string_view name) const {
  static const Value null;
  for (const Member& member : arguments) {
    if (member.name == name) return member.value;
  }
  return null;
}

bool EventSink::Emit(const Object& event, std::shared_ptr<const void> keep) {
  const std::shared_ptr<Subscription> subscription = subscription_.lock();
  return subscription != nullptr && subscription->Emit({event, std::move(keep)});
}

void EventSink::End() {
  if (const std::shared_ptr<Subscription> subscription = subscription_.lock()) subscription->End();
}

std::variant<std::shared_ptr<Subscription>, Response> Subscription::Start(Execution::Input input, const Subscribers& subscribers,
                                                                          SubscriptionClient client) {
  const auto refuse = [](const GraphQLError& error, bool executed) {
    std::string body(1, '{');
    AppendErrors({error}, &body);
    body.append(executed ? ",\"data\":null}" : "}");
    return Response{std::move(body), executed};
  };
  const SelectionPlan& plan = input.plan->Root(input.variables);
  if (plan.error) return refuse(*plan.error, true);
  if (plan.fields.empty()) return refuse({"The subscription selects nothing.", {}, {}, {}, {}}, false);
  const PlannedField& planned = plan.fields[0];
  const ast::Selection& node = *planned.nodes[0];
  const auto subscriber = subscribers.find(planned.field->name);
  if (subscriber == subscribers.end()) return refuse({"There is no source for this subscription.", {}, {}, {}, {}}, false);
  SubscribeCall call{*planned.field, {}, input.context.get()};
  Arena arena;
  auto error = CoerceArguments(planned.field->arguments, node.arguments, node.offset, *input.document, input.variables, &arena, &call.arguments);
  input.expired = nullptr;  // the time of the request that opened it is not that of its events
  std::shared_ptr<Subscription> subscription(new Subscription(std::move(input), std::move(client)));
  if (!error) {
    Result<std::function<void()>> started = subscriber->second(call, std::make_shared<EventSink>(subscription));
    if (started.ok()) {
      std::unique_lock lock(subscription->mutex_);
      const bool closed = subscription->closed_;
      if (!closed) subscription->stop_source_ = *started;
      lock.unlock();
      if (closed && *started) (*started)();  // it ended before we knew how to stop it
      return subscription;
    }
    error = GraphQLError{started.error().message, {LocationAt(subscription->input_.document->source, node.offset)}, {}, {}, {}};
  }
  error->path.emplace_back(std::string(planned.response_name));
  return refuse(*error, true);
}

bool Subscription::Emit(Event event) {
  std::unique_lock lock(mutex_);
  if (closed_ || ending_) return false;
  if (queue_.size() >= client_.queue_max) {
    // Leaving out events in the middle would tell the client something that never was.
    Close(std::move(lock), true);
    return false;
  }
  queue_.push_back(std::move(event));
  Drain(std::move(lock));
  return true;
}

void Subscription::End() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  Drain(std::move(lock));
}

void Subscription::Stop() { Close(std::unique_lock(mutex_), false); }

void Subscription::Drain(std::unique_lock<std::mutex> lock) {
  if (draining_) return;
  draining_ = true;
  while (!closed_ && !answering_ && !queue_.empty()) {
    const Event event = std::move(queue_.front());
    queue_.pop_front();
    answering_ = true;
    lock.unlock();
    Execution::Input input = input_;
    input.root = event.object;
    const auto done = [self = shared_from_this(), keep = event.keep](Response response) {
      std::unique_lock relock(self->mutex_);
      const bool open = !self->closed_;
      relock.unlock();
      if (open) self->client_.on_next(std::move(response));
      relock.lock();
      self->answering_ = false;
      self->Drain(std::move(relock));
    };
    std::make_shared<Execution>(std::move(input), done)->Start();
    lock.lock();
  }
  draining_ = false;
  if (ending_ && !answering_ && queue_.empty() && !closed_) Close(std::move(lock), true);
}

void Subscription::Close(std::unique_lock<std::mutex> lock, bool tell) {
  if (closed_) return;
  closed_ = true;
  queue_.clear();
  const std::function<void()> stop = std::move(stop_source_);
  lock.unlock();
  if (stop) stop();
  if (tell && client_.on_end) client_.on_end();
}

std::string SseNext(std::string_view response) {
  std::string out = "event: next\ndata: ";
  // Our responses hold no line breaks, save in ready-made JSON; between tokens they may go.
  for (const char c : response) {
    if (c != '\n' && c != '\r') out += c;
  }
  out.append("\n\n");
  return out;
}

std::string SseComplete() { return "event: complete\ndata:\n\n"; }
std::string SseKeepAlive() { return ":\n\n"; }

}  // namespace souk::graphql
