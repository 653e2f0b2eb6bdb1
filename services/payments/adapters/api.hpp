#pragma once

#include <functional>

#include "libs/http/router.hpp"
#include "libs/rpc/method_table.hpp"
#include "services/payments/app/payments.hpp"
#include "services/payments/app/reconcile.hpp"

namespace souk::payments {

/// What the handlers need. All outlive the servers.
struct ApiParts {
  Payments& payments;
  PaymentReader& reader;
  FindingStore& findings;
  ReconcileJob& reconcile;
  /// Runs blocking reads off the network threads. kResourceExhausted when too many wait.
  std::function<Result<void>(std::function<void()>)> post;
};

/// souk.payments.v1.PaymentsService, once for both wires. A change waits for the provider's answer until the caller's
/// deadline, without a thread; after it the answer shows the payment as it is (HTTP 202).
void AddMethods(rpc::MethodTable& table, ApiParts parts);

/// The reconciliation's part of it.
void AddFindings(rpc::MethodTable& table, const ApiParts& parts);

/// GET /v1/payments:stats for the live page: sums by status, at most twice a second from SQL and never more than a
/// twentieth of the time.
void MountStats(http::Router& router, ApiParts parts);

}  // namespace souk::payments
