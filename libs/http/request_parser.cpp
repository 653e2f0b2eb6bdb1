#include "libs/http/request_parser.hpp"

#include <boost/beast/http/error.hpp>

namespace souk::http::internal {
namespace {

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// Splits the target; an absolute-form target loses its scheme and authority. False for a shape we don't serve.
bool SplitTarget(Request* request) {
  std::string_view rest = request->target;
  if (rest.substr(0, 7) == "http://") {
    const std::size_t slash = rest.find('/', 7);
    rest = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
  }
  if (rest == "*") rest = "/*";
  if (rest.empty() || rest.front() != '/' || rest.find('#') != std::string_view::npos) return false;
  const std::size_t question = rest.find('?');
  request->path = rest.substr(0, question);
  if (question != std::string_view::npos) request->query = rest.substr(question + 1);
  return true;
}

}  // namespace

RequestParser::RequestParser(std::size_t header_max, std::size_t headers_count_max, std::size_t target_max,
                             std::size_t body_max)
    : headers_count_max_(headers_count_max), target_max_(target_max), body_max_(body_max) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(header_max));
  body_limit(body_max);
}

void RequestParser::Refuse(int status, Code& ec) {
  if (refusal == 0) refusal = status;
  ec = Status::bad_value;
}

void RequestParser::on_request_impl(Verb, Text method, Text target, int http_version, Code& ec) {
  version = http_version;
  if (http_version != 10 && http_version != 11) return Refuse(505, ec);
  if (target.size() > target_max_) return Refuse(414, ec);
  request.method = View(method);
  request.target = View(target);
  request.headers.reserve(12);
  if (!SplitTarget(&request)) Refuse(400, ec);
}

void RequestParser::on_field_impl(Field name, Text name_text, Text value, Code& ec) {
  if (request.headers.size() >= headers_count_max_) return Refuse(431, ec);
  request.headers.emplace_back(View(name_text), View(value));
  switch (name) {
    case Field::host:
      if (++hosts > 1) Refuse(400, ec);
      break;
    case Field::content_length:
      // Beast takes a repeated equal length; a proxy in front might not agree about which one counts.
      if (++lengths_ > 1 || encodings_ > 0) Refuse(400, ec);
      break;
    case Field::transfer_encoding:
      if (++encodings_ > 1 || lengths_ > 0 || version == 10 || !EqualsIgnoreCase(View(value), "chunked")) {
        Refuse(400, ec);
      }
      break;
    case Field::expect:
      if (!EqualsIgnoreCase(View(value), "100-continue")) return Refuse(417, ec);
      expects_continue = version == 11;
      break;
    default: break;
  }
}

void RequestParser::on_header_impl(Code& ec) {
  if (version == 11 && hosts == 0) Refuse(400, ec);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Code& ec) {
  if (!length) return;
  if (*length > body_max_) return Refuse(413, ec);
  // A promise isn't a delivery: reserve no more than one round of reading for it.
  request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 65536)));
}

std::size_t RequestParser::on_body_impl(Text body, Code&) {
  request.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Code& ec) {
  if (request.body.size() + body.size() > body_max_) {
    Refuse(413, ec);
    return 0;
  }
  request.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace souk::http::internal
