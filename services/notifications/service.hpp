#pragma once

#include <memory>

#include "libs/base/result.hpp"
#include "libs/chassis/service.hpp"
#include "services/notifications/config.hpp"

namespace souk::notifications {

/// The whole service: adapters wired to use cases. Tests start the same object on ports of their own.
class Service {
 public:
  /// kUnavailable when SQL can't be reached or a port can't be bound; kInvalidArgument for settings that don't fit
  /// together.
  static Result<std::unique_ptr<Service>> Start(const Config& config, chassis::Health& health);
  ~Service();

  int http_port() const;
  int grpc_port() const;
  void StopAccepting();
  void Stop();

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace souk::notifications
