#include "libs/testing/redis_cluster.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "libs/redis/slot.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/resp_client.hpp"

namespace souk::testing {
namespace {

using redis::Reply;

constexpr int kBusOffset = 10000;

bool CanBind(int port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

/// The lock's descriptor, or -1 when the run is not ours to take.
int TakePorts(int base, int count) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("souk-test-redis-{}.lock", base);
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0) return -1;
  bool good = flock(lock, LOCK_EX | LOCK_NB) == 0;
  for (int port = base; good && port < base + count; ++port) good = CanBind(port) && CanBind(port + kBusOffset);
  if (good) return lock;
  close(lock);
  return -1;
}

bool Has(const Reply& reply, std::string_view text) { return reply.text.find(text) != std::string::npos; }

}  // namespace

RedisCluster::RedisCluster(Options options, int base_port, int lock, std::filesystem::path dir)
    : options_(std::move(options)), base_port_(base_port), lock_(lock), dir_(std::move(dir)) {
  nodes_.resize(static_cast<std::size_t>(options_.primaries * (options_.replicas ? 2 : 1)));
}

RedisCluster::~RedisCluster() {
  nodes_.clear();
  close(lock_);
  if (std::getenv("SOUK_KEEP_TEST_DATA") != nullptr) return;
  std::error_code ignored;  // a folder that stays behind is no reason to fail
  std::filesystem::remove_all(dir_, ignored);
}

Result<std::unique_ptr<RedisCluster>> RedisCluster::Start(Options options) {
  const int count = options.primaries * (options.replicas ? 2 : 1);
  int base = options.base_port == 0 ? 21000 : options.base_port;
  int lock = TakePorts(base, count);
  while (lock < 0 && options.base_port == 0 && base < 22000) lock = TakePorts(base += 10, count);
  if (lock < 0) return MakeError(ErrorCode::kUnavailable, fmt::format("no free run of Redis ports at {}", base));
  static std::atomic<int> started{0};
  auto dir = std::filesystem::temp_directory_path() / fmt::format("souk-test-redis-{}-{}-{}", base, getpid(), ++started);
  std::unique_ptr<RedisCluster> cluster(new RedisCluster(std::move(options), base, lock, std::move(dir)));
  for (int node = 0; node < cluster->size(); ++node) SOUK_RETURN_IF_ERROR(cluster->Launch(node));
  SOUK_RETURN_IF_ERROR(cluster->Form());
  return cluster;
}

Result<void> RedisCluster::Launch(int node) {
  const auto dir = dir_ / std::to_string(node);
  std::filesystem::create_directories(dir);
  std::vector<std::string> argv = {
      "redis-server", "--port", std::to_string(port(node)), "--bind", "127.0.0.1", "--dir", dir.string(),
      "--daemonize", "no", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
      "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
      "--cluster-node-timeout", std::to_string(options_.node_timeout.count()),
      "--cluster-replica-validity-factor", "0",   // a test may keep a primary down for long
      "--cluster-allow-replica-migration", "no",  // node primaries+i stays beside node i
      "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"};
  if (!options_.password.empty()) {
    argv.insert(argv.end(), {"--requirepass", options_.password, "--masterauth", options_.password});
  }
  auto& process = nodes_[static_cast<std::size_t>(node)];
  SOUK_RETURN_IF_ERROR(process.Start(argv, {}, dir / "redis.log"));
  const auto answers = [&] {
    const auto pong = Command(node, {"PING"});
    return !process.Alive() || (pong.ok() && pong->text == "PONG");
  };
  if (Eventually(answers) && process.Alive()) return {};
  return MakeError(ErrorCode::kUnavailable, fmt::format("redis-server on port {} does not answer, see {}", port(node), dir.string()));
}

