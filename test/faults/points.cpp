#include "test/faults/points.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace souk::faults {

const PointStatus* ProcessStatus::Find(const std::string& point) const {
  const auto found = std::find_if(points.begin(), points.end(), [&](const PointStatus& status) { return status.name == point; });
  return found == points.end() ? nullptr : &*found;
}

Result<http::Response> Points::Call(const std::string& process, const std::string& method, const std::string& path, std::string body) {
  const auto port = ports_.find(process);
  if (port == ports_.end()) return MakeError(ErrorCode::kNotFound, "no process '" + process + "' has an admin port");
  http::ClientRequest request;
  request.method = method;
  request.url = "http://127.0.0.1:" + std::to_string(port->second) + path;
  request.body = std::move(body);
  if (!request.body.empty()) request.headers = {{"Content-Type", "text/plain"}};
  request.deadline = std::chrono::milliseconds(2000);
  return client_.SendSync(std::move(request));
}

Result<ProcessStatus> Points::Ask(const std::string& process) {
  SOUK_ASSIGN_OR_RETURN(const http::Response answer, Call(process, "GET", "/failpoints", ""));
  const nlohmann::json json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!json.is_object()) return MakeError(ErrorCode::kInternal, process + " has no fail points: HTTP " + std::to_string(answer.status));
  ProcessStatus status;
  status.pid = json["pid"];
  status.enabled = json["enabled"];
  for (const auto& point : json["points"]) status.points.push_back({point["name"], point["mayFail"], point["passages"], point["fired"]});
  return status;
}

Result<void> Points::Arm(const std::string& process, const std::string& order) {
  SOUK_ASSIGN_OR_RETURN(const http::Response answer, Call(process, "POST", "/failpoints", order));
  if (answer.status != 200) return MakeError(ErrorCode::kInvalidArgument, process + ": " + answer.body);
  return {};
}

Result<void> Points::Disarm(const std::string& process) {
  SOUK_ASSIGN_OR_RETURN(const http::Response answer, Call(process, "DELETE", "/failpoints", ""));
  if (answer.status != 200) return MakeError(ErrorCode::kInvalidArgument, process + ": " + answer.body);
  return {};
}

bool Points::Ready(const std::string& process) {
  const auto answer = Call(process, "GET", "/readyz", "");
  return answer.ok() && answer->status == 200;
}

}  // namespace souk::faults
