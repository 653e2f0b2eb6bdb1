#pragma once

#include <string>

#include "libs/http/router.hpp"
#include "libs/rpc/method_table.hpp"

namespace souk::rpc {

/// Adds one route for each method of `table` whose contract carries souk.common.v1.http: path and query parameters
/// and the JSON body become the request, the answer becomes JSON; a server stream becomes server-sent events.
/// `table` must outlive the router. Aborts on a rule that doesn't fit its request message.
void MountRest(http::Router& router, const MethodTable& table);

/// The OpenAPI 3.1 document of the same methods.
std::string OpenApi(const MethodTable& table, std::string_view title);

/// Serves that document at GET /openapi.json.
void MountOpenApi(http::Router& router, const MethodTable& table, std::string_view title);

}  // namespace souk::rpc
