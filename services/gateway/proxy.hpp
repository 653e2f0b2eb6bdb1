#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "libs/http/client.hpp"
#include "libs/http/responder.hpp"

namespace souk::gateway {

/// Sends requests on to the instances of one service, in turn. An instance that can't be reached is passed over; a request that may have reached one is never
/// sent again, except GET, HEAD and what carries an Idempotency-Key. The remaining deadline, the trace and the request id travel along; identity headers from outside don't.
class Upstream {
 public:
  /// `urls`: "http://host:port,http://host:port".
  Upstream(std::string name, const std::string& urls, http::Client& client);

  void Forward(http::Request request, http::Responder responder);
  /// The same for answers without an end (SSE): pieces are passed on as they come.
  void ForwardStream(http::Request request, http::Responder responder);

 private:
  struct Call;
  void Try(std::shared_ptr<Call> call);
  void Failed(const std::shared_ptr<Call>& call, Error error);
  http::ClientRequest Build(const http::Request& request, const std::string& base) const;
  const std::string& Base(std::size_t turn) const;

  const std::string name_;
  std::vector<std::string> bases_;
  http::Client& client_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace souk::gateway
