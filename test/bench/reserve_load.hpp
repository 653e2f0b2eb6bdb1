#pragma once

#include "libs/base/random.hpp"
#include "libs/rpc/channel.hpp"
#include "test/bench/loop.hpp"

namespace souk::bench {

/// A gRPC client that either claims one unit of the hot product at a time, or calls a method that does nothing. Both send through the same code.
class RpcLoad {
 public:
  RpcLoad(const std::string& target, int connections);
  /// A claim with an id of its own, held for a day.
  Operation Reserve();
  /// souk.testing.v1.EchoService/Empty.
  Operation Empty();

 private:
  Context NewContext() const;

  SystemRandom random_;
  SystemClock clock_;
  rpc::Channel channel_;
};

}  // namespace souk::bench
