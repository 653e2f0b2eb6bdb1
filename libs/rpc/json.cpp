#include "libs/rpc/json.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "libs/rpc/json_scan.hpp"
#include "libs/rpc/pan_guard.hpp"

namespace souk::rpc {
namespace {

constexpr int kDepthMax = 32;

/// A name of a field as people write them: nothing else of a parser's message may be repeated to the caller.
bool IsFieldPath(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '[' || c == ']';
  });
}

/// protobuf says "(lines[0]) bogus: Cannot find field." or "(quantity): invalid value "x" for type TYPE_INT32": keeps the
/// path and drops the value.
Error Explain(std::string_view message) {
  std::string path;
  std::string_view rest = message;
  if (const std::size_t open = rest.find('('); open != std::string_view::npos && open < 20) {
    const std::size_t close = rest.find(')', open);
    if (close != std::string_view::npos) {
      path = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close + 1);
    }
  }
  if (!IsFieldPath(path)) path.clear();
  const bool unknown = message.find("Cannot find field") != std::string_view::npos;
  if (unknown) {
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == ':')) rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find(':'));
    if (IsFieldPath(name)) path += (path.empty() ? "" : ".") + std::string(name);
  }
  Error error = MalformedField(path.empty() ? "body" : path, unknown ? "is not a known field" : "has a value of the wrong type");
  error.reason = unknown ? "UNKNOWN_FIELD" : path.empty() ? "MALFORMED_JSON" : "WRONG_TYPE";
  // JSON it was, and the field is known: its value is not acceptable, as one out of bounds is not.
  if (error.reason == "WRONG_TYPE") error.http_status = 422;
  return error;
}

}  // namespace

Result<void> ParseJson(std::string_view json, google::protobuf::Message* message) {
  // A card number may stand where no field is, or in its name: then even the place of the error must not be told.
  const auto refuse = [json](Error error) { return ContainsPan(json) ? PanNotAllowed("body") : error; };
  if (const auto scanned = internal::ScanJson(json, kDepthMax); !scanned.ok()) return refuse(scanned.error());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), message, options);
  if (!status.ok()) return refuse(Explain(std::string(status.message())));
  return {};
}

Result<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string out;
  const auto status = google::protobuf::util::MessageToJsonString(message, &out, options);
  if (!status.ok()) return MakeError(ErrorCode::kInternal, "a message can't be written as JSON: " + message.GetTypeName());
  return out;
}

}  // namespace souk::rpc
