#pragma once

#include <string>

#include "libs/base/clock.hpp"
#include "libs/rpc/channel.hpp"
#include "services/order-recovery/app/ports.hpp"

namespace souk::recovery {

/// The orchestrator through gRPC.
class OrdersClient final : public Orders {
 public:
  /// `addresses`: "host:port,host:port", used in turn.
  OrdersClient(const std::string& addresses, std::chrono::milliseconds call_max, const Clock& clock);

  void Resume(const Uuid& id, bool ask_now, std::function<void(Result<Answer>)> done) override;
  Result<void> Cancel(const Uuid& id, const std::string& idempotency_key, const std::string& comment) override;
  Result<Insight> Look(const Uuid& id) override;

 private:
  Context Deadline() const;
  const std::chrono::milliseconds call_max_;
  const Clock& clock_;
  const rpc::Channel channel_;
};

}  // namespace souk::recovery
