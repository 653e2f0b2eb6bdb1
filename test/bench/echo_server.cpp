#include "test/bench/echo_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "libs/chassis/service.hpp"
#include "libs/rpc/echo_service.hpp"

namespace souk::bench {

int ServeEcho(const std::string& port_file) {
  chassis::BlockSignals();
  rpc::MethodTable table;
  rpc::AddEchoService(&table);
  auto server = rpc::GrpcServer::Start({}, table);
  if (!server.ok()) {
    fmt::print(stderr, "souk-bench: {}\n", server.error().message);
    return 1;
  }
  std::ofstream(port_file + ".new") << (*server)->port() << '\n';
  std::filesystem::rename(port_file + ".new", port_file);
  chassis::WaitForSignal();
  (*server)->Stop(std::chrono::milliseconds(100));
  return 0;
}

Result<std::unique_ptr<EchoServer>> EchoServer::Start() {
  auto server = std::make_unique<EchoServer>();
  const std::filesystem::path file = std::filesystem::temp_directory_path() / fmt::format("souk-bench-{}.port", getpid());
  SOUK_RETURN_IF_ERROR(server->process_.Start({std::filesystem::read_symlink("/proc/self/exe").string(), "echo-server", file.string()}));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server->port_.empty() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream(file) >> server->port_;
  }
  std::filesystem::remove(file);
  if (server->port_.empty()) return MakeError(ErrorCode::kUnavailable, "the empty gRPC server did not start");
  return server;
}

}  // namespace souk::bench