Result<void> RedisCluster::Form() {
  const int primaries = options_.primaries;
  for (int node = 0; node < size(); ++node) {
    SOUK_RETURN_IF_ERROR(Expect(node, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(node + 1)}));
    if (node > 0) {
      SOUK_RETURN_IF_ERROR(Expect(node, {"CLUSTER", "MEET", "127.0.0.1", std::to_string(port(0))}));
    }
    if (node >= primaries) continue;
    const int first = redis::kSlotCount * node / primaries;
    const int last = redis::kSlotCount * (node + 1) / primaries - 1;
    SOUK_RETURN_IF_ERROR(Expect(node, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)}));
  }
  for (int node = 0; node < size(); ++node) {
    if (!Eventually([&] { return KnowsEveryNode(node); })) {
      return MakeError(ErrorCode::kUnavailable, fmt::format("redis node {} has not met the others", node));
    }
  }
  for (int node = primaries; node < size(); ++node) {
    SOUK_ASSIGN_OR_RETURN(const auto id, IdOf(node - primaries));
    SOUK_RETURN_IF_ERROR(Expect(node, {"CLUSTER", "REPLICATE", id}));
  }
  if (AwaitHealthy()) return {};
  return MakeError(ErrorCode::kUnavailable, "the redis nodes did not become a cluster");
}

std::string RedisCluster::Seeds() const {
  std::string seeds;
  for (int node = 0; node < size(); ++node) seeds += fmt::format("{}127.0.0.1:{}", node > 0 ? "," : "", port(node));
  return seeds;
}

void RedisCluster::Stop(int node) {
  auto& process = nodes_.at(static_cast<std::size_t>(node));
  process.Kill(SIGTERM);
  process.Wait();
}

void RedisCluster::Kill9(int node) {
  auto& process = nodes_.at(static_cast<std::size_t>(node));
  process.Kill(SIGKILL);
  process.Wait();
}

void RedisCluster::Pause(int node) { nodes_.at(static_cast<std::size_t>(node)).Kill(SIGSTOP); }
void RedisCluster::Resume(int node) { nodes_.at(static_cast<std::size_t>(node)).Kill(SIGCONT); }
Result<void> RedisCluster::Restart(int node) { return Launch(node); }

Result<Reply> RedisCluster::Command(int node, const std::vector<std::string>& args) const {
  SOUK_ASSIGN_OR_RETURN(auto client, RespClient::Open(port(node), options_.password));
  return client.Command(args);
}

Result<void> RedisCluster::Expect(int node, const std::vector<std::string>& args) const {
  SOUK_ASSIGN_OR_RETURN(const auto reply, Command(node, args));
  if (!reply.IsError()) return {};
  return MakeError(ErrorCode::kInternal, fmt::format("redis node {} said {} to {} {}", node, reply.text, args[0], args[1]));
}

Result<std::string> RedisCluster::IdOf(int node) const {
  SOUK_ASSIGN_OR_RETURN(auto reply, Command(node, {"CLUSTER", "MYID"}));
  return std::move(reply.text);
}

bool RedisCluster::KnowsEveryNode(int node) const {
  const auto reply = Command(node, {"CLUSTER", "NODES"});
  return reply.ok() && !Has(*reply, "handshake") && std::count(reply->text.begin(), reply->text.end(), '\n') == size();
}

bool RedisCluster::NodeHealthy(int node) const {
  const auto info = Command(node, {"CLUSTER", "INFO"});
  if (!info.ok() || !Has(*info, "cluster_state:ok") || !Has(*info, "cluster_slots_ok:16384")) return false;
  const auto replication = Command(node, {"INFO", "replication"});
  if (!replication.ok()) return false;
  if (Has(*replication, "role:slave")) return Has(*replication, "master_link_status:up");
  return true;
}

bool RedisCluster::Healthy() const {
  std::vector<bool> replica;
  for (int node = 0; node < size(); ++node) replica.push_back(IsReplica(node));
  for (int node = 0; node < size(); ++node) {
    if (!nodes_[static_cast<std::size_t>(node)].Alive()) continue;
    if (!NodeHealthy(node)) return false;
    // Dead nodes are counted as failed, living ones must not be.
    const auto known = Command(node, {"CLUSTER", "NODES"});
    if (!known.ok()) return false;
    for (int other = 0; other < size(); ++other) {
      if (!nodes_[static_cast<std::size_t>(other)].Alive()) continue;
      const auto at = known->text.find(fmt::format("127.0.0.1:{}@", port(other)));
      if (at == std::string::npos) return false;
      const auto line = std::string_view(known->text).substr(at, known->text.find('\n', at) - at);
      if (line.find("fail") != std::string_view::npos || line.find("disconnected") != std::string_view::npos) return false;
      if (replica[static_cast<std::size_t>(other)] != (line.find("slave") != std::string_view::npos)) return false;
    }
  }
  return true;
}

