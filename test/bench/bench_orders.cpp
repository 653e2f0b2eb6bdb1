#include <fmt/format.h>

#include <chrono>

#include "test/bench/benches.hpp"
#include "test/bench/order_load.hpp"
#include "test/bench/sql_ceiling.hpp"
#include "test/bench/starts.hpp"
#include "test/bench/stock.hpp"
#include "tools/audit/auditor.hpp"

namespace souk::bench {
namespace {

constexpr auto kIdle = std::chrono::seconds(4);

/// Both sides of every pair.
struct Pairs {
  std::vector<double> orders_per_s, ceiling_per_s, order_sql_us, ceiling_sql_us, p50_ms, p99_ms;
  CpuSeconds order_cpu;  // of all pairs together
  double orders = 0;
  std::map<std::string, std::int64_t> failures;
  std::map<std::string, double> memory;
};

Result<void> MeasureCeiling(const Options& options, const Fleet& fleet, SqlCeiling& ceiling, Pairs* pairs) {
  Result<SqlCeiling::Run> run = SqlCeiling::Run{};
  CpuSeconds cpu = fleet.Cost([&] { run = ceiling.Measure(options.warm_up, options.window); });
  if (!run.ok()) return run.error();
  pairs->ceiling_per_s.push_back(run->PerSecond());
  pairs->ceiling_sql_us.push_back(cpu["sql"] * 1e6 / static_cast<double>(std::max<std::int64_t>(1, run->transactions)));
  return {};
}

void MeasureOrders(const Options& options, const Fleet& fleet, OrderLoad& load, Pairs* pairs) {
  LoopResult result;
  CpuSeconds cpu = fleet.Cost([&] {
    result = RunClosedLoop({options.in_flight, options.warm_up, options.window}, load.PlaceOne());
    KeepLarger(fleet.Memory(), &pairs->memory);
    fleet.AwaitQuiet(options.settle);
  });
  const auto orders = static_cast<double>(std::max<std::int64_t>(1, result.good));
  pairs->orders_per_s.push_back(result.PerSecond());
  pairs->order_sql_us.push_back(cpu["sql"] * 1e6 / orders);
  pairs->p50_ms.push_back(result.latency.Percentile(50));
  pairs->p99_ms.push_back(result.latency.Percentile(99));
  pairs->orders += static_cast<double>(result.good);
  AddUp(cpu, &pairs->order_cpu);
  for (const auto& [what, count] : result.failures) pairs->failures[what] += count;
}

Result<Pairs> MeasurePairs(const Options& options, const Fleet& fleet, OrderLoad& load) {
  SOUK_ASSIGN_OR_RETURN(const auto ceiling, SqlCeiling::Create(options.sql_admin_url, options.sql_clients));
  Pairs pairs;
  for (int i = 0; i < options.pairs; ++i) {
    SOUK_RETURN_IF_ERROR(MeasureCeiling(options, fleet, *ceiling, &pairs));
    MeasureOrders(options, fleet, load, &pairs);
    Say(fmt::format("pair {} of {}: bare transactions {:.0f}/s, orders {:.0f}/s (p50 {:.0f} ms), SQL CPU {:.0f} and {:.0f} us", i + 1, options.pairs,
                    pairs.ceiling_per_s.back(), pairs.orders_per_s.back(), pairs.p50_ms.back(), pairs.ceiling_sql_us.back(), pairs.order_sql_us.back()));
  }
  return pairs;
}

void AddRatios(const Options& options, const Pairs& pairs, BenchReport* report) {
  report->figures.push_back(
      Figure{"P1", fmt::format("orders/s through the gateway until CONFIRMED ({} in flight), as part of bare five-message SQL transactions/s ({} clients); goal >= 0.5",
                               options.in_flight, options.sql_clients), {}}
          .SetRatio(Summarize(Ratios(pairs.orders_per_s, pairs.ceiling_per_s)))
          .Set("orders_per_s", Summarize(pairs.orders_per_s).median)
          .Set("ceiling_per_s", Summarize(pairs.ceiling_per_s).median)
          .Set("p50_ms", Summarize(pairs.p50_ms).median)
          .Set("p99_ms", Summarize(pairs.p99_ms).median));
  report->figures.push_back(Figure{"P3", "SQL server CPU of an order's whole life, as part of that of the bare transaction; goal <= 0.6", {}}
                                .SetRatio(Summarize(Ratios(pairs.order_sql_us, pairs.ceiling_sql_us)))
                                .Set("us_per_order", Summarize(pairs.order_sql_us).median)
                                .Set("us_per_bare_transaction", Summarize(pairs.ceiling_sql_us).median));
  report->operation = "order";
  for (const auto& [name, seconds] : pairs.order_cpu) report->cpu_us[name] = seconds * 1e6 / std::max(1.0, pairs.orders);
  AddFailures(pairs.failures, "closed loop", report);
}

void MeasureLatency(const Options& options, const Fleet& fleet, double rate, OrderLoad& load, BenchReport* report) {
  Say(fmt::format("open loop at {:.0f} orders/s", rate));
  const LoopResult result = RunOpenLoop(rate, 2 * options.window, load.PlaceOne());
  fleet.AwaitQuiet(options.settle);
  report->figures.push_back(Figure{"P13", "latency of an order until CONFIRMED at half of P1's rate, open loop, from the intended time, ms; goal p99 < 100", {}}
                                .Set("p50_ms", result.latency.Percentile(50))
                                .Set("p99_ms", result.latency.Percentile(99))
                                .Set("max_ms", result.latency.MaxMillis())
                                .Set("orders_per_s", rate)
                                .Set("orders", static_cast<double>(result.good)));
  AddFailures(result.failures, "open loop", report);
}

}  // namespace

Result<BenchReport> BenchOrders(const Options& options) {
  SOUK_ASSIGN_OR_RETURN(auto processes, ParseProcesses(options.processes));
  Fleet fleet(std::move(processes));
  BenchReport report;
  Say("products and stock");
  SOUK_RETURN_IF_ERROR(PrepareProducts(options.inventory_grpc, options.gateway_url));
  SOUK_ASSIGN_OR_RETURN(const auto load, OrderLoad::Create(options.gateway_url, options.in_flight, options.mails));
  static_cast<void>(RunClosedLoop({options.in_flight, {}, options.warm_up}, load->PlaceOne()));  // caches and connections
  fleet.AwaitQuiet(options.settle);
  fleet.MeasureIdle(kIdle);
  SOUK_ASSIGN_OR_RETURN(const Pairs pairs, MeasurePairs(options, fleet, *load));
  AddRatios(options, pairs, &report);
  MeasureLatency(options, fleet, std::max(1.0, Summarize(pairs.orders_per_s).median / 2), *load, &report);
  Say("auditing");
  report.audit = audit::Auditor(options.audit).Run().verdict();
  SOUK_RETURN_IF_ERROR(AddStarts(options, ServicesToStart(options), pairs.memory, &report));
  return report;
}

}  // namespace souk::bench
