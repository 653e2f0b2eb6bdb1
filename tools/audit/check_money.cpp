#include <fmt/format.h>

#include "tools/audit/auditor.hpp"
#include "tools/audit/rows.hpp"
#include "tools/audit/statements.hpp"

namespace souk::audit {
namespace {

using Offenders = std::vector<std::string>;

void CompareOrderWithPayment(const std::string& id, const OrderRow& order, const PaymentRow& payment, Offenders& offenders) {
  if (!order.Terminal()) return;  // in flight, the two are told one after the other
  if (order.captured != payment.captured || order.refunded != payment.refunded) {
    offenders.push_back(fmt::format("order {}: orders says captured {} refunded {}, payments says {} and {}", id, order.captured, order.refunded,
                                    payment.captured, payment.refunded));
  }
  if (payment.captured > 0 && order.currency != payment.currency) {
    offenders.push_back(fmt::format("order {}: in {} but paid in {}", id, order.currency, payment.currency));
  }
}

void CompareOrderWithItself(const std::string& id, const OrderRow& order, Offenders& offenders) {
  if (order.Undone() && order.captured != order.refunded) {
    offenders.push_back(fmt::format("order {} is {} but {} of {} captured were not given back", id, order.phase, order.captured - order.refunded, order.captured));
  }
  if (order.phase == "COMPLETED" && order.captured != order.total) {
    offenders.push_back(fmt::format("order {} is delivered but {} of {} was captured", id, order.captured, order.total));
  }
  if (order.phase == "RETURNED" && order.refunded != order.captured) {
    offenders.push_back(fmt::format("order {} came back but only {} of {} was refunded", id, order.refunded, order.captured));
  }
  if (order.refunded > order.captured) offenders.push_back(fmt::format("order {}: refunded {} of {} captured", id, order.refunded, order.captured));
}

Result<std::int64_t> CompareWithProvider(Sources& sources, const std::unordered_map<std::string, PaymentRow>& payments, Offenders& offenders) {
  SOUK_ASSIGN_OR_RETURN(const auto intents, ReadIntents(sources));
  std::unordered_map<std::string, std::pair<std::int64_t, std::int64_t>> theirs;
  for (const IntentRow& intent : intents) {
    theirs[intent.order_id].first += intent.received;
    theirs[intent.order_id].second += intent.refunded;
  }
  for (const auto& [id, sums] : theirs) {
    const auto ours = payments.find(id);
    if (ours == payments.end()) {
      if (sums.first > 0) offenders.push_back(fmt::format("the provider took {} for '{}', which payments doesn't know", sums.first, id));
    } else if (!ours->second.unknown && (sums.first != ours->second.captured || sums.second != ours->second.refunded)) {
      offenders.push_back(fmt::format("payment {}: we say captured {} refunded {}, the provider {} and {}", id, ours->second.captured, ours->second.refunded, sums.first, sums.second));
    }
  }
  for (const auto& [id, payment] : payments) {
    if (payment.captured > 0 && !theirs.contains(id)) offenders.push_back(fmt::format("payment {}: we say captured {}, the provider knows nothing", id, payment.captured));
  }
  return static_cast<std::int64_t>(intents.size());
}

// Goods that left although nobody pays for them.
Result<std::int64_t> CompareWithParcels(Sources& sources, const std::unordered_map<std::string, OrderRow>& orders, Offenders& offenders) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows parcels, sources.fulfillment.Query(kShipments));
  parcels.ForEach([&](const sql::Row& row) {
    const auto order = orders.find(row.Text(0));
    const std::string_view status = row.View(1);
    if (order != orders.end() && order->second.Undone() && (status == "DISPATCHED" || status == "DELIVERED")) {
      offenders.push_back(fmt::format("order {} is {} but its parcel is {}", row.Text(0), order->second.phase, status));
    }
  });
  return static_cast<std::int64_t>(parcels.size());
}

}  // namespace

