// souk-faults: breaks the running fleet on purpose and says whether it held. Run through ./souk faults.
#include <cstdio>

#include "libs/config/config.hpp"
#include "test/faults/matrix.hpp"

namespace souk::faults {
namespace {

struct Options {
  bool matrix = false;
  std::string actions;
  MatrixOptions matrix_options;
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
  config::LoadOrExit(schema, argc, argv);
  if (options.matrix) return faults::Matrix(options);
  std::fputs(schema.Help().c_str(), stderr);
  return 2;
}
