#pragma once

#include "libs/chassis/thread_pool.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// The RPCs of fulfillment_service.proto. Reads run on `readers`, never on a network thread.
void AddMethods(rpc::MethodTable& table, ShipmentView& view, chassis::ThreadPool& readers);

}  // namespace souk::fulfillment