Result<Invariant> CheckMoneyMatchesOrders(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "orders with payments, payments with its ledger and with the provider's list, parcels with paid orders";
  SOUK_ASSIGN_OR_RETURN(const auto payments, ReadPayments(sources));
  SOUK_ASSIGN_OR_RETURN(const auto orders, ReadOrders(sources));
  for (const auto& [id, order] : orders) {
    ++invariant.compared;
    CompareOrderWithItself(id, order, invariant.offenders);
    const auto payment = payments.find(id);
    if (payment != payments.end()) {
      CompareOrderWithPayment(id, order, payment->second, invariant.offenders);
    } else if (order.captured > 0) {
      invariant.offenders.push_back(fmt::format("order {}: captured {} but payments has no such payment", id, order.captured));
    }
  }
  for (const auto& [id, payment] : payments) {
    ++invariant.compared;
    if (payment.captured > payment.refunded && !orders.contains(id)) {
      invariant.offenders.push_back(fmt::format("payment {}: {} kept but there is no such order", id, payment.captured - payment.refunded));
    }
  }
  SOUK_ASSIGN_OR_RETURN(const sql::Rows unbalanced, sources.payments.Query(kLedgerUnbalanced));
  unbalanced.ForEach([&](const sql::Row& row) { invariant.offenders.push_back(fmt::format("ledger: the entries of {} sum to {}, not 0", row.Text(0), row.Int(1))); });
  SOUK_ASSIGN_OR_RETURN(const sql::Rows entries, sources.payments.Query(kLedgerCount));
  SOUK_ASSIGN_OR_RETURN(const std::int64_t intents, CompareWithProvider(sources, payments, invariant.offenders));
  SOUK_ASSIGN_OR_RETURN(const std::int64_t parcels, CompareWithParcels(sources, orders, invariant.offenders));
  invariant.compared += entries[0].Int(0) + intents + parcels;
  return invariant;
}

Result<Invariant> CheckOnce(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "charges and refunds at the provider, restocks and notifications per cause";
  SOUK_ASSIGN_OR_RETURN(const auto intents, ReadIntents(sources));
  std::unordered_map<std::string, int> charges;
  for (const IntentRow& intent : intents) {
    ++invariant.compared;
    const bool holds_money = intent.received > 0 || intent.status == "requires_capture";
    if (holds_money && ++charges[intent.order_id] > 1) invariant.offenders.push_back(fmt::format("order {} was charged more than once at the provider", intent.order_id));
  }
  SOUK_ASSIGN_OR_RETURN(const auto payments, ReadPayments(sources));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows refunds, sources.payments.Query(kRefundTotals));
  refunds.ForEach([&](const sql::Row& row) {
    ++invariant.compared;
    const auto payment = payments.find(row.Text(0));
    if (payment == payments.end() || row.Int(1) > payment->second.captured) {
      invariant.offenders.push_back(fmt::format("payment {}: {} refunds sum to {}, more than was captured", row.Text(0), row.Int(2), row.Int(1)));
    }
  });
  SOUK_ASSIGN_OR_RETURN(const sql::Rows restocks, sources.inventory.Query(kRestocksByOrder));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows committed, sources.inventory.Query(kCommittedLines));
  std::map<std::pair<std::string, std::string>, std::int64_t> sold;
  committed.ForEach([&](const sql::Row& row) { sold[{row.Text(0), row.Text(1)}] = row.Int(2); });
  restocks.ForEach([&](const sql::Row& row) {
    ++invariant.compared;
    if (row.Int(2) > sold[{row.Text(0), row.Text(1)}]) {
      invariant.offenders.push_back(fmt::format("order {} sku {}: {} units put back, more than were sold", row.Text(0), row.Text(1), row.Int(2)));
    }
  });
  SOUK_ASSIGN_OR_RETURN(const sql::Rows twice, sources.notifications.Query(kNotificationTwice));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows notifications, sources.notifications.Query(kNotificationCount));
  invariant.compared += notifications[0].Int(0);
  twice.ForEach([&](const sql::Row& row) {
    invariant.offenders.push_back(fmt::format("user {} was told {} of {} by {} {} times", row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4)));
  });
  return invariant;
}

Result<Figures> ReadFigures(Sources& sources) {
  Figures figures;
  SOUK_ASSIGN_OR_RETURN(const auto orders, ReadOrders(sources));
  for (const auto& [id, order] : orders) {
    ++figures.orders;
    ++figures.orders_by_status[order.phase];
    if (!order.Terminal()) ++figures.orders_open;
  }
  SOUK_ASSIGN_OR_RETURN(const auto payments, ReadPayments(sources));
  for (const auto& [id, payment] : payments) {
    figures.captured_minor += payment.captured;
    figures.refunded_minor += payment.refunded;
  }
  SOUK_ASSIGN_OR_RETURN(const sql::Rows stock, sources.inventory.Query(kStockTotals));
  stock.ForEach([&](const sql::Row& row) {
    figures.stock_received += row.Int(1);
    figures.stock_reserved += row.Int(2);
    figures.stock_sold += row.Int(3);
  });
  return figures;
}

}  // namespace souk::audit
