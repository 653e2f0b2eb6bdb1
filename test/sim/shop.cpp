#include "test/sim/shop.hpp"

#include <fmt/format.h>

#include "libs/kafka/envelope.hpp"
#include "services/inventory/adapters/codec.hpp"
#include "services/notifications/adapters/codec.hpp"
#include "services/orders/adapters/codec.hpp"
#include "souk/products/v1/product_events.pb.h"

namespace souk::sim {
namespace {

constexpr seconds kFaultTime{100};
constexpr seconds kQuietMax{1'800};
constexpr int kSkus = 3;

}  // namespace

Shop::Shop(WorldOptions options)
    : world_(options),
      broker_(world_),
      checks_(world_),
      bank_(world_),
      orders_(world_),
      inventory_(world_),
      payments_(world_),
      fulfillment_(world_),
      notifications_(world_) {
  const auto add = [this](auto& list, const char* name, auto&&... data) {
    using NodeType = typename std::decay_t<decltype(list)>::value_type::element_type;
    for (int i = 0; i < world_.settings().instances; ++i) {
      list.push_back(std::make_unique<NodeType>(world_, broker_, data..., checks_, fmt::format("{}/{}", name, i)));
      nodes_.push_back(list.back().get());
    }
  };
  add(orders_nodes_, "orders", orders_);
  add(inventory_nodes_, "inventory", inventory_);
  add(payments_nodes_, "payments", payments_, bank_);
  add(fulfillment_nodes_, "fulfillment", fulfillment_);
  add(notifications_nodes_, "notifications", notifications_);
  std::vector<PaymentsNode*> receivers;
  for (const auto& node : payments_nodes_) receivers.push_back(node.get());
  bank_.SetReceivers(std::move(receivers));
  std::vector<OrdersNode*> fronts;
  for (const auto& node : orders_nodes_) fronts.push_back(node.get());
  customers_ = std::make_unique<Customers>(world_, orders_, std::move(fronts), bank_);
  std::vector<InventoryNode*> counters;
  for (const auto& node : inventory_nodes_) counters.push_back(node.get());
  tills_ = std::make_unique<Tills>(world_, inventory_, std::move(counters));
  const std::map<std::string, const Sql*> databases = {
      {"orders", &orders_.sql}, {"inventory", &inventory_.sql}, {"payments", &payments_.sql}, {"fulfillment", &fulfillment_.sql}};
  broker_.OnAppend([this, databases](const kafka::Record& record) {
    checks_.Published(record, databases);
    const std::string type(record.HeaderValue("ce_type"));
    const auto id = Uuid::Parse(record.HeaderValue("ce_id"));
    if (!id) return;
    told_[{record.key, type}].insert(*id);
    if (notifications::IsNoticed(type)) noticed_.emplace(*id, record);
  });
}

void Shop::Announce(const std::string& sku, std::int64_t version, std::int64_t price) {
  souk::products::v1::ProductChanged product;
  product.set_sku(sku);
  product.set_name("Product " + sku);
  product.mutable_price()->set_minor_units(price);
  product.mutable_price()->set_currency("GBP");
  product.set_version(version);
  product.set_seller_id("seller");
  product.set_low_stock_threshold(2);
  kafka::Envelope envelope;
  envelope.id = Uuid::FromName("product", fmt::format("{} {}", sku, version));
  envelope.type = product.GetTypeName();
  envelope.source = "products";
  envelope.subject = sku;
  envelope.time = world_.Now();
  envelope.aggregate_version = version;
  broker_.Append(kafka::ToRecord(std::string(orders::kProductEvents), envelope, product.SerializeAsString()));
}

/// A delivery of goods, told to some instance until it answers.
void Shop::Receive(const std::string& sku, const std::string& movement, std::int64_t units) {
  InventoryNode* node = inventory_nodes_[world_.Below(inventory_nodes_.size())].get();
  const auto answered = std::make_shared<bool>(false);
  if (node->up()) {
    node->At(microseconds(0), [node, sku, movement, units, answered] {
      node->Call(inventory::Receive{movement, {{sku, units}}}, false, [answered](const Result<void>& result, const inventory::Outcome&) { *answered = result.ok(); });
    });
  }
  world_.After(seconds(3), [this, sku, movement, units, answered] {
    if (!*answered) Receive(sku, movement, units);
  });
}

void Shop::OpenShop() {
  for (Node* node : nodes_) node->Start();
  for (int i = 0; i < kSkus; ++i) {
    const std::string sku = fmt::format("sku{}", i);
    Announce(sku, 1, 100 + static_cast<std::int64_t>(world_.Below(900)));
    const std::int64_t later = 100 + static_cast<std::int64_t>(world_.Below(900));
    world_.After(world_.Between(seconds(1), kFaultTime), [this, sku, later] { Announce(sku, 2, later); });
    for (const char* movement : {"first", "second"}) {
      const auto units = static_cast<std::int64_t>(4 + world_.Below(20));
      received_[sku] += units;
      world_.After(world_.Between(microseconds(0), std::string_view(movement) == "first" ? seconds(1) : kFaultTime),
                   [this, sku, name = fmt::format("{} {}", movement, sku), units] { Receive(sku, name, units); });
    }
  }
  customers_->Begin(6 + static_cast<int>(world_.Below(10)), seconds(60));
  tills_->Begin(static_cast<int>(world_.Below(12)), kFaultTime);
  for (Node* node : nodes_) Disturb(node);
  DisturbEngines();
  DisturbCounts();
}

/// Engines and partners that go away and come back.
void Shop::DisturbEngines() {
  world_.After(seconds(1), [this] {
    if (world_.quiet()) return;
    const auto goes = [this] { return world_.Below(3'600) < static_cast<std::uint64_t>(world_.faults().outages_per_hour); };
    const auto time = [this] { return world_.Between(seconds(1), seconds(60)); };
    for (Sql* sql : {&orders_.sql, &inventory_.sql, &payments_.sql, &fulfillment_.sql, &notifications_.sql}) {
      if (goes()) sql->GoAway(time());
    }
    if (goes()) broker_.GoAway(time());
    if (goes()) bank_.GoAway(time());
    DisturbEngines();
  });
}

/// Failovers of Redis: a replica takes over that lacks the last writes, or all.
void Shop::DisturbCounts() {
  const auto replica = std::make_shared<std::map<std::string, inventory::MemoryAvailability::Count>>(inventory_.counts.Copy());
  world_.After(world_.Between(milliseconds(100), seconds(2)), [this, replica] {
    if (world_.quiet()) return;
    if (world_.Below(3'600) < static_cast<std::uint64_t>(world_.faults().redis_failovers_per_hour)) {
      const bool all = world_.Below(3) == 0;
      world_.Trace("redis", all ? "loses everything" : "loses its last writes");
      inventory_.counts.Overwrite(all ? std::map<std::string, inventory::MemoryAvailability::Count>() : *replica);
    }
    DisturbCounts();
  });
}

/// Crashes and pauses at random moments.
void Shop::Disturb(Node* node) {
  world_.After(seconds(1), [this, node] {
    if (world_.quiet()) return;
    const Faults& faults = world_.faults();
    if (world_.Below(3'600) < static_cast<std::uint64_t>(faults.crashes_per_hour)) node->Crash("anywhere");
    if (world_.Below(3'600) < static_cast<std::uint64_t>(faults.pauses_per_hour)) node->Pause(world_.Between(milliseconds(100), seconds(15)));
    Disturb(node);
  });
}

bool Shop::RunUntil(SystemTime until) {
  while (!world_.failure() && world_.RunNext(until)) {
  }
  return !world_.failure();
}

std::string Shop::CountThatDiffers() {
  const auto counts = inventory_.counts.Copy();
  for (const inventory::Level& level : inventory_.store.AllLevels()) {
    const auto count = counts.find(level.sku);
    if (count == counts.end() || count->second.available == level.Available()) continue;
    return fmt::format("I7: {} has {} available, the counts say {}", level.sku, level.Available(), count->second.available);
  }
  return {};
}

std::string Shop::WhatIsOpen() {
  for (const auto& [id, order] : orders_.store.Peek().orders) {
    if (!IsSettled(*order)) return fmt::format("I4: order {} is {} and waits for {}", id.ToString(), ToString(order->phase), WaitingFor(*order));
  }
  for (const auto& basket : customers_->baskets()) {
    if (!basket->accepted) return fmt::format("I4: {} has no answer", basket->name);
  }
  for (const auto& [name, sql] : {std::pair<const char*, Sql*>{"orders", &orders_.sql}, {"inventory", &inventory_.sql}, {"payments", &payments_.sql},
                                  {"fulfillment", &fulfillment_.sql}}) {
    if (sql->Pending() > 0) return fmt::format("I6: {} has {} messages left in its outbox", name, sql->Pending());
  }
  const std::pair<const char*, std::vector<std::string>> groups[] = {
      {"orders.replies", {std::string(orders::kStockEvents), std::string(orders::kPaymentEvents), std::string(orders::kShipmentEvents)}},
      {"inventory.commands", {std::string(orders::kStockCommands)}},
      {"payments.commands", {std::string(orders::kPaymentCommands)}},
      {"fulfillment.commands", {std::string(orders::kShipmentCommands)}},
      {"notifications.orders", {std::string(orders::kOrderEvents)}},
      {"notifications.stock", {inventory::codec::kStockEvents}}};
  for (const auto& [group, topics] : groups) {
    if (broker_.Lag(group, topics) > 0) return fmt::format("I6: {} has {} records left", group, broker_.Lag(group, topics));
  }
  std::vector<Uuid> ids;
  for (const auto& [id, order] : orders_.store.Peek().orders) ids.push_back(id);
  const auto aggregates = payments_.store.Get(ids);
  for (const payments::Aggregate& aggregate : *aggregates) {
    if (!payments::Settled(*aggregate.payment)) return fmt::format("I2: payment {} is {} and not settled", aggregate.payment->payment_id.ToString(), ToString(aggregate.payment->status));
  }
  for (const Uuid& id : inventory_.claims) {
    const auto claim = inventory_.store.Find(id);
    if (claim && claim->status == inventory::Status::kHeld) return fmt::format("I5: claim {} is still held", id.ToString());
  }
  if (tills_->Open() > 0) return fmt::format("I4: {} tills wait for an answer", tills_->Open());
  if (std::string count = CountThatDiffers(); !count.empty()) return count;
  if (notifications_.mails.size() < noticed_.size()) return fmt::format("I3: {} of {} notifications were sent", notifications_.mails.size(), noticed_.size());
  return {};
}

bool Shop::Settled() { return WhatIsOpen().empty(); }

Report Shop::Run() {
  OpenShop();
  const SystemTime quiet_from = world_.Now() + kFaultTime;
  if (RunUntil(quiet_from)) {
    world_.Trace("shop", "nothing goes wrong any more");
    world_.BeQuiet();
    const SystemTime end = quiet_from + kQuietMax;
    while (!world_.failure() && !Settled()) {
      if (world_.Now() >= end) {
        world_.Fail("not settled after quiet: " + WhatIsOpen());
        break;
      }
      RunUntil(world_.Now() + seconds(5));
    }
  }
  // What was in doubt may still come late, a claim of a caller that has given up, for one: it runs out. Nothing else may change any more.
  if (!world_.failure() && RunUntil(world_.Now() + world_.settings().hold + seconds(60))) CheckTheEnd();
  return Finish();
}

Report Shop::Finish() {
  Report report;
  report.ok = !world_.failure();
  if (world_.failure()) report.failure = *world_.failure();
  report.steps = world_.steps();
  report.trace_hash = world_.trace_hash();
  report.last_lines.assign(world_.last_lines().begin(), world_.last_lines().end());
  for (const auto& [id, order] : orders_.store.Peek().orders) {
    ++report.orders;
    ++report.ends[std::string(ToString(order->phase))];
  }
  return report;
}

Report Simulate(const WorldOptions& options) {
  Shop shop(options);
  Report report = shop.Run();
  report.seed = options.seed;
  return report;
}

}  // namespace souk::sim
