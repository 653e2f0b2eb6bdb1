#include "tools/demo/replay.hpp"

#include <nlohmann/json.hpp>

namespace souk::demo {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr int kAttemptsMax = 40;

json LinesOf(const Invoice& invoice) {
  json lines = json::array();
  for (const Line& line : invoice.lines) lines.push_back({{"sku", line.sku}, {"quantity", std::to_string(line.quantity)}});
  return lines;
}

std::string PlaceBody(const PlannedOrder& order, bool with_stale_quote) {
  json body = {{"customerId", order.invoice.customer},
               {"email", "customer-" + order.invoice.customer + "@customers.example"},
               {"lines", LinesOf(order.invoice)},
               {"currency", "GBP"},
               {"paymentMethod", PaymentMethod(order.card)},
               {"shipTo",
                {{"name", "Customer " + order.invoice.customer},
                 {"line1", "1 Market Street"},
                 {"line2", order.gets_lost ? "LOSE" : ""},
                 {"city", "Anytown"},
                 {"country", order.invoice.country}}}};
  if (with_stale_quote) body["expectedTotal"] = {{"minorUnits", "1"}, {"currency", "GBP"}};
  return body.dump();
}

// A word for a refusal: the problem's reason, else its code, else the status.
std::string ReasonOf(const http::Response& response) {
  const json problem = json::parse(response.body, nullptr, false);
  if (problem.is_object()) {
    for (const char* member : {"reason", "code"}) {
      if (problem.contains(member) && problem[member].is_string() && !problem[member].get<std::string>().empty()) return problem[member];
    }
  }
  return "HTTP " + std::to_string(response.status);
}

bool WorthRetrying(const Result<http::Response>& answer) {
  if (!answer.ok()) return true;  // unknown: the same key finds out
  return answer->status == 429 || answer->status == 503 || answer->status == 504 || (answer->status == 409 && ReasonOf(*answer) != "PRICE_CHANGED");
}

milliseconds BackOff(int attempt) { return milliseconds(std::min(2000, 50 << std::min(attempt, 6))); }

}  // namespace

Replay::Replay(std::string gateway_url, const Plan& plan, double rate)
    : gateway_url_(std::move(gateway_url)),
      plan_(plan),
      rate_(rate),
      client_({.threads = 1, .connections_per_host_max = 128, .queue_max = 100'000}),
      tracker_([this](Tracker::Moment moment, const std::string& id) { OnMoment(moment, id); }),
      action_thread_([this] { ActionLoop(); }) {}

Replay::~Replay() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  action_thread_.join();
}

void Replay::Run(std::size_t first, const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  const std::size_t total = plan_.orders.size();
  auto next_report = start;
  for (std::size_t i = first; i < total; ++i) {
    // Open loop: each order has its own time, however long the answers before it take.
    const auto due = start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                 std::chrono::duration<double>(static_cast<double>(i - first) / rate_));
    std::this_thread::sleep_until(due);
    {
      const std::lock_guard lock(mutex_);
      ++open_calls_;
    }
    Place(i, 0);
    if (std::chrono::steady_clock::now() >= next_report) {
      progress(i + 1 - first, total - first);
      next_report += std::chrono::seconds(2);
    }
  }
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return open_calls_ == 0; });
  answers_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Replay::Post(const std::string& path, const std::string& key, const std::string& body, http::Client::Callback callback) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = gateway_url_ + path;
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
  request.body = body;
  request.deadline = milliseconds(15'000);
  if (!observer_) return client_.Send(std::move(request), std::move(callback));
  const auto begin = std::chrono::steady_clock::now();
  client_.Send(std::move(request), [this, path, key, begin, callback = std::move(callback)](Result<http::Response> answer) {
    observer_({path, key, begin, std::chrono::steady_clock::now(), answer});
    callback(std::move(answer));
  });
}

void Replay::Place(std::size_t index, int attempt) {
  const PlannedOrder& order = plan_.orders[index];
  const bool stale = order.stale_quote && attempt == 0;
  Post("/v1/orders", order.key, PlaceBody(order, stale),
       [this, index, attempt](Result<http::Response> answer) { Answered(index, attempt, answer); });
}

void Replay::Answered(std::size_t index, int attempt, const Result<http::Response>& answer) {
  if (answer.ok() && answer->status == 201) return Accepted(index, *answer);
  const std::string reason = answer.ok() ? ReasonOf(*answer) : std::string(ToString(answer.error().code));
  const bool requote = reason == "PRICE_CHANGED" && plan_.orders[index].stale_quote;
  if ((requote || WorthRetrying(answer)) && attempt < kAttemptsMax) {
    {
      const std::lock_guard lock(mutex_);
      ++answers_.retried[reason];
    }
    return After(requote ? milliseconds(0) : BackOff(attempt), [this, index, attempt] { Place(index, attempt + 1); });
  }
  {
    const std::lock_guard lock(mutex_);
    ++answers_.refused[reason];
  }
  Done();
}

