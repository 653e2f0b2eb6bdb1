#pragma once

#include "libs/chassis/thread_pool.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/notifications/adapters/writer.hpp"

namespace souk::notifications {

struct ApiConfig {
  bool private_webhooks_allowed = false;
};

/// The RPCs of notifications_service.proto. Reads run on `readers`, never on a network thread.
void AddMethods(rpc::MethodTable& table, ApiConfig config, NotificationView& view, chassis::ThreadPool& readers,
                Writer& writer, const Clock& clock);

}  // namespace souk::notifications
