#include "test/sim/customers.hpp"

#include <fmt/format.h>

#include <array>

#include "services/orders/adapters/codec.hpp"
#include "souk/common/v1/address.pb.h"

namespace souk::sim {
namespace {

constexpr seconds kPatience{4};
constexpr std::array<const char*, 12> kCards = {
    "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_mastercard", "pm_card_souk_slow", "pm_card_visa_chargeDeclined",
    "pm_card_authenticationRequired", "pm_card_authenticationRequired", "pm_card_souk_timeoutAfterCommit", "pm_card_souk_timeoutAfterCommit",
    "pm_card_souk_duplicateWebhook", "pm_card_souk_captureFails"};

std::string AddressOf(std::uint64_t kind) {
  souk::common::v1::Address address;
  address.set_country(kind == 0 ? "XX-NOWHERE" : "GB");
  if (kind == 1) address.set_line2("LOSE");
  if (kind == 2) address.set_line2("SLOW");
  return address.SerializeAsString();
}

orders::Work CallOf(const Uuid& order_id, orders::Command command, const std::string& key) {
  orders::Work work;
  work.job = orders::OrderWork{order_id, std::move(command), orders::KeyUse{Uuid::FromName("key", key), "same"}};
  return work;
}

}  // namespace

void Customers::Begin(int count, microseconds time) {
  for (int i = 0; i < count; ++i) {
    const BasketPtr basket = Plan(i);
    baskets_.push_back(basket);
    world_.After(world_.Between(microseconds(0), time), [this, basket] { Place(basket); });
  }
}

Customers::BasketPtr Customers::Plan(int number) {
  auto basket = std::make_shared<Basket>();
  basket->name = fmt::format("customer{}", number);
  basket->order_id = Uuid::FromName("order", fmt::format("{}:{}", basket->name, world_.random().Next()));
  orders::PlaceOrder& place = basket->place;
  place.draft.order_id = basket->order_id;
  place.draft.customer_id = basket->name;
  place.draft.email = basket->name + "@example.com";
  place.draft.currency = "GBP";
  place.draft.payment_method = kCards[world_.Below(kCards.size())];
  place.draft.ship_to = AddressOf(world_.Below(10));
  place.draft.request_hash = "hash of " + basket->name;
  place.waits = world_.Below(4) == 0;  // for the outcome: until then the answer is open, and a repeat is told so
  const std::uint64_t lines = 1 + world_.Below(3);
  for (std::uint64_t i = 0; i < lines; ++i) place.lines.push_back({fmt::format("sku{}", i), 1 + static_cast<std::int64_t>(world_.Below(3)), {}});
  // Some think again at once, when nothing but the order is there yet.
  if (world_.Below(3) == 0) basket->cancels_after = world_.Between(microseconds(0), world_.Below(2) == 0 ? milliseconds(200) : seconds(40));
  basket->challenge = static_cast<int>(world_.Below(4) == 0 ? 1 + world_.Below(2) : 0);
  basket->returns = world_.Below(4) == 0;
  basket->returns_part = world_.Below(2) == 0;
  return basket;
}

void Customers::Send(orders::Work work, std::function<void(const std::optional<orders::Outcome>&)> answered) {
  OrdersNode* node = nodes_[world_.Below(nodes_.size())];
  const auto open = std::make_shared<bool>(true);
  const auto answer = [open, answered = std::move(answered)](const std::optional<orders::Outcome>& outcome) {
    if (std::exchange(*open, false)) answered(outcome);
  };
  world_.After(kPatience, [answer] { answer(std::nullopt); });
  world_.After(world_.Between(milliseconds(1), milliseconds(20)), [this, node, work = std::move(work), answer]() mutable {
    if (!node->up()) return;
    node->At(microseconds(0), [this, node, work = std::move(work), answer] {
      node->Call(work, [this, answer](const Result<void>& result, const orders::Outcome& outcome) {
        if (world_.Fault(world_.faults().answer_lost)) return;
        std::optional<orders::Outcome> heard;
        if (result.ok()) heard = outcome;
        world_.After(world_.Between(milliseconds(1), milliseconds(20)), [answer, heard = std::move(heard)] { answer(heard); });
      });
    });
  });
}

void Customers::Place(const BasketPtr& basket) {
  orders::Work work;
  work.job = basket->place;
  work.causation_id = "request of " + basket->name;
  world_.Trace(basket->name, fmt::format("orders {} with {}", basket->order_id.ToString().substr(0, 8), basket->place.draft.payment_method));
  Send(std::move(work), [this, basket](const std::optional<orders::Outcome>& outcome) {
    const bool refused = outcome && outcome->error && outcome->error->code != ErrorCode::kAborted;
    if (refused && outcome->error->code != ErrorCode::kInvalidArgument) {
      world_.Fail("I8: a good order was refused: " + outcome->error->message);
    } else if (!outcome || outcome->error) {
      // No answer, in flight, or a price that orders has not heard of yet.
      world_.After(world_.Between(milliseconds(100), seconds(3)), [this, basket] { Place(basket); });
    } else {
      Accepted(basket, *outcome->order, basket->place.waits && !outcome->replayed);
    }
  });
}

/// `open`: the order is durable, its outcome is still waited for.
void Customers::Accepted(const BasketPtr& basket, const orders::Order& order, bool open) {
  const std::string answer = orders::PlacedResponse(order).SerializeAsString();
  if (!open) {
    if (!basket->answer.empty() && basket->answer != answer) world_.Fail(fmt::format("I8: the call that placed {} was answered with other bytes", order.id().ToString()));
    basket->answer = answer;
  }
  if (std::exchange(basket->accepted, true)) return;
  world_.Trace(basket->name, "is told that it is accepted");
  if (basket->cancels_after) {
    world_.After(*basket->cancels_after, [this, basket] { Cancel(basket, "cancel of " + basket->name); });
  }
  for (int again = 0; again < 3; ++again) {  // has lost the answer, as it were
    world_.After(world_.Between(milliseconds(100), seconds(150)), [this, basket] { Place(basket); });
  }
  Look(basket);
}

void Customers::Cancel(const BasketPtr& basket, const std::string& key) {
  world_.Trace(basket->name, "cancels");
  Send(CallOf(basket->order_id, orders::CancelOrder{}, key), [this, basket, key](const std::optional<orders::Outcome>& outcome) {
    if (!outcome) world_.After(world_.Between(milliseconds(100), seconds(3)), [this, basket, key] { Cancel(basket, key); });
  });
}

void Customers::Return(const BasketPtr& basket, int attempt) {
  const std::string id = fmt::format("return of {} {}", basket->name, attempt);
  orders::ReturnOrder command{id, {}};
  if (basket->returns_part) command.lines = {{basket->place.lines.front().sku, 1, true}};
  world_.Trace(basket->name, "sends back");
  Send(CallOf(basket->order_id, std::move(command), id), [this, basket, attempt](const std::optional<orders::Outcome>& outcome) {
    if (!outcome) world_.After(world_.Between(milliseconds(100), seconds(3)), [this, basket, attempt] { Return(basket, attempt); });
  });
}

/// Looks at the order now and then, as a page that stays open.
void Customers::Look(const BasketPtr& basket) {
  const auto found = data_.store.Peek().orders.find(basket->order_id);
  if (found == data_.store.Peek().orders.end()) return world_.Fail("I4: an accepted order is gone");
  const orders::Order& order = *found->second;
  if (order.phase == orders::Phase::kChallenged && basket->challenge < 2) bank_.CompleteChallenge(order.challenge_url, basket->challenge == 0);
  if (order.phase == orders::Phase::kCompleted && basket->returns) {
    basket->returns = false;
    Return(basket, 1);
    if (basket->returns_part && world_.Below(2) == 0) world_.After(seconds(30), [this, basket] { Return(basket, 2); });
  }
  if (IsTerminal(order.phase) && !basket->returns) return;
  world_.After(world_.Between(seconds(1), seconds(6)), [this, basket] { Look(basket); });
}

}  // namespace souk::sim
