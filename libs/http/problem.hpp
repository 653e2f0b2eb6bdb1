#pragma once

#include <string>

#include "libs/http/message.hpp"

namespace souk::http {

/// The default mapping of an error's code; Error::http_status overrides it.
int HttpStatus(const Error& error);

/// THE place where an Error becomes an answer: RFC 9457 application/problem+json with type, title, status, detail,
/// code, reason, errors[{field, description}], requestId and the members of details_json. Retry-After is added for
/// kAborted, 429 and 503. An internal error's message is not shown: the request id leads to the log.
Response ProblemResponse(const Error& error, const Context& context);

/// The same document without the answer around it.
std::string ProblemJson(const Error& error, const Context& context);

/// `text` as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace souk::http
