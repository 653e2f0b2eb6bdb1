#pragma once

#include <atomic>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "test/bench/loop.hpp"

namespace souk::bench {

/// Customers who order two products through the gateway and wait for the confirmation ("Prefer: wait=10").
class OrderLoad {
 public:
  /// `gateway_url` is "http://host:port". kInvalidArgument for another form.
  static Result<std::unique_ptr<OrderLoad>> Create(const std::string& gateway_url, int in_flight, bool mails);

  /// One order, from the request to CONFIRMED. Each has a key of its own.
  Operation PlaceOne();

 private:
  OrderLoad(http::ClientRequest pattern, int in_flight, bool mails);
  http::ClientRequest Next();

  const http::ClientRequest pattern_;
  const std::string run_;
  const bool mails_;
  std::atomic<std::int64_t> number_{0};
  http::Client client_;
};

}  // namespace souk::bench
