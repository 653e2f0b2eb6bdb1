#pragma once

#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "libs/testing/process.hpp"

namespace souk::bench {

/// The program of the child: serves EchoService through the same gRPC stack as every service, writes its port to `port_file`, ends on SIGTERM.
int ServeEcho(const std::string& port_file);

/// That child.
class EchoServer {
 public:
  static Result<std::unique_ptr<EchoServer>> Start();
  std::string target() const { return "127.0.0.1:" + port_; }
  pid_t pid() const { return process_.pid(); }

 private:
  testing::ChildProcess process_;
  std::string port_;
};

}  // namespace souk::bench
