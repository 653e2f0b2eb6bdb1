#include "libs/testing/resp_client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace souk::testing {
namespace {

Error Away(const char* what) { return MakeError(ErrorCode::kUnavailable, std::string("redis node: ") + what); }

}  // namespace

Result<RespClient> RespClient::Open(int port, const std::string& password, std::chrono::milliseconds timeout) {
  RespClient client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.socket_ < 0) return Away("no socket");
  timeval limit{};
  limit.tv_sec = timeout.count() / 1000;
  limit.tv_usec = timeout.count() % 1000 * 1000;
  setsockopt(client.socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(client.socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client.socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return Away("cannot connect");
  if (!password.empty()) {
    SOUK_ASSIGN_OR_RETURN(const auto reply, client.Command({"AUTH", password}));
    if (reply.IsError()) return Away("wrong password");
  }
  return client;
}

RespClient::~RespClient() {
  if (socket_ >= 0) close(socket_);
}

RespClient::RespClient(RespClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), parser_(std::move(other.parser_)) {}

Result<redis::Reply> RespClient::Command(const std::vector<std::string>& args) {
  std::string wire;
  redis::AppendCommand(wire, args);
  for (std::size_t sent = 0; sent < wire.size();) {
    const auto n = send(socket_, wire.data() + sent, wire.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return Away("cannot send");
    sent += static_cast<std::size_t>(n);
  }
  redis::Reply reply;
  while (true) {
    const auto status = parser_.Next(reply);
    if (status == redis::RespParser::Status::kReply) return reply;
    if (status == redis::RespParser::Status::kBroken) return Away("not the Redis protocol");
    const auto space = parser_.Prepare(16384);
    const auto n = recv(socket_, space.data(), space.size(), 0);
    if (n <= 0) return Away("no answer");
    parser_.Commit(static_cast<std::size_t>(n));
  }
}

}  // namespace souk::testing
