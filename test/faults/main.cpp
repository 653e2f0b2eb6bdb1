// souk-faults: breaks the running fleet on purpose and says whether it held. Run through ./souk faults.
#include <cstdio>

#include "libs/config/config.hpp"
#include "test/faults/fault_run.hpp"
#include "test/faults/matrix.hpp"

namespace souk::faults {
namespace {

struct Options {
  bool matrix = false;
  std::string actions;
  MatrixOptions matrix_options;
  std::int64_t seed = 0;
  int seeds = 1;
  int minutes = 1;
  int seconds = 0;
  FaultRunOptions run;
};

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(',', from), text.size());
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

void Say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int Matrix(const Options& options) {
  MatrixOptions matrix = options.matrix_options;
  matrix.actions = SplitCommas(options.actions);
  e2e::Fleet& fleet = e2e::Fleet::Get();
  fleet.Override("all", "SOUK_FAILPOINTS=on\n");
  const std::vector<Cell> cells = RunMatrix(fleet, matrix, Say);
  std::fputs(ToTable(cells).c_str(), stdout);
  return AllSurvived(cells) ? 0 : 1;
}

int FaultRuns(const Options& options) {
  e2e::Fleet& fleet = e2e::Fleet::Get();
  bool clean = true;
  for (int i = 0; i < options.seeds; ++i) {
    FaultRunOptions run = options.run;
    run.seed = static_cast<std::uint64_t>(options.seed + i);
    run.length = std::chrono::minutes(options.minutes);
    if (options.seconds > 0) run.length = std::chrono::seconds(options.seconds);
    run.history_file = fleet.state() + "/history-" + std::to_string(run.seed) + ".jsonl";
    const FaultRunResult result = RunFaults(fleet, run, Say);
    for (const std::string& problem : result.problems) Say("PROBLEM " + problem);
    Say("history: " + run.history_file);
    Say(ToJson(result));
    clean = clean && result.clean();
  }
  return clean ? 0 : 1;
}

}  // namespace
}  // namespace souk::faults

int main(int argc, char** argv) {
  using namespace souk;
  faults::Options options;
  config::Schema schema("souk-faults");
  schema.Bool("matrix", &options.matrix, false, "Visit every fail point with every action");
  schema.Text("actions", &options.actions, "kill,pause,error,delay", "Of the matrix");
  schema.Text("only", &options.matrix_options.only, "", "Of the matrix: points whose name holds this");
  schema.Int("orders", &options.matrix_options.orders, 48, 8, 10'000, "Of one round of the matrix");
  schema.Int("rate", &options.matrix_options.rate, 40, 1, 1000, "Orders per second");
  schema.Int64("seed", &options.seed, 0, 0, 1'000'000'000, "Of a fault run: the same seed, the same schedule");
  schema.Int("seeds", &options.seeds, 1, 1, 1000, "Fault runs, with this many seeds in a row");
  schema.Int("minutes", &options.minutes, 1, 1, 600, "Of load in a fault run");
  schema.Int("seconds", &options.seconds, 0, 0, 36'000, "Instead of minutes, when above 0");
  schema.Bool("proxies", &options.run.proxies, false, "In a fault run, services speak to engines through proxies that cut and hold back");
  config::LoadOrExit(schema, argc, argv);
  if (options.matrix) return faults::Matrix(options);
  options.run.rate = options.matrix_options.rate;
  if (options.seed > 0) return faults::FaultRuns(options);
  std::fputs(schema.Help().c_str(), stderr);
  return 2;
}
