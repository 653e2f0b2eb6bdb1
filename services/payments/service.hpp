#pragma once

#include <memory>

#include "libs/base/result.hpp"
#include "services/payments/config.hpp"

namespace souk::payments {

/// The whole service in one object; several may live in one process (tests).
class Service {
 public:
  /// Migrates when told to, starts everything. Port 0 picks one.
  static Result<std::unique_ptr<Service>> Start(Config config, chassis::Health& health);
  /// Ends at once what still runs; a graceful end is StopAccepting(), then Stop().
  ~Service();
  int http_port() const;
  int grpc_port() const;
  void StopAccepting();
  void Stop();

 private:
  class Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace souk::payments
