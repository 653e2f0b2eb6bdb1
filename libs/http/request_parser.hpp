#pragma once

// Internal to libs/http: includes Beast.
#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

#include "libs/http/message.hpp"

namespace souk::http::internal {

/// Beast's HTTP/1 parser, writing straight into a Request, with the framing rules that Beast leaves open:
/// one Host, one Content-Length, Transfer-Encoding only as a single "chunked", never both.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  Request request;
  int version = 11;
  bool expects_continue = false;
  std::size_t hosts = 0;
  /// The status and sentence of a refusal that isn't a plain syntax error; 0 = none.
  int refusal = 0;

  RequestParser(std::size_t header_max, std::size_t headers_count_max, std::size_t target_max, std::size_t body_max);

 private:
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;
  using Status = boost::beast::http::error;

  void on_request_impl(Verb, Text method, Text target, int http_version, Code& ec) override;
  void on_response_impl(int, Text, int, Code&) override {}
  void on_field_impl(Field name, Text name_text, Text value, Code& ec) override;
  void on_header_impl(Code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& ec) override;
  std::size_t on_body_impl(Text body, Code& ec) override;
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code& ec) override;
  void on_finish_impl(Code&) override {}

  void Refuse(int status, Code& ec);

  std::size_t headers_count_max_;
  std::size_t target_max_;
  std::size_t body_max_;
  std::size_t lengths_ = 0;
  std::size_t encodings_ = 0;
};

}  // namespace souk::http::internal
