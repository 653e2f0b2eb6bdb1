#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "libs/rpc/method_table.hpp"

namespace souk::rpc {

struct GrpcServerConfig {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0 lets the system choose
  std::chrono::milliseconds default_deadline{10000};  ///< when the caller sets none
  std::chrono::milliseconds deadline_max{60000};      ///< longer ones are cut to this (unary calls)
  std::size_t message_max = 4 << 20;                  ///< bytes, then RESOURCE_EXHAUSTED
  int concurrent_streams_max = 1000;                  ///< per connection
  std::size_t stream_buffer_max = 256;                ///< messages waiting per server stream
};

/// Serves a MethodTable through gRPC, with the standard health service. Unknown methods are UNIMPLEMENTED.
class GrpcServer {
 public:
  /// `table` must outlive the server. kUnavailable when the port can't be bound.
  static Result<std::unique_ptr<GrpcServer>> Start(GrpcServerConfig config, const MethodTable& table);
  ~GrpcServer();

  int port() const;
  /// What grpc.health.v1.Health says for "" and for each service of the table. NOT_SERVING until told otherwise.
  void SetServing(bool serving);
  /// Refuses new calls, waits at most `grace` for running ones, cancels the rest. Blocks; idempotent.
  void Stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::rpc
