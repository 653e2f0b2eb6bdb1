#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/redis/cluster.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/sql/connection.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/redis_cluster.hpp"
#include "libs/testing/test_database.hpp"
#include "services/inventory/adapters/codec.hpp"
#include "services/inventory/service.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"
#include "souk/inventory/v1/reservation_commands.pb.h"
#include "souk/inventory/v1/reservation_events.pb.h"
#include "souk/inventory/v1/stock_commands.pb.h"
#include "souk/inventory/v1/stock_events.pb.h"
#include "souk/products/v1/product_events.pb.h"

namespace souk::inventory {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One instance of the service with a client of its own.
class Instance {
 public:
  Instance(const Config& config, const std::string& name) {
    auto started = Service::Start(config, health);
    EXPECT_TRUE(started.ok()) << (started.ok() ? name : started.error().message);
    if (!started.ok()) return;
    service = std::move(*started);
    channel = std::make_unique<rpc::Channel>("127.0.0.1:" + std::to_string(service->grpc_port()));
    health.SetStarted();
    EXPECT_TRUE(souk::testing::Eventually([&] { return health.WhatIsMissing().empty(); }, seconds(60))) << health.WhatIsMissing();
  }
  ~Instance() { Stop(); }
  void Stop() {
    if (service) service->Stop();
    channel.reset();
    service.reset();
  }
  std::string Url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(service->http_port()) + target; }

  chassis::Health health;
  std::unique_ptr<Service> service;
  std::unique_ptr<rpc::Channel> channel;
};

/// The service as it runs in production: real SQL, Kafka and a Redis Cluster of its own.
class ServiceTest : public ::testing::Test {
 protected:
  static souk::testing::RedisCluster& Redis() {
    static const auto nodes = [] {
      auto started = souk::testing::RedisCluster::Start();
      if (!started.ok()) ADD_FAILURE() << started.error().message;
      return std::move(started).value();
    }();
    return *nodes;
  }

  void SetUp() override {
    brokers_ = souk::testing::TestEnvironment("SOUK_TEST_KAFKA");
    ASSERT_FALSE(database_.url().empty() || brokers_.empty());
    ASSERT_TRUE(Redis().FlushAll().ok());
    auto admin = kafka::Admin::Create(brokers_);
    ASSERT_TRUE(admin.ok());
    const std::vector<kafka::TopicSpec> specs = {{codec::kReservationCommands, 3, 1, {}}, {codec::kReservationEvents, 3, 1, {}},
                                                 {codec::kStockEvents, 3, 1, {}},         {codec::kProductEvents, 3, 1, {}},
                                                 {codec::kStockCommands, 3, 1, {}},
                                                 {"inventory.commands.dlq", 1, 1, {}},    {"inventory.catalogue.dlq", 1, 1, {}},
                                                 {"inventory.commands.redrive", 1, 1, {}}, {"inventory.catalogue.redrive", 1, 1, {}}};
    ASSERT_TRUE((*admin)->CreateTopics(specs).ok());
    producer_ = kafka::Producer::Create({.brokers = brokers_}).value();
    for (const char* topic : {codec::kReservationEvents, codec::kStockEvents, "inventory.commands.dlq"}) {
      ASSERT_TRUE(souk::testing::Eventually([&] {
        auto ends = (*admin)->EndOffsets(topic);
        if (ends.ok()) offsets_[topic] = *ends;
        return ends.ok();
      }));
    }
  }

  Config TestConfig(const std::string& name = "test") {
    Config config;
    config.common.instance = name;
    config.common.host = "127.0.0.1";
    config.common.sql_url = database_.url();
    config.common.kafka_brokers = brokers_;
    config.common.redis_nodes = Redis().Seeds();
    config.common.grace = milliseconds(2000);
    config.hold_default = std::chrono::minutes(15);
    config.expiry_interval = milliseconds(100);
    config.writer_batch_max = 256;
    config.writer_isolation = "serializable";
    config.shards_max = 16;
    config.reconcile_interval = milliseconds(100);
    return config;
  }

  static Context Within(milliseconds time) {
    Context context;
    context.deadline = std::chrono::steady_clock::now() + time;
    static std::atomic<int> keys{0};
    context.idempotency_key = "key-" + std::to_string(++keys);
    return context;
  }
  template <class Response, class Request>
  static Result<Response> Call(Instance& instance, const char* method, const Request& request, Context context = Within(seconds(20))) {
    return instance.channel->CallSync<Request, Response>(std::string("souk.inventory.v1.InventoryService/") + method, request, context);
  }

