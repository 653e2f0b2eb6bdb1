#include "test/faults/wire.hpp"

#include <algorithm>
#include <cctype>

namespace souk::faults {
namespace {

constexpr std::uint32_t kProtocol3 = 196608;
constexpr std::string_view kLoopback = "127.0.0.1";

std::uint32_t ReadInt32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string Int32(int value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

void Replace(std::string& text, const std::string& old, const std::string& fresh) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + fresh.size()))
    text.replace(at, old.size(), fresh);
}

bool BeginsWithCommit(std::string_view sql) {
  constexpr std::string_view kCommit = "commit";
  while (!sql.empty() && std::isspace(static_cast<unsigned char>(sql.front())) != 0) sql.remove_prefix(1);
  if (sql.size() < kCommit.size()) return false;
  return std::equal(kCommit.begin(), kCommit.end(), sql.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace

bool PostgresWatcher::Feed(std::string_view bytes) {
  pending_ += bytes;
  bool seen = false;
  std::size_t at = 0;
  while (true) {
    const std::string_view rest = std::string_view(pending_).substr(at);
    if (!started_) {
      if (rest.size() < 8) break;
      const std::uint32_t size = ReadInt32(rest);
      if (size < 8 || rest.size() < size) break;
      started_ = ReadInt32(rest.substr(4)) == kProtocol3;  // otherwise a question whether TLS is spoken
      at += size;
      continue;
    }
    if (rest.size() < 5) break;
    const std::uint32_t size = ReadInt32(rest.substr(1));
    if (size < 4 || rest.size() < 1 + size) break;
    seen = OnMessage(rest[0], rest.substr(5, size - 4)) || seen;
    at += 1 + size;
  }
  pending_.erase(0, at);
  return seen;
}

bool PostgresWatcher::OnMessage(char type, std::string_view body) {
  if (type == 'Q') return BeginsWithCommit(body);
  if (type != 'P') return false;
  const std::size_t name_end = body.find('\0');
  return name_end != std::string_view::npos && BeginsWithCommit(body.substr(name_end + 1));
}

bool KafkaWatcher::Feed(std::string_view bytes) {
  bool seen = false;
  while (!bytes.empty()) {
    if (left_ == 0) {
      const std::size_t need = std::min(6 - head_.size(), bytes.size());
      head_ += bytes.substr(0, need);
      bytes.remove_prefix(need);
      if (head_.size() < 6) return seen;
      left_ = ReadInt32(head_) - 2;  // the api key is part of the size
      produce_ = head_[4] == 0 && head_[5] == 0;
      head_.clear();
    }
    const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size());
    left_ -= taken;
    bytes.remove_prefix(taken);
    if (left_ == 0) seen = seen || produce_;
  }
  return seen;
}

std::unique_ptr<Watcher> MakeWatcher(Protocol protocol) {
  switch (protocol) {
    case Protocol::kPlain:
      return nullptr;
    case Protocol::kPostgres:
      return std::make_unique<PostgresWatcher>();
    case Protocol::kKafka:
      return std::make_unique<KafkaWatcher>();
    case Protocol::kRedis:
      return std::make_unique<RedisWatcher>();
  }
  return nullptr;
}

std::unique_ptr<Rewriter> MakeRewriter(Protocol protocol, const Ports& ports) {
  if (protocol == Protocol::kKafka) return std::make_unique<KafkaRewriter>(ports);
  if (protocol == Protocol::kRedis) return std::make_unique<RedisRewriter>(ports);
  return nullptr;
}

std::string KafkaRewriter::Feed(std::string_view bytes) {
  pending_ += bytes;
  std::size_t whole = 0;
  while (pending_.size() >= whole + 4) {
    const std::size_t size = ReadInt32(std::string_view(pending_).substr(whole));
    if (pending_.size() < whole + 4 + size) break;
    whole += 4 + size;
  }
  std::string frames = pending_.substr(0, whole);
  pending_.erase(0, whole);
  for (const auto& [from, to] : ports_) Replace(frames, std::string(kLoopback) + Int32(from), std::string(kLoopback) + Int32(to));
  return frames;
}

std::string RedisRewriter::Feed(std::string_view bytes) {
  std::string text(bytes);
  for (const auto& [from, to] : ports_) {
    for (const char* between : {"\r\n:", ":"}) {
      const std::string address = std::string(kLoopback) + between;
      Replace(text, address + std::to_string(from) + "\r\n", address + std::to_string(to) + "\r\n");
    }
  }
  return text;
}

}  // namespace souk::faults
