#include "tools/demo/tracker.hpp"

#include <algorithm>

#include "souk/orders/v1/order_events.pb.h"

namespace souk::demo {
namespace {

std::string Words(orders::v1::OrderReason reason) {
  std::string words = orders::v1::OrderReason_Name(reason).substr(std::string("ORDER_REASON_").size());
  std::transform(words.begin(), words.end(), words.begin(), [](unsigned char c) { return c == '_' ? ' ' : static_cast<char>(std::tolower(c)); });
  return words;
}

std::int64_t Micros(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000 + time.nanos() / 1000; }

template <class Event>
Event Parse(const kafka::Record& record) {
  Event event;
  event.ParseFromString(record.value);  // a record that can't be parsed leaves an empty event, which changes nothing
  return event;
}

}  // namespace

void Tracker::Expect(const std::string& order_id) {
  std::optional<Moment> moment;
  {
    const std::lock_guard lock(mutex_);
    orders_[order_id].ours = true;
    moment = orders_[order_id].moment;
  }
  if (moment) on_moment_(*moment, order_id);
}

void Tracker::ExpectAll() {
  const std::lock_guard lock(mutex_);
  all_are_ours_ = true;
  for (auto& [id, order] : orders_) order.ours = true;
}

void Tracker::Note(const kafka::Record& record) {
  const std::string_view type = record.HeaderValue("ce_type");
  const std::string_view name = type.substr(type.rfind('.') + 1);
  std::optional<Moment> moment;
  {
    const std::lock_guard lock(mutex_);
    ++seen_;
    Order& order = orders_[record.key];
    order.ours = order.ours || all_are_ours_;
    const auto end = [&order](std::string how) {
      order.terminal = true;
      order.end = std::move(how);
    };
    if (name == "OrderAccepted") {
      order.placed_us = Micros(Parse<orders::v1::OrderAccepted>(record).at());
    } else if (name == "OrderConfirmed") {
      const auto event = Parse<orders::v1::OrderConfirmed>(record);
      if (order.confirmed_us == 0) order.confirmed_us = Micros(event.at());
      order.placed_us = Micros(event.placed_at());
    } else if (name == "OrderProgressed") {
      const auto event = Parse<orders::v1::OrderProgressed>(record);
      if (event.waiting_for() == "challenge") moment = Moment::kChallenged;
      if (event.status() == orders::v1::ORDER_STATUS_RETURNING) order.terminal = false;
    } else if (name == "OrderCompleted") {
      end("COMPLETED");
      moment = Moment::kCompleted;
    } else if (name == "OrderReturned") {
      end("RETURNED");
    } else if (name == "OrderRejected") {
      end("REJECTED " + Words(Parse<orders::v1::OrderRejected>(record).reason()));
    } else if (name == "OrderCancelled") {
      end("CANCELLED " + Words(Parse<orders::v1::OrderCancelled>(record).reason()));
    }
    if (moment) order.moment = moment;
    if (!order.ours) moment.reset();
  }
  changed_.notify_all();
  if (moment) on_moment_(*moment, record.key);
}

std::int64_t Tracker::Seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::int64_t Tracker::Open() const {
  return std::count_if(orders_.begin(), orders_.end(), [](const auto& entry) { return entry.second.ours && !entry.second.terminal; });
}

bool Tracker::AwaitTerminal(std::chrono::steady_clock::time_point deadline, const std::function<void(std::int64_t)>& progress) {
  std::unique_lock lock(mutex_);
  auto next_report = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (Open() > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    changed_.wait_until(lock, std::min(deadline, next_report), [this] { return Open() == 0; });
    if (std::chrono::steady_clock::now() >= next_report) {
      progress(Open());
      next_report += std::chrono::seconds(1);
    }
  }
  return true;
}

Totals Tracker::Summary() const {
  Totals totals;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, order] : orders_) {
    if (!order.ours) continue;
    ++totals.accepted;
    if (order.terminal) ++totals.terminal;
    if (order.confirmed_us != 0) {
      ++totals.confirmed;
      totals.confirm_ms.push_back(static_cast<double>(order.confirmed_us - order.placed_us) / 1000.0);
    }
    ++totals.ends[order.terminal ? order.end : "(still open)"];
  }
  std::sort(totals.confirm_ms.begin(), totals.confirm_ms.end());
  return totals;
}

}  // namespace souk::demo
