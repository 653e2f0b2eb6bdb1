#pragma once

#include <memory>

#include "libs/chassis/service.hpp"
#include "services/inventory/config.hpp"

namespace souk::inventory {

/// The whole service: real adapters around the use cases. main and the tests start this one.
class Service {
 public:
  /// Starts without waiting for any engine; ready (see `health`) when the schema is there, SQL and Kafka answer. Redis is not
  /// needed for that. kInvalidArgument for bad settings, kUnavailable when a port can't be bound.
  static Result<std::unique_ptr<Service>> Start(const Config& config, chassis::Health& health);
  /// For RunService.
  static Result<chassis::Running> Launch(const Config& config, chassis::Health& health);
  ~Service();

  int http_port() const;
  int grpc_port() const;
  /// Refuses new requests; those in flight go on.
  void StopAccepting();
  /// Finishes what was accepted, within `common.grace`.
  void Stop();

 private:
  class State;
  explicit Service(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::inventory
