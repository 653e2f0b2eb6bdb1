#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/graphql/engine.hpp"

namespace souk::graphql {

/// What the GraphQL-over-HTTP specification looks at; of any HTTP server.
struct HttpRequest {
  std::string_view method;
  std::string_view query_string;  ///< what follows "?", still percent-encoded
  std::string_view content_type;
  std::string_view accept;
  std::string_view body;
};

struct HttpAnswer {
  int status = 200;
  std::string content_type;  ///< empty without a body
  std::string allow;         ///< the Allow header's value; only with 405
  std::string body;
};

/// What a service adds to each request.
struct HttpContext {
  Object root;
  std::shared_ptr<void> context;
  std::function<bool()> expired;
};

/// GraphQL over HTTP (working draft of 2025): GET for queries, POST for all, `application/graphql-response+json` and `application/json`,
/// automatic persisted queries (`extensions.persistedQuery.sha256Hash`), subscriptions by graphql-sse. Batches (arrays) are refused.
class HttpEndpoint {
 public:
  explicit HttpEndpoint(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  /// Answers once, perhaps before it returns. `request` is only read during the call.
  void Handle(const HttpRequest& request, HttpContext context, std::function<void(HttpAnswer)> done) const;

  /// Does the client ask for a stream of events?
  static bool WantsEvents(std::string_view accept);

  /// For a client that WantsEvents: opens the subscription; `write` gets the parts of the stream ready to send, `end` comes once after the
  /// last. The answer's status is 200 when the stream is open (`*subscription` is set: stop it when the client leaves); else it is a
  /// refusal to send instead. A query or mutation is answered as a stream of one event.
  HttpAnswer Subscribe(const HttpRequest& request, HttpContext context, std::function<void(std::string)> write,
                       std::function<void()> end, std::shared_ptr<Subscription>* subscription) const;

 private:
  struct Parameters;
  std::optional<HttpAnswer> Read(const HttpRequest& request, bool json_errors, Parameters* out) const;
  std::optional<HttpAnswer> ReadBody(const HttpRequest& request, bool json_errors, Parameters* out) const;
  std::optional<HttpAnswer> ReadQuery(const HttpRequest& request, bool json_errors, Parameters* out) const;
  Preparation Find(const Parameters& parameters) const;
  std::optional<HttpAnswer> Prepare(const HttpRequest& request, bool json_errors, const HttpContext& context, Request* out) const;

  std::shared_ptr<Engine> engine_;
};

}  // namespace souk::graphql
