// What must be true when everything has ended.
#include <fmt/format.h>

#include "services/notifications/adapters/codec.hpp"
#include "test/sim/shop.hpp"

namespace souk::sim {
namespace {

using orders::Phase;

bool IsUndone(Phase phase) { return phase == Phase::kRejected || phase == Phase::kCancelled; }

}  // namespace

void Shop::CheckOrderAtEnd(const orders::Order& order) {
  const std::string id = order.id().ToString();
  const auto found = bank_.accounts().find(id);
  const Bank::Account account = found == bank_.accounts().end() ? Bank::Account{} : found->second;
  if (account.captured != order.captured_minor || account.refunded != order.refunded_minor) {
    world_.Fail(fmt::format("I2: order {} thinks {} - {}, the bank {} - {}", id, order.captured_minor, order.refunded_minor, account.captured, account.refunded));
  }
  if (IsUndone(order.phase) && account.captured != account.refunded) world_.Fail(fmt::format("I2: order {} is {} and not paid back", id, ToString(order.phase)));
  if (order.phase == Phase::kCompleted && account.captured != order.content->total_minor) world_.Fail(fmt::format("I2: order {} is completed and not paid", id));
  for (const std::string& provider_id : account.provider_ids) {
    if (provider_id.starts_with("taken ")) continue;
    const payments::ProviderResult seen = bank_.Look(provider_id);
    const auto* intent = std::get_if<payments::IntentView>(&seen);
    const bool open = intent != nullptr && (intent->status == payments::IntentStatus::kRequiresCapture || intent->status == payments::IntentStatus::kRequiresAction);
    if (open) world_.Fail(fmt::format("I2: order {} has ended and the bank still holds its money ({})", id, provider_id));
  }
  const auto claim = inventory_.store.Find(order.id());
  const bool sold = claim && claim->status == inventory::Status::kCommitted;
  const bool delivered = order.phase == Phase::kCompleted || order.phase == Phase::kReturned;
  if (delivered && !sold && order.stock != orders::Stock::kExpired) world_.Fail(fmt::format("I1: order {} was delivered and its goods are not sold", id));
  for (const char* type : {"OrderAccepted", "OrderConfirmed", "OrderCompleted", "OrderRejected", "OrderCancelled"}) {
    const std::size_t times = told_[{id, std::string("souk.orders.v1.") + type}].size();
    if (times > 1) world_.Fail(fmt::format("I3: {} of order {} was told {} times", type, id, times));
  }
  const char* end = order.phase == Phase::kRejected ? "OrderRejected" : order.phase == Phase::kCancelled ? "OrderCancelled" : "OrderCompleted";
  if (told_[{id, std::string("souk.orders.v1.") + end}].empty()) world_.Fail(fmt::format("I3: nobody was told {} of order {}", end, id));
}

void Shop::CheckStockAtEnd() {
  std::map<std::string, std::int64_t> expected = received_;
  for (const auto& [id, order] : orders_.store.Peek().orders) {
    // Restocked goods come in again: all of an undone sale, and what was returned for sale.
    if (order->stock == orders::Stock::kRestocked) {
      for (const orders::Line& line : order->content->lines) expected[line.sku] += line.quantity;
    }
    // Goods that left although their claim had run out were never sold in the ledger, so they don't come back into it.
    if (order->stock == orders::Stock::kExpired) continue;
    for (const orders::ReturnLine& line : order->returned) expected[line.sku] += line.restock ? line.quantity : 0;
  }
  for (const inventory::Level& level : inventory_.store.AllLevels()) {
    if (level.received != expected[level.sku]) world_.Fail(fmt::format("I9: {} received {}, its movements say {}", level.sku, level.received, expected[level.sku]));
    if (level.reserved != 0) world_.Fail(fmt::format("I5: {} has {} reserved though nothing is open", level.sku, level.reserved));
  }
}

void Shop::CheckNotifications() {
  std::set<Uuid> expected;
  for (const auto& [event_id, record] : noticed_) {
    const auto envelope = kafka::ParseEnvelope(record);
    const auto notice = notifications::DecodeEvent(*envelope, record.value, "sellers.example");
    expected.insert(notifications::NotificationId(*notice, notifications::Channel::kEmail));
  }
  for (const Uuid& id : expected) {
    if (!notifications_.mails.contains(id)) world_.Fail(fmt::format("I3: notification {} was never sent", id.ToString()));
  }
  if (notifications_.mails.size() != expected.size()) world_.Fail(fmt::format("I3: {} notifications were sent, {} are due", notifications_.mails.size(), expected.size()));
}

void Shop::CheckTheEnd() {
  for (const auto& basket : customers_->baskets()) {
    if (!orders_.store.Peek().orders.contains(basket->order_id)) world_.Fail(fmt::format("I4: the accepted order of {} is gone", basket->name));
  }
  for (const auto& [id, order] : orders_.store.Peek().orders) CheckOrderAtEnd(*order);
  for (const auto& [sku, price] : orders_.store.Peek().prices) {
    if (price.version != 2) world_.Fail(fmt::format("I6: orders has version {} of {}'s price", price.version, sku));
  }
  CheckStockAtEnd();
  CheckNotifications();
}

}  // namespace souk::sim
