#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "services/orders/app/work.hpp"
#include "souk/orders/v1/orders_service.pb.h"

// The limits that the protos state, field by field. Every error names its field: HTTP 400 where it can't be read, 422 where it is not acceptable.
namespace souk::orders {

Result<Uuid> ParseOrderId(const std::string& text);
Result<void> CheckCustomerId(const std::string& text);
Result<std::vector<RequestedLine>> CheckLines(const google::protobuf::RepeatedPtrField<v1::OrderLine>& lines, const std::string& currency);
Result<void> CheckCurrency(const std::string& currency);
/// Everything but prices. `key` is the idempotency key; the draft has no id yet when it fails.
Result<PlaceOrder> CheckPlaceOrder(const v1::PlaceOrderRequest& request, const std::string& key);
Result<CancelOrder> CheckCancel(const v1::CancelOrderRequest& request);
/// `return_id` is derived from order and key.
Result<ReturnOrder> CheckReturn(const v1::ReturnOrderRequest& request, std::string return_id);

}  // namespace souk::orders
