#include "services/gateway/live_feed.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/base/money.hpp"
#include "libs/base/time.hpp"
#include "libs/http/problem.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/log.hpp"
#include "souk/orders/v1/order_events.pb.h"

namespace souk::gateway {
namespace {

using nlohmann::json;

constexpr std::size_t kRecentMax = 60;

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(separator, from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

std::string StatusName(orders::v1::OrderStatus status) {
  return orders::v1::OrderStatus_Name(status).substr(std::string("ORDER_STATUS_").size());
}

std::string Amount(const common::v1::Money& money) { return ToString(Money{money.minor_units(), money.currency()}); }

}  // namespace

LiveFeed::LiveFeed(const Config& config, http::Client& client) : config_(config), client_(client) {
  for (const std::string& part : Split(config.processes, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) continue;
    const std::string where = part.substr(equals + 1);
    processes_.push_back({part.substr(0, equals), "http://" + where + (where.find('/') == std::string::npos ? "/readyz" : "")});
  }
  for (const std::string& part : Split(config.groups, ',')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos) groups_[part.substr(0, equals)] = Split(part.substr(equals + 1), '+');
  }
}

LiveFeed::~LiveFeed() { Stop(); }

Result<void> LiveFeed::Start() {
  kafka::ConsumerConfig consumer;
  consumer.brokers = config_.common.kafka_brokers;
  consumer.group = "gateway.live." + config_.common.instance;  // every gateway sees every event
  consumer.topics = {"orders.order.events.v1"};
  consumer.client_id = "gateway";
  consumer.offset_reset = "latest";
  SOUK_ASSIGN_OR_RETURN(consumer_, kafka::Consumer::Start(consumer, [this](std::vector<kafka::Record>& records) { return OnRecords(records); }));
  SOUK_ASSIGN_OR_RETURN(admin_, kafka::Admin::Create(config_.common.kafka_brokers, std::chrono::seconds(3)));
  figures_ = std::make_unique<chassis::Periodic>("live figures", std::chrono::seconds(1), [this] { PollFigures(); });
  lag_ = std::make_unique<chassis::Periodic>("live lag", std::chrono::seconds(2), [this] { PollLag(); });
  broadcast_ = std::make_unique<chassis::Periodic>("live broadcast", config_.live_interval, [this] { Broadcast(); });
  return {};
}

void LiveFeed::Stop() {
  broadcast_.reset();
  lag_.reset();
  figures_.reset();
  if (consumer_) consumer_->Stop();
  const std::lock_guard lock(mutex_);
  for (auto& stream : streams_) stream->Close();
  streams_.clear();
}

Result<void> LiveFeed::OnRecords(std::vector<kafka::Record>& records) {
  const std::lock_guard lock(mutex_);
  for (const kafka::Record& record : records) Note(record);
  return {};
}

void LiveFeed::Note(const kafka::Record& record) {
  const std::string type(record.HeaderValue("ce_type"));
  const std::string name = type.substr(type.rfind('.') + 1);
  ++events_[name];
  const std::int64_t at = record.timestamp_ms;
  if (name == "OrderAccepted") {
    orders::v1::OrderAccepted event;
    if (event.ParseFromString(record.value)) Touch(record.key, "PENDING", "RESERVING", Amount(event.total()), at);
  } else if (name == "OrderProgressed") {
    orders::v1::OrderProgressed event;
    if (event.ParseFromString(record.value)) Touch(record.key, StatusName(event.status()), event.phase(), "", at);
  } else {
    static const std::map<std::string, std::string> ends = {
        {"OrderConfirmed", "CONFIRMED"}, {"OrderDispatched", "DISPATCHED"}, {"OrderCompleted", "COMPLETED"},
        {"OrderRejected", "REJECTED"},   {"OrderCancelled", "CANCELLED"},   {"OrderReturned", "RETURNED"}};
    if (const auto end = ends.find(name); end != ends.end()) Touch(record.key, end->second, end->second, "", at);
  }
}

void LiveFeed::Touch(const std::string& id, std::string status, std::string phase, std::string total, std::int64_t at_ms) {
  auto found = std::find_if(recent_.begin(), recent_.end(), [&](const RecentOrder& order) { return order.id == id; });
  if (found == recent_.end()) {
    if (total.empty()) return;  // an older one goes on: it is none of the latest any more
    recent_.push_front({id, std::move(status), std::move(phase), std::move(total), at_ms});
    if (recent_.size() > kRecentMax) recent_.pop_back();
    return;
  }
  found->status = std::move(status);
  found->phase = std::move(phase);
  found->at_ms = at_ms;
  if (!total.empty()) found->total = std::move(total);
}

void LiveFeed::Keep(const std::string& section, std::string json) {
  const std::lock_guard lock(mutex_);
  sections_[section] = std::move(json);
}

void LiveFeed::Ask(const std::string& section, const std::string& url) {
  http::ClientRequest request;
  request.url = url;
  request.deadline = std::chrono::milliseconds(900);
  client_.Send(std::move(request), [this, section](Result<http::Response> answer) {
    // What can't be asked is shown as missing, not as its last value.
    const bool good = answer.ok() && answer->status == 200 && json::accept(answer->body);
    Keep(section, good ? std::move(answer->body) : "null");
  });
}

void LiveFeed::AskReadiness(const Target& target) {
  http::ClientRequest request;
  request.url = target.url;
  request.deadline = std::chrono::milliseconds(900);
  client_.Send(std::move(request), [this, name = target.name](Result<http::Response> answer) {
    const std::lock_guard lock(mutex_);
    if (!answer.ok()) {
      readiness_[name] = "down";
    } else {
      readiness_[name] = answer->status == 200 ? "" : answer->body;
    }
  });
}

void LiveFeed::PollFigures() {
  const auto first = [](const std::string& urls) { return urls.substr(0, urls.find(',')); };
  Ask("orders", first(config_.orders_url) + "/v1/orders:stats");
  Ask("stock", first(config_.inventory_url) + "/v1/stock:hot?limit=8");
  Ask("payments", first(config_.payments_url) + "/v1/payments:stats");
  if (!config_.audit_url.empty()) Ask("audit", config_.audit_url + "/audit");
  for (const Target& target : processes_) AskReadiness(target);
}

void LiveFeed::PollLag() {
  json lags = json::array();
  for (const auto& [group, topics] : groups_) {
    const auto lag = admin_->ConsumerLag(group, topics);
    json entry = {{"group", group}, {"lag", nullptr}};
    if (lag.ok()) {
      std::int64_t sum = 0;
      for (const auto& partition : *lag) sum += partition.lag;
      entry["lag"] = sum;
    }
    lags.push_back(std::move(entry));
  }
  Keep("lag", lags.dump());
}

std::string LiveFeed::Picture() {
  json recent = json::array();
  json processes = json::array();
  const std::lock_guard lock(mutex_);
  for (const RecentOrder& order : recent_) {
    recent.push_back({{"id", order.id}, {"status", order.status}, {"phase", order.phase}, {"total", order.total}, {"at", order.at_ms}});
  }
  for (const Target& target : processes_) {
    const auto found = readiness_.find(target.name);
    const std::string missing = found == readiness_.end() ? "not asked yet" : found->second;
    processes.push_back({{"name", target.name}, {"ready", missing.empty()}, {"missing", missing}});
  }
  std::string picture = "{\"at\":" + std::to_string(ToUnixMillis(SystemClock().Now())) + ",\"recent\":" + recent.dump() +
                        ",\"processes\":" + processes.dump() + ",\"events\":" + json(events_).dump();
  for (const auto& [section, text] : sections_) picture += ",\"" + section + "\":" + text;
  return picture + "}";
}

void LiveFeed::Broadcast() {
  std::vector<std::shared_ptr<http::Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& stream) { return stream->closed(); });
    streams = streams_;
  }
  if (streams.empty()) return;
  std::string picture = Picture();
  std::erase(picture, '\n');  // one SSE data line
  const std::string event = "data: " + picture + "\n\n";
  // A slow page misses pictures: the next one holds everything.
  for (auto& stream : streams) {
    if (stream->buffered() < event.size()) stream->Write(event);
  }
}

void LiveFeed::Open(http::Request request, http::Responder responder) {
  {
    const std::lock_guard lock(mutex_);
    if (streams_.size() >= static_cast<std::size_t>(config_.streams_max)) {
      return responder.Send(http::ProblemResponse(MakeError(ErrorCode::kUnavailable, "too many live pages are open, try again later"), request.context));
    }
  }
  http::Response head;
  head.headers.emplace_back("Content-Type", "text/event-stream");
  head.headers.emplace_back("Cache-Control", "no-store");
  head.body = "retry: 1000\n\n";
  auto stream = responder.StartStream(std::move(head));
  const std::lock_guard lock(mutex_);
  streams_.push_back(std::move(stream));
}

}  // namespace souk::gateway
