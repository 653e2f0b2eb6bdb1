#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/http/client.hpp"
#include "tools/payment-simulator/provider.hpp"
#include "tools/payment-simulator/timer.hpp"

namespace souk::payment_simulator {

/// Sends signed events until each receiver answered 2xx: back-off from 200 ms, doubling to 30 s, at most 24 attempts.
class Webhooks {
 public:
  /// Events leave `delay` after they happened, as a provider's do: usually behind the API's own answer.
  Webhooks(const Clock& clock, Timer& timer, std::string secret, std::chrono::milliseconds delay);
  void SetUrls(std::vector<std::string> urls);
  void Send(ProviderEvent event);
  std::int64_t delivered() const { return delivered_; }
  /// "t=<unix>,v1=<hmac>" over "<unix>.<body>".
  static std::string Sign(std::string_view secret, std::int64_t unix_seconds, std::string_view body);

 private:
  struct Delivery {
    std::string url;
    std::shared_ptr<const ProviderEvent> event;
    int attempt = 0;
  };
  void Deliver(Delivery delivery);
  void RetryLater(Delivery delivery);

  const Clock& clock_;
  Timer& timer_;
  const std::string secret_;
  const std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::vector<std::string> urls_;
  std::atomic<std::int64_t> delivered_{0};
  std::atomic<std::int64_t> waiting_{0};
  http::Client client_;
};

}  // namespace souk::payment_simulator
