#include "services/notifications/adapters/low_stock_listener.hpp"

#include "libs/observability/log.hpp"
#include "services/notifications/adapters/codec.hpp"

namespace souk::notifications {

Result<std::unique_ptr<LowStockListener>> LowStockListener::Start(const std::string& redis_nodes,
                                                                  std::string sellers_domain, Writer& writer,
                                                                  const Clock& clock) {
  redis::ClusterConfig config;
  SOUK_ASSIGN_OR_RETURN(config.seeds, redis::ParseEndpoints(redis_nodes));
  SOUK_ASSIGN_OR_RETURN(auto cluster, redis::Cluster::Connect(config));
  std::unique_ptr<LowStockListener> listener(new LowStockListener(std::move(cluster)));
  listener->subscription_ = listener->cluster_->Subscribe(
      {std::string(kLowStockChannel)},
      [domain = std::move(sellers_domain), &writer, &clock](std::string, std::string message) {
        Result<Notice> notice = DecodeLowStock(message, domain);
        if (!notice.ok()) return log::Warn("a low-stock message can't be read", {log::Why(notice.error())});
        Work work;
        work.now = clock.Now();
        work.command = Announce{std::move(*notice), std::string(kStockGroup)};
        if (const auto submitted = writer.Submit(std::move(work)); !submitted.ok()) {
          log::Debug("a low-stock message waits for Kafka", {log::Why(submitted.error())});
        }
      });
  return listener;
}

}  // namespace souk::notifications
