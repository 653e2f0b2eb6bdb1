#pragma once

#include "libs/chassis/thread_pool.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/order-recovery/app/operator_actions.hpp"

namespace souk::recovery {

struct ApiParts {
  OperatorActions& actions;
  WatchStore& store;
  chassis::ThreadPool& workers;
  const Clock& clock;
  Policy policy;
};

/// The RPCs of recovery_service.proto. Everything runs on `workers`, never on a network thread.
void AddMethods(rpc::MethodTable& table, const ApiParts& parts);

}  // namespace souk::recovery
