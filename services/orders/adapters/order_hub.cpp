#include "services/orders/adapters/order_hub.hpp"

#include <algorithm>

#include "libs/observability/log.hpp"

namespace souk::orders {
namespace {

constexpr std::size_t kPolledMax = 1000;
/// Own commits are heard of at once; only who has heard nothing for this long may depend on another instance.
constexpr std::chrono::milliseconds kQuiet{100};

}  // namespace

OrderHub::Token OrderHub::Subscribe(const Uuid& id, std::int64_t after_version, OnChange on_change, SteadyTime next_time,
                                    std::chrono::milliseconds period, OnTime on_time, std::function<void()> on_stop) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->version = after_version;
  subscriber->heard_at = std::chrono::steady_clock::now();
  subscriber->next_time = next_time;
  subscriber->period = period;
  subscriber->on_change = std::move(on_change);
  subscriber->on_time = std::move(on_time);
  subscriber->on_stop = std::move(on_stop);
  const std::lock_guard lock(mutex_);
  subscriber->token = ++last_token_;
  subscribers_[id].push_back(subscriber);
  ++size_;
  return subscriber->token;
}

void OrderHub::Unsubscribe(const Uuid& id, Token token) {
  const std::lock_guard lock(mutex_);
  const auto found = subscribers_.find(id);
  if (found == subscribers_.end()) return;
  size_ -= std::erase_if(found->second, [token](const auto& subscriber) { return subscriber->token == token; });
  if (found->second.empty()) subscribers_.erase(found);
}

void OrderHub::Publish(const std::shared_ptr<const Order>& order) {
  if (size() == 0) return;
  std::vector<std::shared_ptr<Subscriber>> to_tell;
  {
    const std::lock_guard lock(mutex_);
    const auto found = subscribers_.find(order->id());
    if (found == subscribers_.end()) return;
    for (const auto& subscriber : found->second) {
      if (subscriber->version >= order->version) continue;
      subscriber->version = order->version;
      subscriber->heard_at = std::chrono::steady_clock::now();
      to_tell.push_back(subscriber);
    }
  }
  for (const auto& subscriber : to_tell) {
    if (!subscriber->on_change(order)) Unsubscribe(order->id(), subscriber->token);
  }
}

std::vector<std::pair<Uuid, std::int64_t>> OrderHub::QuietOnes(SteadyTime before) {
  std::vector<std::pair<Uuid, std::int64_t>> quiet;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, subscribers] : subscribers_) {
    std::int64_t oldest = INT64_MAX;
    for (const auto& subscriber : subscribers) {
      if (subscriber->heard_at < before) oldest = std::min(oldest, subscriber->version);
    }
    if (oldest != INT64_MAX) quiet.emplace_back(id, oldest);
    if (quiet.size() >= kPolledMax) break;
  }
  return quiet;
}

void OrderHub::Poll() {
  if (size() == 0) return;
  const auto now = std::chrono::steady_clock::now();
  const auto quiet = QuietOnes(now - kQuiet);
  if (quiet.empty()) return;
  std::vector<Uuid> ids;
  for (const auto& [id, version] : quiet) ids.push_back(id);
  const auto versions = view_.Versions(ids, now + std::chrono::seconds(2));
  if (!versions.ok()) return log::Debug("waiting orders can't be looked at now", {log::Why(versions.error())});
  std::unordered_map<Uuid, std::int64_t> known(quiet.begin(), quiet.end());
  std::vector<Uuid> changed;
  for (const auto& [id, version] : *versions) {
    if (version > known[id]) changed.push_back(id);
  }
  if (changed.empty()) return;
  const auto orders = view_.Get(changed, now + std::chrono::seconds(2));
  if (!orders.ok()) return;
  for (const auto& order : *orders) Publish(order);
}

void OrderHub::Tick() {
  if (size() == 0) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  std::vector<std::pair<Uuid, std::shared_ptr<Subscriber>>> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, subscribers] : subscribers_) {
      for (const auto& subscriber : subscribers) {
        if (subscriber->next_time > now) continue;
        subscriber->next_time = now + subscriber->period;
        due.emplace_back(id, subscriber);
      }
    }
  }
  for (const auto& [id, subscriber] : due) {
    if (!subscriber->on_time()) Unsubscribe(id, subscriber->token);
  }
}

void OrderHub::Stop() {
  std::unordered_map<Uuid, std::vector<std::shared_ptr<Subscriber>>> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(subscribers_);
    size_ = 0;
  }
  for (const auto& [id, subscribers] : all) {
    for (const auto& subscriber : subscribers) subscriber->on_stop();
  }
}

}  // namespace souk::orders
