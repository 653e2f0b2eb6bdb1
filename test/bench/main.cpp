// souk-bench: measures the running fleet against ceilings taken on the same machine in the same minutes.
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "test/bench/benches.hpp"
#include "test/bench/echo_server.hpp"

// Programs that are started from here get their own variables, not ours.
static void ForgetOwnVariables() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr;) {
    const std::string_view text(*entry);
    const bool ours = text.rfind("SOUK_", 0) == 0;
    if (ours) unsetenv(std::string(text.substr(0, text.find('='))).c_str());
    if (!ours) ++entry;
  }
}

int main(int argc, char** argv) {
  using namespace souk;
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "echo-server" && argc == 3) return bench::ServeEcho(argv[2]);
  if (what != "orders" && what != "inventory") {
    fmt::print(stderr, "souk-bench orders|inventory [--key=value...]; --help after the name lists the keys\n");
    return 2;
  }
  bench::Options options;
  config::Schema schema("souk-bench");
  bench::Declare(schema, &options);
  config::LoadOrExit(schema, argc - 1, argv + 1);
  ForgetOwnVariables();
  const auto report = what == "orders" ? bench::BenchOrders(options) : bench::BenchInventory(options);
  if (!report.ok()) {
    fmt::print(stderr, "souk-bench: {}\n", report.error().message);
    return 1;
  }
  fmt::print("{}{}\n", bench::ToText(*report), bench::ToJson(*report));
  return report->audit == "clean" ? 0 : 3;
}
