#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::payment_simulator {

struct SimulatorConfig {
  std::string host = "127.0.0.1";
  int port = 0;
  int threads = 1;
  std::vector<std::string> webhook_urls;
  std::string webhook_secret = "changeit";
  std::chrono::milliseconds webhook_delay{100};  ///< between what happened and the event about it
  std::string state_file;  ///< read at the start, written at a clean stop; empty: forgets
};

/// The provider as a server. Its memory lives as long as this object, whoever else restarts.
class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> Start(SimulatorConfig config);
  ~Simulator();
  int port() const;
  std::string url() const;
  void SetWebhookUrls(std::vector<std::string> urls);

 private:
  class Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::payment_simulator
