#pragma once

#include <string>
#include <string_view>

#include "tools/payment-simulator/provider.hpp"

namespace souk::payment_simulator {

/// The provider's JSON, written by hand: this is the hot path of a benchmark.
void AppendString(std::string& out, std::string_view text);
std::string RenderIntent(const Intent& intent, std::string_view base_url, bool expand_charge);
std::string RenderRefund(const RefundRecord& refund);
std::string RenderCharge(const Intent& intent);
/// {"error": {...}}; `intent_json` may be empty.
std::string RenderError(std::string_view type, std::string_view code, std::string_view message,
                        std::string_view decline_code = {}, std::string_view intent_json = {},
                        std::string_view param = {});

}  // namespace souk::payment_simulator
