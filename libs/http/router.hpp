#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/http/responder.hpp"

namespace souk::http {

/// Finds the handler for a method and path. Patterns:
///   "/v1/orders", "/v1/orders/{id}", "/v1/orders/{id}:cancel", "/static/{path=**}" (the rest, may hold slashes).
/// A literal segment wins over a parameter, a parameter with a verb over one without, both over "**".
/// Segments are percent-decoded before they are compared; "." and ".." segments are refused with 400.
/// HEAD falls back to GET. An unknown path is 404, a known path with another method 405 with Allow; OPTIONS lists the
/// methods. Adding the same route twice is a programmer's error and aborts. Add everything before the server starts.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  void Add(std::string method, std::string_view pattern, Handler handler);
  /// Asked when no pattern fits, instead of 404.
  void SetFallback(Handler handler);
  void Handle(Request request, Responder responder) const;
  /// Every route as "GET /v1/orders/{id}".
  std::vector<std::string> Routes() const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  Handler fallback_;
  std::vector<std::string> routes_;
};

/// The router as the handler of a server; it is shared so that it lives as long as the server.
Handler ToHandler(std::shared_ptr<const Router> router);

}  // namespace souk::http