  std::string Id(const std::string& name) { return Uuid::FromName(database_.name(), name).ToString(); }
  /// SKUs of this test alone: topics are shared.
  std::string Sku(const std::string& name) { return name + "-" + database_.name(); }

  static void AddLine(google::protobuf::RepeatedPtrField<v1::StockLine>* lines, const std::string& sku, std::int64_t quantity) {
    v1::StockLine* line = lines->Add();
    line->set_sku(sku);
    line->set_quantity(quantity);
  }
  void Receive(Instance& instance, const std::string& sku, std::int64_t units) {
    v1::ReceiveStockRequest request;
    request.set_movement_id("m" + std::to_string(++movements_));
    AddLine(request.mutable_lines(), sku, units);
    const auto answer = Call<v1::ReceiveStockResponse>(instance, "ReceiveStock", request);
    EXPECT_TRUE(answer.ok()) << answer.error().message;
  }
  v1::ReserveRequest ReserveOf(const std::string& name, const std::string& sku, std::int64_t quantity, int hold_seconds = 0) {
    v1::ReserveRequest request;
    request.set_reservation_id(Id(name));
    AddLine(request.mutable_lines(), sku, quantity);
    if (hold_seconds > 0) request.mutable_hold()->set_seconds(hold_seconds);
    return request;
  }
  Result<v1::ReserveResponse> Reserve(Instance& instance, const std::string& name, const std::string& sku, std::int64_t quantity,
                                      int hold_seconds = 0) {
    return Call<v1::ReserveResponse>(instance, "Reserve", ReserveOf(name, sku, quantity, hold_seconds));
  }
  template <class Request, class Response>
  Result<Response> ById(Instance& instance, const char* method, const std::string& name) {
    Request request;
    request.set_reservation_id(Id(name));
    return Call<Response>(instance, method, request);
  }
  auto Commit(Instance& instance, const std::string& name) { return ById<v1::CommitRequest, v1::CommitResponse>(instance, "Commit", name); }
  auto Release(Instance& instance, const std::string& name) { return ById<v1::ReleaseRequest, v1::ReleaseResponse>(instance, "Release", name); }

  bool Known(Instance& instance, const std::string& sku) {
    v1::GetStockRequest request;
    request.set_sku(sku);
    return Call<v1::GetStockResponse>(instance, "GetStock", request).ok();
  }
  v1::StockLevel Stock(Instance& instance, const std::string& sku) {
    v1::GetStockRequest request;
    request.set_sku(sku);
    const auto answer = Call<v1::GetStockResponse>(instance, "GetStock", request);
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? answer->level() : v1::StockLevel{};
  }

  struct Burst {
    int won = 0;
    int sold_out = 0;
    int other = 0;
  };
  /// `count` claims of one unit at once, spread over the instances.
  Burst Storm(const std::vector<Instance*>& instances, const std::string& prefix, const std::string& sku, int count) {
    std::vector<std::promise<Result<v1::ReserveResponse>>> promises(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      Instance& instance = *instances[static_cast<std::size_t>(i) % instances.size()];
      instance.channel->Call<v1::ReserveRequest, v1::ReserveResponse>(
          "souk.inventory.v1.InventoryService/Reserve", ReserveOf(prefix + std::to_string(i), sku, 1), Within(seconds(30)),
          [&promises, i](Result<v1::ReserveResponse> answer) { promises[static_cast<std::size_t>(i)].set_value(std::move(answer)); });
    }
    Burst burst;
    for (auto& promise : promises) {
      const auto answer = promise.get_future().get();
      if (answer.ok()) {
        ++burst.won;
      } else if (answer.error().reason == "OUT_OF_STOCK") {
        ++burst.sold_out;
      } else {
        ++burst.other;
      }
    }
    return burst;
  }

  // ---- Kafka