bool RedisCluster::AwaitHealthy(std::chrono::milliseconds patience) const {
  return Eventually([&] { return Healthy(); }, patience, std::chrono::milliseconds(20));
}

int RedisCluster::NodeOfPort(std::int64_t wanted) const {
  return wanted >= base_port_ && wanted < base_port_ + size() ? static_cast<int>(wanted) - base_port_ : -1;
}

int RedisCluster::PrimaryOf(std::string_view key) const {
  const int slot = redis::KeySlot(key);
  for (int node = 0; node < size(); ++node) {
    const auto slots = Command(node, {"CLUSTER", "SLOTS"});
    if (!slots.ok() || slots->kind != Reply::Kind::kArray) continue;
    for (const auto& range : slots->items) {
      if (slot < range.items.at(0).integer || slot > range.items.at(1).integer) continue;
      const int primary = NodeOfPort(range.items.at(2).items.at(1).integer);
      if (primary >= 0 && nodes_[static_cast<std::size_t>(primary)].Alive()) return primary;
    }
  }
  return -1;
}

std::vector<int> RedisCluster::Primaries() const {
  std::vector<int> primaries;
  for (int node = 0; node < size(); ++node) {
    const auto reply = Command(node, {"CLUSTER", "NODES"});
    if (!reply.ok()) continue;
    const auto at = reply->text.find("myself,master");
    if (at == std::string::npos) continue;
    const auto line = reply->text.substr(at, reply->text.find('\n', at) - at);
    // flags - ping pong epoch state [slots …]
    if (std::count(line.begin(), line.end(), ' ') > 5) primaries.push_back(node);
  }
  return primaries;
}

bool RedisCluster::IsReplica(int node) const {
  const auto role = Command(node, {"ROLE"});
  return role.ok() && !role->items.empty() && role->items[0].text == "slave";
}

Result<void> RedisCluster::FlushAll() const {
  for (const int node : Primaries()) SOUK_RETURN_IF_ERROR(Expect(node, {"FLUSHALL"}));
  return {};
}

Result<void> RedisCluster::MigrateSlot(int slot, int from, int to, const std::function<void()>& between, int batch) const {
  SOUK_ASSIGN_OR_RETURN(const auto from_id, IdOf(from));
  SOUK_ASSIGN_OR_RETURN(const auto to_id, IdOf(to));
  const auto number = std::to_string(slot);
  SOUK_RETURN_IF_ERROR(Expect(to, {"CLUSTER", "SETSLOT", number, "IMPORTING", from_id}));
  SOUK_RETURN_IF_ERROR(Expect(from, {"CLUSTER", "SETSLOT", number, "MIGRATING", to_id}));
  between();
  SOUK_RETURN_IF_ERROR(MoveKeys(slot, from, to, between, batch));
  SOUK_RETURN_IF_ERROR(Expect(to, {"CLUSTER", "SETSLOT", number, "NODE", to_id}));
  SOUK_RETURN_IF_ERROR(Expect(from, {"CLUSTER", "SETSLOT", number, "NODE", to_id}));
  return {};
}

Result<void> RedisCluster::MoveKeys(int slot, int from, int to, const std::function<void()>& between, int batch) const {
  while (true) {
    SOUK_ASSIGN_OR_RETURN(const auto keys, Command(from, {"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), std::to_string(batch)}));
    if (keys.items.empty()) return {};
    std::vector<std::string> migrate = {"MIGRATE", "127.0.0.1", std::to_string(port(to)), "", "0", "5000"};
    if (!options_.password.empty()) migrate.insert(migrate.end(), {"AUTH", options_.password});
    migrate.emplace_back("KEYS");
    for (const auto& key : keys.items) migrate.push_back(key.text);
    SOUK_RETURN_IF_ERROR(Expect(from, migrate));
    between();
  }
}

}  // namespace souk::testing
