// souk-audit: proves on the running system that not a unit or a cent is out of place.
#include <cstdio>
#include <mutex>
#include <thread>

#include "libs/chassis/service.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "tools/audit/auditor.hpp"

namespace souk::audit {
namespace {

// A served audit must not slow down what it watches: it rests nine times as long as it took, and reads every row only now and then.
constexpr double kPauseFactor = 9;
constexpr int kServedSearchEvery = 12;

struct Options {
  Config sources;
  std::string host;
  int http_port = 0;
  bool json = false;
  bool watch = false;
  bool serve = false;
  std::chrono::milliseconds interval{0};
};

void Declare(config::Schema& schema, Options* options) {
  using std::chrono::milliseconds;
  DeclareSources(schema, &options->sources);
  schema.Bool("json", &options->json, false, "Print one line of JSON instead of a table");
  schema.Bool("watch", &options->watch, false, "Audit again and again until stopped");
  schema.Bool("serve", &options->serve, false, "Audit again and again and answer GET /audit with the latest report as JSON");
  schema.Text("host", &options->host, "127.0.0.1", "Address to listen on with serve");
  schema.Int("http.port", &options->http_port, 3099, 0, 65535, "Port to listen on with serve");
  schema.Duration("interval", &options->interval, milliseconds(5'000), milliseconds(100), milliseconds(3'600'000), "Pause between two audits");
}

void Print(const Report& report, bool json) {
  std::fputs((json ? ToJson(report) + "\n" : ToText(report)).c_str(), stdout);
  std::fflush(stdout);
}

int ExitCode(const Report& report) { return report.clean() ? 0 : report.verdict() == "violated" ? 1 : 3; }

int Serve(const Options& options) {
  chassis::BlockSignals();
  std::mutex mutex;
  std::string latest = "null";
  auto router = std::make_shared<http::Router>();
  router->Add("GET", "/audit", [&](http::Request, http::Responder responder) {
    http::Response response;
    const std::lock_guard lock(mutex);
    response.body = latest;
    responder.Send(std::move(response));
  });
  router->Add("GET", "/healthz", [](http::Request, http::Responder responder) {
    http::Response response;
    response.body = R"({"status":"ok"})";
    responder.Send(std::move(response));
  });
  http::ServerConfig config;
  config.host = options.host;
  config.port = options.http_port;
  auto server = http::Server::Start(config, http::ToHandler(router));
  if (!server.ok()) {
    std::fprintf(stderr, "souk-audit: %s\n", server.error().message.c_str());
    return 1;
  }
  Config sources = options.sources;
  sources.search_every = kServedSearchEvery;
  Auditor auditor(sources);
  auto next = std::chrono::steady_clock::now();
  const chassis::Periodic audits("audit", options.interval, [&] {
    if (std::chrono::steady_clock::now() < next) return;
    const Report report = auditor.Run();
    const auto pause = std::chrono::duration<double>(report.seconds * kPauseFactor);
    next = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause);
    const std::string json = ToJson(report);
    const std::lock_guard lock(mutex);
    latest = json;
  });
  chassis::WaitForSignal();
  return 0;
}

}  // namespace
}  // namespace souk::audit

int main(int argc, char** argv) {
  using namespace souk;
  audit::Options options;
  config::Schema schema("souk-audit");
  audit::Declare(schema, &options);
  config::LoadOrExit(schema, argc, argv);
  if (options.serve) return audit::Serve(options);
  audit::Auditor auditor(options.sources);
  audit::Report report = auditor.Run();
  audit::Print(report, options.json);
  while (options.watch) {
    std::this_thread::sleep_for(options.interval);
    report = auditor.Run();
    audit::Print(report, options.json);
  }
  return audit::ExitCode(report);
}
