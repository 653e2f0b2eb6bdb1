#pragma once

#include <string>

#include "libs/base/result.hpp"
#include "tools/demo/plan.hpp"

namespace souk::demo {

/// Has products import the plan's products, in collections, through the shop's front door. The import key names the content: loading twice changes nothing.
Result<void> LoadCatalogue(const std::string& gateway_url, const Plan& plan);

/// Books the stock of the plan, 500 products a call. The movement id names the data and the number of orders: booking twice books once.
/// Waits until inventory knows the products.
Result<void> ReceiveStock(const std::string& inventory_grpc, const Plan& plan);

/// Waits until orders can quote every product of the plan; kDeadlineExceeded after 60 s.
Result<void> AwaitPrices(const std::string& gateway_url, const Plan& plan);

}  // namespace souk::demo
