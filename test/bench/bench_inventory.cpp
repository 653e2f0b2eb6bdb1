#include <fmt/format.h>

#include <chrono>

#include "test/bench/benches.hpp"
#include "test/bench/echo_server.hpp"
#include "test/bench/redis_ceiling.hpp"
#include "test/bench/reserve_load.hpp"
#include "test/bench/stock.hpp"
#include "tools/audit/auditor.hpp"

namespace souk::bench {
namespace {

constexpr auto kIdle = std::chrono::seconds(4);
constexpr auto kSettle = std::chrono::milliseconds(800);
constexpr std::int64_t kReservationsPerSecondMax = 60'000;
constexpr std::int64_t kRedisCalls = 60'000;

struct Pairs {
  std::vector<double> reserve_per_s, empty_per_s, reserve_server_us, empty_server_us, redis_us, naive_redis_us, p50_ms, p99_ms;
  CpuSeconds cpu;
  double reservations = 0;
  double idle_redis = 0;  // CPU seconds per second
  std::map<std::string, std::int64_t> failures;
  std::map<std::string, double> memory;
};

double PerOperation(double seconds, std::int64_t operations) { return seconds * 1e6 / static_cast<double>(std::max<std::int64_t>(1, operations)); }

void MeasureEmpty(const Options& options, const Fleet& fleet, RpcLoad& load, Pairs* pairs) {
  LoopResult result;
  CpuSeconds cpu = fleet.Cost([&] { result = RunClosedLoop({options.in_flight, options.warm_up, options.window}, load.Empty()); });
  pairs->empty_per_s.push_back(result.PerSecond());
  pairs->empty_server_us.push_back(PerOperation(cpu["echo"], result.good));
  for (const auto& [what, count] : result.failures) pairs->failures["empty call: " + what] += count;
}

Result<void> MeasureReserve(const Options& options, const Fleet& fleet, RpcLoad& load, Pairs* pairs) {
  const auto start = std::chrono::steady_clock::now();
  SOUK_ASSIGN_OR_RETURN(const double redis_before, PrimariesCpu(options.audit.redis_nodes));
  LoopResult result;
  CpuSeconds cpu = fleet.Cost([&] {
    result = RunClosedLoop({options.in_flight, options.warm_up, options.window}, load.Reserve());
    KeepLarger(fleet.Memory(), &pairs->memory);
    fleet.AwaitQuiet(kSettle);
  });
  SOUK_ASSIGN_OR_RETURN(const double redis_after, PrimariesCpu(options.audit.redis_nodes));
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  pairs->reserve_per_s.push_back(result.PerSecond());
  pairs->reserve_server_us.push_back(PerOperation(cpu["inventory"], result.good));
  pairs->redis_us.push_back(PerOperation(std::max(0.0, redis_after - redis_before - elapsed * pairs->idle_redis), result.good));
  pairs->p50_ms.push_back(result.latency.Percentile(50));
  pairs->p99_ms.push_back(result.latency.Percentile(99));
  pairs->reservations += static_cast<double>(result.good);
  AddUp(cpu, &pairs->cpu);
  for (const auto& [what, count] : result.failures) pairs->failures[what] += count;
  return {};
}

Result<Pairs> MeasurePairs(const Options& options, Fleet& fleet) {
  SOUK_ASSIGN_OR_RETURN(const auto echo, EchoServer::Start());
  fleet.Watch({"echo", echo->pid()});
  SOUK_ASSIGN_OR_RETURN(const auto redis, RedisCeiling::Create(options.audit.redis_nodes));
  RpcLoad empty(echo->target(), options.connections), reserve(options.inventory_grpc, options.connections);
  static_cast<void>(RunClosedLoop({options.in_flight, {}, options.warm_up}, reserve.Reserve()));  // shards multiply, connections open
  fleet.AwaitQuiet(kSettle);
  Pairs pairs;
  SOUK_ASSIGN_OR_RETURN(const double idle_before, PrimariesCpu(options.audit.redis_nodes));
  fleet.MeasureIdle(kIdle);
  SOUK_ASSIGN_OR_RETURN(const double idle_after, PrimariesCpu(options.audit.redis_nodes));
  pairs.idle_redis = (idle_after - idle_before) / std::chrono::duration<double>(kIdle).count();
  for (int i = 0; i < options.pairs; ++i) {
    MeasureEmpty(options, fleet, empty, &pairs);
    SOUK_RETURN_IF_ERROR(MeasureReserve(options, fleet, reserve, &pairs));
    SOUK_ASSIGN_OR_RETURN(const RedisCeiling::Run naive, redis->Measure(kRedisCalls));
    pairs.naive_redis_us.push_back(naive.cpu_us);
    Say(fmt::format("pair {} of {}: empty calls {:.0f}/s, reservations {:.0f}/s (p50 {:.1f} ms), Redis CPU {:.2f} us against {:.2f} us", i + 1, options.pairs,
                    pairs.empty_per_s.back(), pairs.reserve_per_s.back(), pairs.p50_ms.back(), pairs.redis_us.back(), naive.cpu_us));
  }
  return pairs;
}

void AddRatios(const Options& options, const Pairs& pairs, BenchReport* report) {
  report->figures.push_back(
      Figure{"P4", fmt::format("Reserve of one unit of one hot product by unary gRPC ({} in flight, durable in the SQL ledger), as part of empty calls/s; goal >= 0.5",
                               options.in_flight), {}}
          .SetRatio(Summarize(Ratios(pairs.reserve_per_s, pairs.empty_per_s)))
          .Set("reservations_per_s", Summarize(pairs.reserve_per_s).median)
          .Set("empty_calls_per_s", Summarize(pairs.empty_per_s).median)
          .Set("server_us_per_reservation", Summarize(pairs.reserve_server_us).median)
          .Set("server_us_per_empty_call", Summarize(pairs.empty_server_us).median)
          .Set("p50_ms", Summarize(pairs.p50_ms).median)
          .Set("p99_ms", Summarize(pairs.p99_ms).median));
  report->figures.push_back(
      Figure{"P5", "Redis CPU (primaries) of a reservation, as part of that of one script call for each (redis-benchmark -P 1); goal <= 0.2", {}}
          .SetRatio(Summarize(Ratios(pairs.redis_us, pairs.naive_redis_us)))
          .Set("us_per_reservation", Summarize(pairs.redis_us).median)
          .Set("us_per_single_call", Summarize(pairs.naive_redis_us).median));
  report->operation = "reservation";
  for (const auto& [name, seconds] : pairs.cpu) {
    if (name != "echo") report->cpu_us[name] = seconds * 1e6 / std::max(1.0, pairs.reservations);
  }
  AddFailures(pairs.failures, "closed loop", report);
}

}  // namespace

Result<BenchReport> BenchInventory(const Options& options) {
  SOUK_ASSIGN_OR_RETURN(auto processes, ParseProcesses(options.processes));
  Fleet fleet(std::move(processes));
  Say("products and stock");
  SOUK_RETURN_IF_ERROR(PrepareProducts(options.inventory_grpc, options.gateway_url));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options.pairs * (options.window + options.warm_up)).count() + 5;
  SOUK_RETURN_IF_ERROR(ReceiveHotStock(options.inventory_grpc, seconds * kReservationsPerSecondMax));
  SOUK_ASSIGN_OR_RETURN(const Pairs pairs, MeasurePairs(options, fleet));
  BenchReport report;
  AddRatios(options, pairs, &report);
  Say("auditing");
  report.audit = audit::Auditor(options.audit).Run().verdict();
  const std::vector<std::string> started = options.env_dir.empty() || options.starts == 0 ? std::vector<std::string>{} : std::vector<std::string>{"inventory"};
  SOUK_RETURN_IF_ERROR(AddStarts(options, started, pairs.memory, &report));
  return report;
}

}  // namespace souk::bench