  void Send(const char* topic, const std::string& key, const google::protobuf::Message& message, const std::string& id) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName(database_.name(), id);
    envelope.type = message.GetTypeName();
    envelope.source = "test";
    envelope.subject = key;
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = 1;
    ASSERT_TRUE(producer_->Produce(kafka::ToRecord(topic, envelope, message.SerializeAsString()), [](Result<void>) {}).ok());
  }
  template <class Command>
  Command CommandOf(const std::string& name) {
    Command command;
    command.set_reservation_id(Id(name));
    return command;
  }
  void Command(const google::protobuf::Message& command, const std::string& name, const std::string& message) {
    Send(codec::kReservationCommands, Id(name), command, message);
  }
  void CommandReserve(const std::string& name, const std::string& sku, std::int64_t quantity, const std::string& message) {
    auto command = CommandOf<v1::ReserveStock>(name);
    AddLine(command.mutable_lines(), sku, quantity);
    Command(command, name, message);
  }

  /// Every record that a topic got since the test began, each message id once.
  std::vector<std::pair<kafka::Envelope, std::string>> Records(const std::string& topic) {
    auto next = kafka::ReadAll(brokers_, topic, offsets_[topic], [&](const kafka::Record& record) {
      const auto envelope = kafka::ParseEnvelope(record);
      if (envelope.ok() && seen_.insert(envelope->id).second) records_[topic].emplace_back(*envelope, record.value);
      return true;
    });
    if (next.ok()) offsets_[topic] = *next;
    return records_[topic];
  }
  /// Names of the answers about a reservation, in the order of their versions.
  std::vector<std::string> Answers(const std::string& name) {
    std::map<std::pair<std::int64_t, std::string>, std::string> answers;
    for (const auto& [envelope, payload] : Records(codec::kReservationEvents)) {
      if (envelope.subject != Id(name)) continue;
      answers[{envelope.aggregate_version, envelope.id.ToString()}] = envelope.type.substr(envelope.type.rfind('.') + 1);
    }
    std::vector<std::string> names;
    for (const auto& [key, type] : answers) names.push_back(type);
    return names;
  }
  void ExpectAnswers(const std::string& name, const std::vector<std::string>& expected) {
    souk::testing::Eventually([&] { return Answers(name) == expected; }, seconds(20));
    EXPECT_EQ(Answers(name), expected);
  }

  // ---- the books

  std::int64_t Ask(const std::string& query) {
    const std::string name = "ask_" + std::to_string(std::hash<std::string>{}(query));  // engines cut long names
    const sql::Statement statement{name.c_str(), query.c_str()};
    auto rows = sql_.Query(statement);
    EXPECT_TRUE(rows.ok()) << (rows.ok() ? "" : rows.error().message);
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }
  /// Sum over the shards in Redis; -1 when there is no count.
  std::int64_t Counted(const std::string& sku) {
    std::int64_t total = -1;
    for (int shard = 0; shard < 16; ++shard) {
      const std::string key = "stock:{" + sku + ":" + std::to_string(shard) + "}";
      const int node = Redis().PrimaryOf(key);
      if (node < 0) continue;
      const auto reply = Redis().Command(node, {"HGET", key, "a"});
      if (!reply.ok() || reply->IsNil()) continue;
      total = std::max<std::int64_t>(total, 0) + std::stoll(reply->text);
    }
    return total;
  }
  /// I1, I5, I9 and I7: the ledger is the sum of its parts, and the counts follow it.
  void ExpectCleanBooks(Instance& instance, const std::vector<std::string>& skus) {
    EXPECT_EQ(Ask(R"(SELECT count(*) FROM (SELECT sku, sum(received) AS received, sum(reserved) AS reserved, sum(sold) AS sold
        FROM stock GROUP BY sku) s
      WHERE s.received <> (SELECT coalesce(sum(quantity), 0) FROM movements m WHERE m.sku = s.sku)
        OR s.reserved <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (reservation_id)
                          WHERE l.sku = s.sku AND r.status = 1)
        OR s.sold <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (reservation_id)
                      WHERE l.sku = s.sku AND r.status = 2))"), 0);
    for (const std::string& sku : skus) {
      const auto available = Stock(instance, sku).available();
      EXPECT_TRUE(souk::testing::Eventually([&] { return Counted(sku) == available; }, seconds(20)))
          << sku << ": counted " << Counted(sku) << ", ledger " << available;
    }
  }

  souk::testing::TestDatabase database_{"inventory"};
  sql::Connection sql_{{.url = database_.url(), .index_scans_only = false}};
  std::string brokers_;
  std::unique_ptr<kafka::Producer> producer_;
  http::Client client_;
  std::map<std::string, std::vector<std::int64_t>> offsets_;
  std::map<std::string, std::vector<std::pair<kafka::Envelope, std::string>>> records_;
  std::set<Uuid> seen_;
  int movements_ = 0;
};

}  // namespace souk::inventory
