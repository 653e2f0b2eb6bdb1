#pragma once

#include <string>

#include "services/orders/domain/order.hpp"
#include "souk/orders/v1/order.pb.h"

// Shared by the two halves of the codec.
namespace souk::orders::wire {

inline void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

inline void SetMoney(std::int64_t minor, const std::string& currency, souk::common::v1::Money* out) {
  out->set_minor_units(minor);
  out->set_currency(currency);
}

inline void SetLines(const OrderContent& content, google::protobuf::RepeatedPtrField<v1::OrderLine>* out) {
  for (const Line& line : content.lines) {
    auto* added = out->Add();
    added->set_sku(line.sku);
    added->set_quantity(line.quantity);
    SetMoney(line.unit_price_minor, content.currency, added->mutable_unit_price());
  }
}

}  // namespace souk::orders::wire
