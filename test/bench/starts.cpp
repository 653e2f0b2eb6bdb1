#include "test/bench/starts.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "libs/http/client.hpp"
#include "libs/testing/process.hpp"
#include "test/bench/processes.hpp"

namespace souk::bench {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kLook = std::chrono::milliseconds(1);

struct Once {
  double ready_ms = 0;
  double idle_mb = 0;
};

Result<std::vector<std::string>> Variables(const Options& options, const std::string& service) {
  std::ifstream file(options.env_dir + "/" + service);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) return MakeError(ErrorCode::kNotFound, "there is no " + options.env_dir + "/" + service);
  return lines;
}

std::string AdminPort(const std::vector<std::string>& variables) {
  const std::string name = "SOUK_ADMIN_PORT=";
  for (const std::string& line : variables) {
    if (line.rfind(name, 0) == 0) return line.substr(name.size());
  }
  return "0";
}

Result<void> Souk(const Options& options, const std::string& service, const std::string& verb) {
  testing::ChildProcess command;
  SOUK_RETURN_IF_ERROR(command.Start({"bash", options.souk, "--state", options.state_dir, "engine", service, verb}));
  if (command.Wait() != 0) return MakeError(ErrorCode::kInternal, fmt::format("the fleet's {} could not be asked to {}", service, verb));
  return {};
}

bool Ready(http::Client& client, const std::string& url) {
  http::ClientRequest request;
  request.url = url;
  request.deadline = std::chrono::milliseconds(1000);
  const auto answer = client.SendSync(std::move(request));
  return answer.ok() && answer->status == 200;
}

Result<Once> StartOnce(const Options& options, const std::string& service, const std::vector<std::string>& variables) {
  http::Client client;
  const std::string url = "http://127.0.0.1:" + AdminPort(variables) + "/readyz";
  testing::ChildProcess process;
  const auto start = std::chrono::steady_clock::now();
  SOUK_RETURN_IF_ERROR(process.Start({options.bin_dir + "/" + service}, variables, "/dev/null"));
  while (!Ready(client, url)) {
    if (std::chrono::steady_clock::now() > start + kPatience) return MakeError(ErrorCode::kDeadlineExceeded, service + " was not ready after 60 s");
    std::this_thread::sleep_for(kLook);
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the last threads of the start come to rest
  const double resident = ResidentMb(process.pid());
  process.Kill(SIGTERM);
  process.Wait();
  return Once{took.count(), resident};
}

}  // namespace

std::vector<std::string> ServicesToStart(const Options& options) {
  std::vector<std::string> services;
  if (options.env_dir.empty() || options.starts == 0) return services;
  for (const char* name : {"gateway", "orders", "inventory", "payments", "fulfillment", "notifications", "products"}) {
    if (std::filesystem::exists(options.env_dir + "/" + name)) services.emplace_back(name);
  }
  return services;
}

Result<Starts> TimeStarts(const Options& options, const std::string& service) {
  SOUK_ASSIGN_OR_RETURN(const auto variables, Variables(options, service));
  SOUK_RETURN_IF_ERROR(Souk(options, service, "stop"));
  std::vector<double> ready, idle;
  Result<void> outcome;
  for (int i = 0; i < options.starts && outcome.ok(); ++i) {
    const auto once = StartOnce(options, service, variables);
    if (!once.ok()) outcome = once.error();
    if (!once.ok()) break;
    ready.push_back(once->ready_ms);
    idle.push_back(once->idle_mb);
  }
  SOUK_RETURN_IF_ERROR(Souk(options, service, "start"));
  SOUK_RETURN_IF_ERROR(outcome);
  return Starts{Summarize(ready), Summarize(idle)};
}

}  // namespace souk::bench
