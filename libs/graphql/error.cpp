#include "libs/graphql/error.hpp"

#include "libs/graphql/json.hpp"

namespace souk::graphql {

Location LocationAt(std::string_view source, std::size_t offset) {
  Location at{1, 1};
  for (std::size_t i = 0; i < offset && i < source.size(); ++i) {
    const auto byte = static_cast<unsigned char>(source[i]);
    if (byte == '\n' || (byte == '\r' && !(i + 1 < source.size() && source[i + 1] == '\n'))) {
      ++at.line;
      at.column = 1;
    } else if ((byte & 0xC0) != 0x80) {
      at.column += byte >= 0xF0 ? 2 : 1;
    }
  }
  return at;
}

GraphQLError LimitError(std::string_view limit, std::string_view what, std::uint64_t max) {
  GraphQLError error;
  error.message = "The request has more " + std::string(what) + " than allowed (limit \"" + std::string(limit) + "\": " + std::to_string(max) + ").";
  error.extensions = R"({"code":"LIMIT_EXCEEDED","limit":")" + std::string(limit) + R"(","max":)" + std::to_string(max) + "}";
  return error;
}

void AppendJson(const GraphQLError& error, std::string* out) {
  *out += "{\"message\":";
  AppendJsonString(error.message, out);
  if (!error.locations.empty()) {
    *out += ",\"locations\":[";
    for (const Location& at : error.locations) {
      *out += "{\"line\":" + std::to_string(at.line) + ",\"column\":" + std::to_string(at.column) + "},";
    }
    out->back() = ']';
  }
  if (!error.path.empty()) {
    *out += ",\"path\":[";
    for (const PathPart& part : error.path) {
      if (const auto* name = std::get_if<std::string>(&part)) {
        AppendJsonString(*name, out);
      } else {
        *out += std::to_string(std::get<std::uint32_t>(part));
      }
      *out += ',';
    }
    out->back() = ']';
  }
  if (!error.extensions.empty()) *out += ",\"extensions\":" + error.extensions;
  *out += '}';
}

void AppendErrors(const std::vector<GraphQLError>& errors, std::string* out) {
  *out += "\"errors\":[";
  for (const GraphQLError& error : errors) {
    AppendJson(error, out);
    *out += ',';
  }
  out->back() = ']';
}

}  // namespace souk::graphql
