#pragma once

// For tests: a plain blocking TCP client that sends exactly the bytes it is told.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace souk::http {

class TestSocket {
 public:
  explicit TestSocket(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestSocket() { Close(); }
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void ShutdownSend() { ::shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// Reads until the peer closes (or ten seconds pass).
  std::string ReadAll() {
    while (ReadSome()) {
    }
    return std::exchange(seen_, {});
  }
  /// Reads until `text` has come; returns everything up to and including it, or all there was.
  std::string ReadUntil(std::string_view text) {
    while (seen_.find(text) == std::string::npos && ReadSome()) {
    }
    const std::size_t found = seen_.find(text);
    const std::size_t size = found == std::string::npos ? seen_.size() : found + text.size();
    std::string out = seen_.substr(0, size);
    seen_.erase(0, size);
    return out;
  }
  /// One answer with Content-Length: head and body.
  std::string ReadAnswer() {
    std::string head = ReadUntil("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    const std::size_t length = std::stoul(head.substr(at + 16));
    while (seen_.size() < length && ReadSome()) {
    }
    head += seen_.substr(0, length);
    seen_.erase(0, length);
    return head;
  }

 private:
  bool ReadSome() {
    char bytes[16384];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    seen_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  int fd_;
  bool connected_ = false;
  std::string seen_;
};

/// Connects, sends and reads until the server closes.
inline std::string Talk(int port, std::string_view bytes) {
  TestSocket socket(port);
  socket.Send(bytes);
  return socket.ReadAll();
}

}  // namespace souk::http