void Replay::Accepted(std::size_t index, const http::Response& answer) {
  const json body = json::parse(answer.body, nullptr, false);
  const std::string id = body.is_object() ? body.value("orderId", "") : "";
  const PlannedOrder& order = plan_.orders[index];
  {
    const std::lock_guard lock(mutex_);
    ++answers_.accepted;
    if (!http::FindHeader(answer.headers, "Idempotent-Replayed").empty()) ++answers_.replayed;
    index_of_[id] = index;
  }
  tracker_.Expect(id);
  if (order.cancel_after) After(*order.cancel_after, [this, id, key = order.key + "-cancel"] { Cancel(id, key, 0); });
  Done();
}

void Replay::Done() {
  {
    const std::lock_guard lock(mutex_);
    --open_calls_;
  }
  wake_.notify_all();
}

void Replay::OnMoment(Tracker::Moment moment, const std::string& order_id) {
  std::size_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = index_of_.find(order_id);
    if (found == index_of_.end()) return;
    index = found->second;
  }
  const PlannedOrder& order = plan_.orders[index];
  if (moment == Tracker::Moment::kCompleted && !order.returns.empty()) {
    After(milliseconds(200), [this, order_id, &order] { Return(order_id, order, 0); });
  }
  if (moment == Tracker::Moment::kChallenged && order.card != Card::kChallengeIgnored) {
    const bool succeed = order.card == Card::kChallengeMet;
    After(milliseconds(100), [this, order_id, succeed] { CompleteChallenge(order_id, succeed, 0); });
  }
}

void Replay::CompleteChallenge(const std::string& order_id, bool succeed, int attempt) {
  http::ClientRequest question;
  question.url = gateway_url_ + "/v1/orders/" + order_id;
  client_.Send(std::move(question), [this, order_id, succeed, attempt](Result<http::Response> answer) {
    const json body = answer.ok() ? json::parse(answer->body, nullptr, false) : json();
    const std::string url = body.is_object() && body.contains("order") ? body["order"].value("challengeUrl", "") : "";
    if (url.empty()) {
      if (attempt < 5) After(milliseconds(200), [this, order_id, succeed, attempt] { CompleteChallenge(order_id, succeed, attempt + 1); });
      return;
    }
    http::ClientRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = succeed ? "outcome=succeed" : "outcome=fail";
    client_.Send(std::move(request), [this, order_id, succeed, attempt](Result<http::Response> outcome) {
      if (!outcome.ok() && attempt < 5) After(milliseconds(200), [this, order_id, succeed, attempt] { CompleteChallenge(order_id, succeed, attempt + 1); });
    });
  });
}

void Replay::Cancel(const std::string& order_id, const std::string& key, int attempt) {
  Post("/v1/orders/" + order_id + ":cancel", key, R"({"comment":"changed my mind"})", [this, order_id, key, attempt](Result<http::Response> answer) {
    const bool too_late = answer.ok() && answer->status == 409 && ReasonOf(*answer) != "IN_FLIGHT" && ReasonOf(*answer) != "ABORTED";
    if (!too_late && WorthRetrying(answer) && attempt < kAttemptsMax) {
      return After(BackOff(attempt), [this, order_id, key, attempt] { Cancel(order_id, key, attempt + 1); });
    }
    const std::lock_guard lock(mutex_);
    const bool accepted = answer.ok() && answer->status < 300;
    ++answers_.cancels[accepted ? "accepted" : too_late ? "too late" : answer.ok() ? ReasonOf(*answer) : "no answer"];
  });
}

void Replay::Return(const std::string& order_id, const PlannedOrder& order, int attempt) {
  json lines = json::array();
  for (const ReturnedLine& line : order.returns) {
    lines.push_back({{"sku", line.sku}, {"quantity", std::to_string(line.quantity)}, {"restock", line.restock}});
  }
  Post("/v1/orders/" + order_id + ":return", order.key + "-return", json{{"lines", lines}}.dump(), [this, order_id, &order, attempt](Result<http::Response> answer) {
    if ((!answer.ok() || answer->status == 429 || answer->status >= 503) && attempt < kAttemptsMax) {
      return After(BackOff(attempt), [this, order_id, &order, attempt] { Return(order_id, order, attempt + 1); });
    }
    const std::lock_guard lock(mutex_);
    ++answers_.returns[!answer.ok() ? "no answer" : answer->status < 300 ? "accepted" : ReasonOf(*answer)];
  });
}

void Replay::After(milliseconds delay, std::function<void()> action) {
  {
    const std::lock_guard lock(mutex_);
    actions_.push({std::chrono::steady_clock::now() + delay, std::move(action)});
  }
  wake_.notify_all();
}

void Replay::ActionLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (actions_.empty()) {
      wake_.wait(lock, [this] { return stopping_ || !actions_.empty(); });
      continue;
    }
    const auto due = actions_.top().due;
    if (std::chrono::steady_clock::now() < due) {
      wake_.wait_until(lock, due);
      continue;
    }
    const auto run = actions_.top().run;
    actions_.pop();
    lock.unlock();
    run();
    lock.lock();
  }
}

std::size_t Replay::PendingActions() const {
  const std::lock_guard lock(mutex_);
  return actions_.size();
}

Answers Replay::answers() const {
  const std::lock_guard lock(mutex_);
  return answers_;
}

}  // namespace souk::demo
