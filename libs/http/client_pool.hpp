#pragma once

// Internal to libs/http: includes Asio and Beast.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "libs/http/client.hpp"

namespace souk::http::internal {

class ClientConnection;

/// One request on its way. Touched by its pool's thread only, once submitted.
struct Job {
  Job(boost::asio::io_context& io, ClientRequest asked) : request(std::move(asked)), timer(io) {}
  ClientRequest request;
  SteadyTime deadline;
  boost::asio::steady_timer timer;
  Client::Callback on_done;                             // a plain request
  std::function<void(const Response&)> on_head;         // a streaming one
  std::function<bool(std::string_view)> on_chunk;
  std::function<void(Result<void>)> on_end;
  std::weak_ptr<ClientConnection> connection;
  bool finished = false;
  bool retried = false;

  bool streaming() const { return on_end != nullptr; }
  /// Tells the caller once; later calls do nothing.
  void Finish(Result<Response> result);
};
using JobPtr = std::shared_ptr<Job>;

/// Writes a response into a Response, or hands its body out piece by piece.
class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  Response response;
  bool head_done = false;
  bool cancelled = false;

  ResponseParser(const ClientConfig& config, const Job* job);

 private:
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  void on_request_impl(Verb, Text, Text, int, Code&) override {}
  void on_response_impl(int status, Text, int, Code&) override { response.status = status; }
  void on_field_impl(Field, Text name, Text value, Code&) override {
    response.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  void on_header_impl(Code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text body, Code& ec) override;
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code& ec) override { return on_body_impl(body, ec); }
  void on_finish_impl(Code&) override {}

  std::size_t body_max_;
  const Job* job_;
};

/// The connections to one host and port. Lives on one thread.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(boost::asio::io_context& io, const ClientConfig& config, std::string host, int port);
  void Submit(JobPtr job);
  void Cancel(const JobPtr& job, const Error& error);
  void Shutdown();

 private:
  friend class ClientConnection;
  void Arm(const JobPtr& job);
  void Dispatch();
  void Resolve(const std::shared_ptr<ClientConnection>& connection);
  /// The connection is free for another request.
  void Release(const std::shared_ptr<ClientConnection>& connection);
  void Remove(const std::shared_ptr<ClientConnection>& connection);
  /// A stale kept-alive connection broke before the first byte of the answer.
  bool RetryOnce(const JobPtr& job);

  boost::asio::io_context& io_;
  const ClientConfig& config_;
  std::string host_;
  int port_;
  std::string host_header_;
  boost::asio::ip::tcp::resolver resolver_;
  std::deque<JobPtr> queue_;
  std::vector<std::shared_ptr<ClientConnection>> idle_;
  std::unordered_set<std::shared_ptr<ClientConnection>> all_;
  bool down_ = false;
};

class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
 public:
  explicit ClientConnection(std::shared_ptr<Pool> pool);
  void Connect(const std::vector<boost::asio::ip::tcp::endpoint>& endpoints);
  void Take(JobPtr job);
  void Fail(Error error);
  bool used() const { return used_; }

 private:
  friend class Pool;
  void Write();
  void Read();
  void OnRead(const boost::system::error_code& ec, std::size_t size);
  void Parse();
  void OnEof();
  void Complete();
  void CloseSocket();

  std::shared_ptr<Pool> pool_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer idle_timer_;
  JobPtr job_;
  std::optional<ResponseParser> parser_;
  std::string output_;
  std::vector<char> input_;
  std::size_t input_end_ = 0;
  bool connected_ = false;
  bool reading_ = false;
  bool answer_started_ = false;
  bool used_ = false;  // has carried a request before the present one
  bool closed_ = false;
};

}  // namespace souk::http::internal
