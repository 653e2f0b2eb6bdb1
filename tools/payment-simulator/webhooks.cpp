#include "tools/payment-simulator/webhooks.hpp"

#include <algorithm>

#include "libs/base/hash.hpp"

namespace souk::payment_simulator {
namespace {
constexpr int kAttemptsMax = 24;
constexpr std::int64_t kWaitingMax = 200'000;  // deliveries; more are dropped, as receivers can also ask
}  // namespace

Webhooks::Webhooks(const Clock& clock, Timer& timer, std::string secret, std::chrono::milliseconds delay)
    : clock_(clock),
      timer_(timer),
      secret_(std::move(secret)),
      delay_(delay),
      client_({.connections_per_host_max = 8, .queue_max = 100'000}) {}

void Webhooks::SetUrls(std::vector<std::string> urls) {
  const std::lock_guard lock(mutex_);
  urls_ = std::move(urls);
}

std::string Webhooks::Sign(std::string_view secret, std::int64_t unix_seconds, std::string_view body) {
  const std::string time = std::to_string(unix_seconds);
  return "t=" + time + ",v1=" + HmacSha256Hex(secret, time + "." + std::string(body));
}

void Webhooks::Send(ProviderEvent event) {
  std::vector<std::string> urls;
  {
    const std::lock_guard lock(mutex_);
    urls = urls_;
  }
  if (urls.empty()) return;
  const auto shared = std::make_shared<const ProviderEvent>(std::move(event));
  for (const std::string& url : urls) {
    if (waiting_ >= kWaitingMax) return;
    ++waiting_;
    if (!shared->duplicate_and_reorder) {
      timer_.After(delay_, [this, url, shared] { Deliver({url, shared}); });
      continue;
    }
    // The authorization is told late, the capture at once, so the receiver sees them in the wrong order, and twice.
    ++waiting_;
    const bool late = shared->type == "payment_intent.amount_capturable_updated";
    timer_.After(std::chrono::milliseconds(late ? 400 : 0) + delay_, [this, url, shared] { Deliver({url, shared}); });
    timer_.After(std::chrono::milliseconds(late ? 450 : 50) + delay_, [this, url, shared] { Deliver({url, shared}); });
  }
}

void Webhooks::Deliver(Delivery delivery) {
  auto request = http::ParseUrl(delivery.url);
  if (!request.ok()) {
    --waiting_;
    return;
  }
  request->method = "POST";
  request->body = delivery.event->body;
  const std::int64_t now = ToUnixMillis(clock_.Now()) / 1000;
  request->headers = {{"Content-Type", "application/json"}, {"Stripe-Signature", Sign(secret_, now, delivery.event->body)}};
  client_.Send(std::move(request).value(), [this, delivery](Result<http::Response> response) {
    if (response.ok() && response->status / 100 == 2) {
      --waiting_;
      ++delivered_;
    } else {
      RetryLater(delivery);
    }
  });
}

void Webhooks::RetryLater(Delivery delivery) {
  if (++delivery.attempt >= kAttemptsMax) {
    --waiting_;
    return;
  }
  const auto delay = std::chrono::milliseconds(std::min<std::int64_t>(30'000, std::int64_t{200} << std::min(delivery.attempt - 1, 8)));
  timer_.After(delay, [this, delivery] { Deliver(delivery); });
}

}  // namespace souk::payment_simulator
