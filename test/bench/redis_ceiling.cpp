#include "test/bench/redis_ceiling.hpp"

#include <fmt/format.h>

#include <chrono>

#include "libs/testing/process.hpp"
#include "libs/testing/resp_client.hpp"

namespace souk::bench {
namespace {

using testing::RespClient;

constexpr std::int64_t kStock = 1'000'000'000'000;
// Stock check, idempotency, hold, expiry index: what a whole reservation needs.
constexpr const char* kReserve = R"(
local available = tonumber(redis.call('HGET', KEYS[1], 'a'))
local wanted = tonumber(ARGV[2])
if available == nil or available < wanted then return 0 end
if redis.call('HSETNX', KEYS[2], ARGV[1], wanted) == 0 then return 2 end
redis.call('HINCRBY', KEYS[1], 'a', -wanted)
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
return 1)";

Result<std::vector<int>> Ports(const std::string& nodes) {
  std::vector<int> ports;
  for (std::size_t from = 0; from < nodes.size();) {
    const std::size_t comma = std::min(nodes.find(',', from), nodes.size());
    const std::size_t colon = nodes.rfind(':', comma);
    if (colon == std::string::npos || colon < from) return InvalidArgument("redis.nodes", "must be host:port,...");
    ports.push_back(std::atoi(nodes.c_str() + colon + 1));
    from = comma + 1;
  }
  return ports;
}

Result<redis::Reply> Ask(int port, const std::vector<std::string>& command) {
  SOUK_ASSIGN_OR_RETURN(RespClient client, RespClient::Open(port));
  SOUK_ASSIGN_OR_RETURN(redis::Reply reply, client.Command(command));
  if (reply.IsError()) return MakeError(ErrorCode::kFailedPrecondition, "Redis: " + reply.text);
  return reply;
}

double Value(const std::string& info, const std::string& key) {
  const std::size_t at = info.find(key + ":");
  return at == std::string::npos ? 0 : std::atof(info.c_str() + at + key.size() + 1);
}

Result<double> CpuOf(int port) {
  SOUK_ASSIGN_OR_RETURN(const redis::Reply info, Ask(port, {"INFO", "cpu"}));
  return Value(info.text, "used_cpu_user") + Value(info.text, "used_cpu_sys");
}

Result<bool> IsPrimary(int port) {
  SOUK_ASSIGN_OR_RETURN(const redis::Reply info, Ask(port, {"INFO", "replication"}));
  return info.text.find("role:master") != std::string::npos;
}

Result<std::vector<int>> PrimaryPorts(const std::string& nodes) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<int> ports, Ports(nodes));
  std::vector<int> primaries;
  for (const int port : ports) {
    SOUK_ASSIGN_OR_RETURN(const bool primary, IsPrimary(port));
    if (primary) primaries.push_back(port);
  }
  if (primaries.empty()) return MakeError(ErrorCode::kUnavailable, "no Redis node is a primary");
  return primaries;
}

}  // namespace

Result<double> PrimariesCpu(const std::string& nodes) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<int> ports, PrimaryPorts(nodes));
  double seconds = 0;
  for (const int port : ports) {
    SOUK_ASSIGN_OR_RETURN(const double used, CpuOf(port));
    seconds += used;
  }
  return seconds;
}

Result<std::unique_ptr<RedisCeiling>> RedisCeiling::Create(const std::string& nodes) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<int> ports, PrimaryPorts(nodes));
  SOUK_ASSIGN_OR_RETURN(const redis::Reply sha, Ask(ports[0], {"SCRIPT", "LOAD", kReserve}));
  for (int i = 0; i < 1000; ++i) {
    const std::string tag = fmt::format("{{souk-bench:{}}}", i);
    // A node that doesn't hold the key's slot says MOVED.
    if (Ask(ports[0], {"HSET", tag + "s", "a", std::to_string(kStock)}).ok()) return std::unique_ptr<RedisCeiling>(new RedisCeiling(ports[0], tag, sha.text));
  }
  return MakeError(ErrorCode::kUnavailable, "no key could be written to the Redis node");
}

RedisCeiling::~RedisCeiling() {
  if (const auto removed = Ask(port_, {"UNLINK", tag_ + "s", tag_ + "o", tag_ + "e"}); !removed.ok()) {
    fmt::print(stderr, "souk-bench: keys {}* stay behind: {}\n", tag_, removed.error().message);
  }
}

Result<RedisCeiling::Run> RedisCeiling::Measure(std::int64_t calls) {
  SOUK_ASSIGN_OR_RETURN(const double before, CpuOf(port_));
  const auto start = std::chrono::steady_clock::now();
  testing::ChildProcess benchmark;
  SOUK_RETURN_IF_ERROR(benchmark.Start({"redis-benchmark", "-p", std::to_string(port_), "-c", "50", "-P", "1", "-n", std::to_string(calls), "-r", "1000000000000", "-q",
                                        "EVALSHA", sha_, "3", tag_ + "s", tag_ + "o", tag_ + "e", "__rand_int__", "1", "1900000000"},
                                       {}, "/dev/null"));
  if (benchmark.Wait() != 0) return MakeError(ErrorCode::kInternal, "redis-benchmark failed");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  SOUK_ASSIGN_OR_RETURN(const double after, CpuOf(port_));
  const auto count = static_cast<double>(calls);
  return Run{(after - before) * 1e6 / count, count / seconds};
}

}  // namespace souk::bench
