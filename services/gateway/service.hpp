#pragma once

#include <memory>

#include "libs/chassis/service.hpp"
#include "services/gateway/config.hpp"

namespace souk::gateway {

/// The running gateway: proxy, static pages, live feed.
class Service {
 public:
  static Result<std::unique_ptr<Service>> Start(const Config& config, chassis::Health& health);
  ~Service();
  int port() const;
  void StopAccepting();
  void Stop();

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace souk::gateway
