#pragma once

#include <string>
#include <string_view>

#include "libs/http/message.hpp"

namespace souk::http::internal {

/// What the connection knows about the answer beyond the Response itself.
struct HeadOptions {
  int version = 11;
  bool keep_alive = true;
  bool head_only = false;
  bool stream = false;   ///< the length isn't known
  bool chunked = false;  ///< with `stream`
  std::string_view request_id;
  const TraceContext* trace = nullptr;
};

/// 1xx, 204 and 304 have none.
bool HasBody(int status);
/// Status line and headers with the closing empty line. CR and LF in values are dropped.
void AppendHead(std::string* out, const Response& response, const HeadOptions& options);
/// One chunk of a chunked body.
void AppendChunk(std::string* out, std::string_view chunk);
/// Appends "Name: value\r\n" without line breaks in either.
void AppendHeader(std::string* out, std::string_view name, std::string_view value);

}  // namespace souk::http::internal
