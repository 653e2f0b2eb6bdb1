#include "test/faults/fault_run.hpp"

#include <gtest/gtest.h>

namespace souk::faults {
namespace {

// F87: a random subset is stopped, killed, slowed and cut in random order, by seed; then it heals. Longer ones: ./souk faults --seed S
// --minutes M.
class FaultRunTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(FaultRunTest, F87HealsAndNothingIsOutOfPlace) {
  FaultRunOptions options;
  options.seed = GetParam();
  options.length = std::chrono::seconds(10);
  e2e::Fleet& fleet = e2e::Fleet::Get();
  options.history_file = fleet.state() + "/history-" + std::to_string(options.seed) + ".jsonl";
  const FaultRunResult result = RunFaults(fleet, options, [](const std::string& line) { std::printf("%s\n", line.c_str()); });
  for (const std::string& problem : result.problems) ADD_FAILURE() << "seed " << options.seed << ": " << problem;
  EXPECT_GT(result.accepted, 0);
  std::printf("%s\n", ToJson(result).c_str());
}
INSTANTIATE_TEST_SUITE_P(ThreeSeeds, FaultRunTest, ::testing::Values(11, 12, 13),
                         [](const auto& one) { return "Seed" + std::to_string(one.param); });

}  // namespace
}  // namespace souk::faults
