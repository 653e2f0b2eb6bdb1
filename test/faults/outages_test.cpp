#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include "libs/testing/eventually.hpp"
#include "libs/testing/process.hpp"
#include "test/faults/points.hpp"
#include "test/faults/workload.hpp"

// Long absences, rolling restarts, odd orders of starting: what an operator does to a fleet, and what a data centre does.
namespace souk::faults {
namespace {

using std::chrono::seconds;

void AwaitAllReady() {
  Points points(e2e::Fleet::Get().AdminPorts());
  for (const auto& [process, port] : points.ports()) {
    EXPECT_TRUE(souk::testing::Eventually([&, name = process] { return points.Ready(name); }, seconds(60))) << process;
  }
}

// What an outage left behind is worked off at a bounded rate, in far less than the time it took to pile up.
TEST(OutagesTest, F60OrdersThatWaitedForPaymentsAllEnd) {
  constexpr int kOrders = 600;
  e2e::Fleet& fleet = e2e::Fleet::Get();
  const e2e::Outcome outcome = e2e::ReplayUnder(
      fleet, kOrders, 150,
      [&] {
        fleet.Stop("payments");
        Points points(fleet.AdminPorts());
        EXPECT_TRUE(souk::testing::Eventually([&] { return !points.Ready("payments"); }));
        // The rest of the orders is placed meanwhile: stock is held, and nobody takes money.
        Last(seconds(5));
        fleet.Start("payments");
      },
      OneOfEveryKind);
  e2e::ExpectNothingOutOfPlace(outcome, kOrders);
}

// Instances go one by one, by SIGTERM: what is in flight is finished, what comes is taken by the other one.
TEST(OutagesTest, F07RollingRestartOfEveryServiceFailsNoRequest) {
  constexpr int kOrders = 900;
  e2e::Fleet& fleet = e2e::Fleet::Get();
  fleet.Instances(2);
  std::mutex mutex;
  std::vector<std::string> failures;
  const auto observe = [&](const demo::CallMade& made) {
    const bool fine = made.answer.ok() && made.answer->status < 500 && made.answer->status != 429;
    const std::lock_guard lock(mutex);
    if (!fine)
      failures.push_back(made.path + ": " +
                         (made.answer.ok() ? std::to_string(made.answer->status) + " " + made.answer->body : made.answer.error().message));
  };
  const e2e::Outcome outcome = e2e::ReplayUnder(
      fleet, kOrders, 30,
      [&] {
        for (const std::string service : {"orders", "inventory", "payments", "fulfillment", "notifications"}) {
          for (const std::string& instance : {service, service + "-2"}) fleet.Souk("engine " + instance + " restart");
        }
      },
      OneOfEveryKind, observe);
  e2e::ExpectNothingOutOfPlace(outcome, kOrders);
  EXPECT_TRUE(failures.empty()) << failures.size() << " calls failed, the first: " << failures.front();
  fleet.Instances(1);
}

// Services first, engines later, in an unlucky order: whoever is early waits, ready only when it is able, and needs no restart of its own.
TEST(OutagesTest, F88ServicesStartedBeforeTheirEnginesWaitForThem) {
  e2e::Fleet& fleet = e2e::Fleet::Get();
  const std::vector<std::string> services = {"gateway", "notifications", "fulfillment", "payments", "inventory", "orders"};
  for (const std::string& service : services) fleet.Stop(service);
  for (const std::string engine : {"kafka", "sql", "redis"}) fleet.Stop(engine);
  // Not "engine NAME start": that waits until it is ready, which is what can't be yet.
  for (const std::string& service : services) std::ofstream(fleet.state() + "/sv/" + service + "/supervise/control") << 'u';
  Points points(fleet.AdminPorts());
  Last(seconds(3));
  for (const std::string& service : services) {
    if (service == "gateway") continue;  // it has no engine of its own
    EXPECT_FALSE(points.Ready(service)) << service << " says that it is ready without its engines";
  }
  for (const std::string engine : {"redis", "kafka", "sql"}) fleet.Start(engine);
  AwaitAllReady();
  e2e::ExpectNothingOutOfPlace(e2e::ReplayUnder(
                                   fleet, 60, 40, [] {}, OneOfEveryKind),
                               60);
}

// The leader of some partitions dies; then one of three brokers is left, too few for min ISR 2: producers wait, nothing acknowledged is lost.
TEST(OutagesTest, F75OneOfThreeBrokersLeft) {
  e2e::Fleet& fleet = e2e::Fleet::Get();
  if (!std::filesystem::exists(fleet.state() + "/sv/kafka-3")) GTEST_SKIP() << "one broker only: ./souk --brokers 3 test OneOfThreeBrokersLeft";
  const auto control = [&](const char* broker, char what) { std::ofstream(fleet.state() + "/sv/" + broker + "/supervise/control") << what; };
  const e2e::Outcome outcome = e2e::ReplayUnder(
      fleet, 300, 30,
      [&] {
        fleet.Kill9("kafka-1");
        for (const char* broker : {"kafka-2", "kafka-3"}) control(broker, 'd');
        Last(seconds(8));
        for (const char* broker : {"kafka-2", "kafka-3"}) control(broker, 'u');
        fleet.AwaitReady("kafka");
      },
      OneOfEveryKind);
  e2e::ExpectNothingOutOfPlace(outcome, 300);
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::size_t Count(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// The disk says EIO to one fsync of the log: the engine stops rather than lie, recovers from what is surely written, and nobody was told of a commit that
// isn't there.
TEST(OutagesTest, F82AFailedFsyncStopsTheEngineRatherThanLie) {
  if (std::system("command -v strace >/dev/null") != 0) GTEST_SKIP() << "strace is not installed";
  e2e::Fleet& fleet = e2e::Fleet::Get();
  const std::string log = fleet.state() + "/log/sql/current";
  const std::size_t panics = Count(ReadFile(log), "PANIC");
  bool traced = true;
  const e2e::Outcome outcome = e2e::ReplayUnder(
      fleet, 200, 60,
      [&] {
        const std::string postmaster = std::to_string(std::stoi(fleet.Souk("engine sql pid")));
        std::vector<std::string> command = {"strace", "-q", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=1"};
        // Not the postmaster itself, nor what it starts later: recovery must find a disk that works.
        std::istringstream children(ReadFile("/proc/" + postmaster + "/task/" + postmaster + "/children"));
        for (std::string child; children >> child;) command.insert(command.end(), {"-p", child});
        souk::testing::ChildProcess strace;
        ASSERT_TRUE(strace.Start(command, {}, fleet.state() + "/strace.log").ok());
        traced = souk::testing::Eventually([&] { return Count(ReadFile(log), "PANIC") > panics || !strace.Alive(); }, seconds(20));
        traced = traced && Count(ReadFile(log), "PANIC") > panics;
        strace.Kill(SIGTERM);
        strace.Wait();
      },
      OneOfEveryKind);
  e2e::ExpectNothingOutOfPlace(outcome, 200);
  if (!traced) GTEST_SKIP() << "no fsync could be made to fail: " << ReadFile(fleet.state() + "/strace.log").substr(0, 200);
}

}  // namespace
}  // namespace souk::faults
