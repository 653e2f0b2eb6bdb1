#pragma once

#include <memory>
#include <string>

#include "libs/base/clock.hpp"
#include "libs/redis/cluster.hpp"
#include "services/notifications/adapters/writer.hpp"

namespace souk::notifications {

/// Hears of low stock on Redis pub/sub before Kafka tells it. Best effort: the same fall has the same id on both ways,
/// so it is one notification, and without Redis it only comes later.
class LowStockListener {
 public:
  static Result<std::unique_ptr<LowStockListener>> Start(const std::string& redis_nodes, std::string sellers_domain,
                                                         Writer& writer, const Clock& clock);

 private:
  explicit LowStockListener(std::unique_ptr<redis::Cluster> cluster) : cluster_(std::move(cluster)) {}
  std::unique_ptr<redis::Cluster> cluster_;
  std::unique_ptr<redis::Subscription> subscription_;
};

}  // namespace souk::notifications
