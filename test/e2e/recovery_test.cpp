#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/testing/eventually.hpp"
#include "test/e2e/fleet.hpp"

// What operators rely on: stuck orders are finished, poison is kept apart, and reading everything again changes nothing.
namespace souk::e2e {
namespace {

using nlohmann::json;
using souk::testing::Eventually;

constexpr int kOrders = 120;
constexpr int kRate = 60;
constexpr const char* kOrdersOverride = "SOUK_SAGA_STEP_DEADLINE=2s\nSOUK_SAGA_CHALLENGE_DEADLINE=3s\nSOUK_SAGA_GIVE_UP=10s\n";

json Get(const std::string& url) {
  http::Client client;
  const auto response = client.SendSync({.url = url});
  return response.ok() ? json::parse(response->body, nullptr, false) : json();
}

/// Without ./souk's own lines of progress.
std::string LastLine(const std::string& output) {
  std::string text = output;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::string Sql(const Fleet& fleet, const std::string& service, const std::string& text) {
  return LastLine(fleet.Souk("psql " + service + " -XAtqc \"" + text + "\""));
}

/// Everything that a service knows, as one hash per table; what only says how far it has read is left out.
std::map<std::string, std::string> Hashes(const Fleet& fleet) {
  std::map<std::string, std::string> hashes;
  for (const std::string service : {"orders", "inventory", "payments", "fulfillment", "notifications", "order-recovery"}) {
    const std::string tables = Sql(fleet, service,
                                   "SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM information_schema.tables WHERE table_schema = 'public' AND "
                                   "table_name NOT LIKE 'schema_migration%' AND table_name NOT IN ('outbox', 'reconciliation_turn')");
    std::istringstream names(tables);
    for (std::string name; names >> name;) {
      hashes[service + "." + name] = Sql(fleet, service, "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM " + name + " t");
    }
  }
  return hashes;
}

// First: what other tests leave among the dead letters, a replay would rightly apply.
TEST(ReplayTest, F78TheWholeLogReadAgainByTheLiveSystemChangesNothingAndCallsNoOne) {
  Fleet& fleet = Fleet::Get();
  const Outcome outcome = ReplayUnder(fleet, kOrders, kRate, [] {});
  ExpectNothingOutOfPlace(outcome, kOrders);
  const auto hashes = Hashes(fleet);
  const json provider = Get(fleet.Url(3090) + "/simulator/stats");
  const json mails = Get(fleet.Url(3026) + "/api/stats");
  for (const char* topic : {"orders.order.events.v1", "inventory.reservation.commands.v1", "inventory.reservation.events.v1", "inventory.stock.events.v1",
                            "payments.payment.commands.v1", "payments.payment.events.v1", "fulfillment.shipment.commands.v1",
                            "fulfillment.shipment.events.v1", "products.product.events.v1"}) {
    const std::string said = fleet.Souk(std::string("replay --topic ") + topic + " --from BEGINNING");
    EXPECT_NE(said.find("will read"), std::string::npos) << said;
  }
  // Until every group has read all of it again.
  auto admin = kafka::Admin::Create(fleet.AuditConfig().kafka_brokers);
  ASSERT_TRUE(admin.ok());
  const std::map<std::string, std::vector<std::string>> groups = {
      {"orders.replies", {"inventory.reservation.events.v1", "payments.payment.events.v1", "fulfillment.shipment.events.v1"}},
      {"orders.catalogue", {"products.product.events.v1"}},
      {"inventory.commands", {"inventory.reservation.commands.v1"}},
      {"inventory.catalogue", {"products.product.events.v1"}},
      {"payments.commands", {"payments.payment.commands.v1"}},
      {"fulfillment.commands", {"fulfillment.shipment.commands.v1"}},
      {"notifications.orders", {"orders.order.events.v1"}},
      {"notifications.stock", {"inventory.stock.events.v1"}},
      {"order-recovery.orders", {"orders.order.events.v1"}}};
  for (const auto& [group, topics] : groups) {
    EXPECT_TRUE(Eventually([&, &group = group, &topics = topics] {
      const auto lags = (*admin)->ConsumerLag(group, topics);
      if (!lags.ok()) return false;
      return std::all_of(lags->begin(), lags->end(), [](const kafka::GroupLag& lag) { return lag.lag == 0; });
    }, std::chrono::seconds(60))) << group;
  }
  const auto after = Hashes(fleet);
  EXPECT_EQ(after, hashes);
  EXPECT_EQ(Get(fleet.Url(3090) + "/simulator/stats"), provider);
  EXPECT_EQ(Get(fleet.Url(3026) + "/api/stats"), mails);
}

TEST(RecoveryTest, F49F60FinishesEveryOrderAloneWhenOrdersLooksAtNoDeadline) {
  Fleet& fleet = Fleet::Get();
  fleet.Override("order-recovery", "SOUK_GRACE=500ms\nSOUK_BACKOFF_MIN=300ms\nSOUK_BACKOFF_MAX=2s\n");
  fleet.Override("orders", std::string("SOUK_SWEEP_ENABLED=false\nSOUK_SAGA_GIVE_UP=3s\nSOUK_SAGA_STEP_DEADLINE=1s\nSOUK_SAGA_CHALLENGE_DEADLINE=2s\n"));
  fleet.Instances(2);  // two recoveries share the work
  // Slow enough that payments is away while most of them are placed.
  const Outcome outcome = ReplayUnder(fleet, kOrders, 12, [&] {
    fleet.Stop("payments");
    fleet.Stop("payments-2");
    // Their time runs out while payments is away: nobody but order-recovery can have noticed.
    EXPECT_TRUE(Eventually([&] { return Sql(fleet, "orders", "SELECT count(*) FROM orders WHERE reason = 'DEADLINE_EXCEEDED'") != "0"; }, std::chrono::seconds(40)));
    fleet.Start("payments");
    fleet.Start("payments-2");
  });
  ExpectNothingOutOfPlace(outcome, kOrders);
  fleet.Instances(1);
  fleet.Override("orders", kOrdersOverride);
}

TEST(RecoveryTest, F59AnOrderWithAPoisonRowIsQuarantinedAloneExplainedAndRetriedByAnOperator) {
  Fleet& fleet = Fleet::Get();
  std::string id;
  const Outcome outcome = ReplayUnder(fleet, kOrders, 15, [&] {
    fleet.Stop("payments");
    ASSERT_TRUE(Eventually([&] {
      id = Sql(fleet, "orders", "SELECT order_id FROM orders WHERE phase = 'AUTHORIZING' LIMIT 1");
      return !id.empty();
    }, std::chrono::seconds(20)));
    Sql(fleet, "orders", "UPDATE orders SET phase = 'NONSENSE', deadline_at = now() WHERE order_id = '" + id + "'");
    fleet.Start("payments");
    EXPECT_TRUE(Eventually([&] { return fleet.Souk("recover list --quarantined").find(id) != std::string::npos; }, std::chrono::seconds(60)));
    const std::string explanation = fleet.Souk("recover explain " + id);
    EXPECT_NE(explanation.find("'NONSENSE' is not a word of its column"), std::string::npos) << explanation;
    EXPECT_NE(explanation.find("retry it, or resolve it"), std::string::npos) << explanation;
    EXPECT_NE(fleet.Souk("recover list --quarantined").find("1 orders (quarantined)"), std::string::npos) << "alone";
    Sql(fleet, "orders", "UPDATE orders SET phase = 'AUTHORIZING' WHERE order_id = '" + id + "'");
    fleet.Souk("recover retry " + id + " --as ada --note mended");
  });
  ExpectNothingOutOfPlace(outcome, kOrders);
  EXPECT_NE(fleet.Souk("recover explain " + id).find("by ada: retry (mended)"), std::string::npos);
}

TEST(DeadLettersTest, F29PoisonIsParkedWithItsKeyShownRedrivenAndDroppedByCommand) {
  Fleet& fleet = Fleet::Get();
  const std::string key = "01890a5d-ac96-774b-bcce-b302099a8057";
  const std::string produce = "bash -c 'printf \"" + key + ":\\377\\377poison\" | " + std::string(std::getenv("SOUK_CLI")) +
                              " kafka produce fulfillment.shipment.commands.v1 -K : -H ce_id=01890a5d-ac96-774b-bcce-b302099a8058 "
                              "-H ce_type=souk.fulfillment.v1.CreateShipment -H ce_source=orders -H ce_subject=" + key +
                              " -H ce_time=2026-01-01T00:00:00Z -H ce_specversion=1.0 -H ce_aggregateversion=1'";
  ASSERT_EQ(std::system(produce.c_str()), 0);
  ASSERT_TRUE(Eventually([&] { return fleet.Souk("dlq list --key " + key).find("1 dead letters are open") != std::string::npos; }, std::chrono::seconds(30)));
  const std::string shown = fleet.Souk("dlq show --key " + key);
  for (const char* part : {"\"attempts\": \"3\"", "\"group\": \"fulfillment.commands\"", "undecodable", "fulfillment.shipment.commands.v1", "\"offset\"", "\"partition\""}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << "\n" << shown;
  }
  EXPECT_NE(fleet.Souk("dlq redrive --key " + key + " --as ada --dry-run").find("1 dead letters would be redriven"), std::string::npos);
  EXPECT_EQ(Sql(fleet, "fulfillment", "SELECT count(*) FROM parked_records WHERE record_key = '" + key + "'"), "1");
  fleet.Souk("dlq drop --key " + key + " --as ada --note nobody-will-miss-it");
  EXPECT_EQ(Sql(fleet, "fulfillment", "SELECT count(*) FROM parked_records WHERE record_key = '" + key + "' AND left_at IS NULL"), "0");
  EXPECT_NE(fleet.Souk("dlq list --key " + key).find("0 dead letters are open"), std::string::npos);
  EXPECT_NE(fleet.Souk("dlq list --all --key " + key).find("drop: ada at"), std::string::npos);
}

}  // namespace
}  // namespace souk::e2e
