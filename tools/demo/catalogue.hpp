#pragma once

#include <string>

#include "libs/base/result.hpp"
#include "tools/demo/plan.hpp"

namespace souk::demo {

/// Publishes every product of the plan as souk.products.v1.ProductChanged, as the products service will, and waits for the brokers.
/// The version is the same each time, so that loading twice changes nothing.
Result<void> PublishCatalogue(const std::string& brokers, const Plan& plan);

/// Books the stock of the plan, 500 products a call. The movement id names the data and the number of orders: booking twice books once.
/// Waits until inventory knows the products.
Result<void> ReceiveStock(const std::string& inventory_grpc, const Plan& plan);

/// Waits until orders can quote the last product of the plan; kDeadlineExceeded after 60 s.
Result<void> AwaitPrices(const std::string& gateway_url, const Plan& plan);

}  // namespace souk::demo
