#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "libs/http/client.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/test_database.hpp"
#include "services/orders/service.hpp"
#include "services/orders/test/fake_participants.hpp"

namespace souk::orders::testing {

using nlohmann::json;
using souk::testing::Eventually;

/// Real PostgreSQL, real Kafka, the real service, and participants that do as they are told. One of each for all tests of a process; each test
/// has customers and keys of its own.
class OrdersServiceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;

  static std::unique_ptr<Service> StartService();
  static void WarmUp();
  static Config ConfigOf();
  static void Publish(const std::string& sku, std::int64_t price, const std::string& currency, std::int64_t version, bool deleted = false);

  struct Wish {
    std::string sku = "mug", method = "pm_card_visa", line2;
    std::int64_t quantity = 2;
    std::string key;  ///< empty: a new one
  };
  json Body(const Wish& wish) const;
  http::Response Call(const std::string& method, const std::string& path, const json& body = nullptr, http::Headers headers = {}) const;
  http::Response Post(const std::string& path, const json& body, const std::string& key, const std::string& prefer = {}) const;
  std::string NewKey();
  /// Accepted: the order's id.
  std::string Place(const Wish& wish);
  json Get(const std::string& id) const;
  std::string StatusOf(const std::string& id) const { return Get(id).value("status", ""); }
  /// Waits until the order has this status.
  ::testing::AssertionResult Becomes(const std::string& id, const std::string& status) const;
  /// A line of SQL with one number as its answer.
  static std::int64_t Sql(const std::string& text);
  static bool HasStep(const json& timeline, const std::string& step, const std::string& outcome);
  json Timeline(const std::string& id) const { return json::parse(Call("GET", "/v1/orders/" + id + "/timeline").body)["entries"]; }

  static inline std::unique_ptr<souk::testing::TestDatabase> database;
  static inline std::unique_ptr<FakeParticipants> world;
  static inline std::unique_ptr<chassis::Health> health;
  static inline std::unique_ptr<Service> service;
  static inline std::unique_ptr<http::Client> client;
  int port = 0;
  std::string customer;
  int keys = 0;
};

}  // namespace souk::orders::testing
