#pragma once

#include <memory>

#include "libs/base/result.hpp"
#include "libs/chassis/service.hpp"
#include "services/products/config.hpp"

namespace souk::products {

/// The whole service: adapters wired to use cases. Tests start the same object on ports of their own.
class Service {
 public:
  /// kUnavailable when SQL can't be reached or a port can't be bound; kFailedPrecondition for a changed migration.
  static Result<std::unique_ptr<Service>> Start(const Config& config, chassis::Health& health);
  ~Service();

  int http_port() const;
  int grpc_port() const;
  void StopAccepting();
  /// Calls in flight, the batch in hand, the outbox; bounded by the configured grace.
  void Stop();

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace souk::products
