#include <gtest/gtest.h>

#include "test/e2e/fleet.hpp"

// The fleet as processes of its own, with real engines, while parts of it die. After each fault every accepted order has ended within 60 s and the audit
// is clean: nothing lost, nothing twice.
namespace souk::e2e {
namespace {

constexpr int kOrders = 240;
constexpr int kRate = 80;

void Survives(const std::function<void(Fleet&)>& fault) {
  Fleet& fleet = Fleet::Get();
  const Outcome outcome = ReplayUnder(fleet, kOrders, kRate, [&] { fault(fleet); });
  ExpectNothingOutOfPlace(outcome, kOrders);
}

class KilledServiceTest : public testing::TestWithParam<const char*> {};

TEST_P(KilledServiceTest, LosesNothingAndIsBack) {
  Survives([](Fleet& fleet) {
    fleet.Kill9(GetParam());
    fleet.AwaitReady(GetParam());
  });
}
INSTANTIATE_TEST_SUITE_P(EveryService, KilledServiceTest,
                         testing::Values("orders", "inventory", "payments", "fulfillment", "notifications", "products", "order-recovery", "gateway"),
                         [](const auto& one) {
                           std::string name(one.param);
                           std::erase(name, '-');
                           return name;
                         });

TEST(FaultsTest, F18KafkaStoppedAndBack) {
  Survives([](Fleet& fleet) {
    fleet.Stop("kafka");
    fleet.Start("kafka");
  });
}

TEST(FaultsTest, F75KafkaKilledAndBack) {
  Survives([](Fleet& fleet) {
    fleet.Kill9("kafka");
    fleet.AwaitReady("kafka");
  });
}

TEST(FaultsTest, F79PostgresStoppedAndBack) {
  Survives([](Fleet& fleet) {
    fleet.Stop("sql");
    fleet.Start("sql");
  });
}

// A primary dies; its replica takes over; the old one comes back as a replica.
TEST(FaultsTest, F32RedisPrimaryKilledAndBack) {
  Survives([](Fleet& fleet) {
    fleet.Stop("redis-0");
    fleet.Start("redis-0");
  });
}

// Every count is gone; the ledger still decides, and the counts are rebuilt from it.
TEST(FaultsTest, F34AllRedisEmptied) {
  Survives([](Fleet& fleet) { fleet.Souk("engine redis flush"); });
}

TEST(FaultsTest, F52EveryMessageTwiceAndOutOfOrderAcrossKeys) {
  Fleet& fleet = Fleet::Get();
  fleet.Override("all", "SOUK_CHAOS_DUPLICATE=true\nSOUK_CHAOS_SHUFFLE=true\n");
  const Outcome outcome = ReplayUnder(fleet, kOrders, kRate, [] {});
  ExpectNothingOutOfPlace(outcome, kOrders);
  fleet.Override("all", "");
}

TEST(FaultsTest, F54TwoInstancesOfEachServiceShareTheWork) {
  Fleet& fleet = Fleet::Get();
  fleet.Instances(2);
  const Outcome outcome = ReplayUnder(fleet, kOrders, kRate, [&] {
    fleet.Kill9("orders");
    fleet.Kill9("inventory-2");
    fleet.Kill9("payments");
  });
  ExpectNothingOutOfPlace(outcome, kOrders);
  fleet.Instances(1);
}

}  // namespace
}  // namespace souk::e2e
