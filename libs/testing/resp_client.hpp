#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/redis/resp.hpp"

namespace souk::testing {

/// A blocking connection to one Redis node on this host: no routing, no retries. For fixtures and checks that must not go
/// through the client under test. kUnavailable for whatever goes wrong on the wire; error replies are replies.
class RespClient {
 public:
  static Result<RespClient> Open(int port, const std::string& password = {},
                                 std::chrono::milliseconds timeout = std::chrono::seconds(2));
  ~RespClient();
  RespClient(RespClient&& other) noexcept;
  RespClient& operator=(RespClient&&) = delete;

  Result<redis::Reply> Command(const std::vector<std::string>& args);

 private:
  explicit RespClient(int socket) : socket_(socket) {}

  int socket_;
  redis::RespParser parser_;
};

}  // namespace souk::testing
