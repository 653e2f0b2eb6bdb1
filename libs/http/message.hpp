#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/context.hpp"
#include "libs/base/result.hpp"

namespace souk::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header of that name (any case); empty when absent.
std::string_view FindHeader(const Headers& headers, std::string_view name);
/// ASCII comparison that ignores case, as header names need.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

/// "%2F" and "+" are decoded ("+" only when `plus_is_space`); nothing for a bad escape or a NUL byte.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);
/// Every byte outside the unreserved set becomes %XX.
std::string PercentEncode(std::string_view text);
/// "a=1&b=x%20y" in the order of the text. Pairs with bad escapes are left out.
std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query);

/// A request that passed the framing and size rules of ServerConfig.
struct Request {
  std::string method;
  std::string target;  ///< as sent
  std::string path;    ///< the part of the target before "?", still percent-encoded; the router decodes each segment
  std::string query;   ///< the part after "?", still percent-encoded
  Headers headers;
  std::string body;
  std::string peer;                           ///< "127.0.0.1:54321"
  Context context;                            ///< deadline, trace and request id are always set
  std::map<std::string, std::string> params;  ///< from the route, decoded

  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
  /// The first query parameter of that name, decoded.
  std::optional<std::string> Query(std::string_view name) const;
};

/// Content-Length, Date, X-Request-Id and traceparent are added by the server; Content-Type defaults to application/json.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
};

/// "Not Found" for 404; "Unknown" for a number without a name.
std::string_view ReasonPhrase(int status);

}  // namespace souk::http
