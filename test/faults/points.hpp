#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/http/client.hpp"

namespace souk::faults {

/// One fail point of a running process, as its admin port tells it.
struct PointStatus {
  std::string name;
  bool may_fail = false;
  std::int64_t passages = 0;
  std::int64_t fired = 0;
};

/// A process as its admin port tells it.
struct ProcessStatus {
  int pid = 0;
  bool enabled = false;
  std::vector<PointStatus> points;

  const PointStatus* Find(const std::string& point) const;
};

/// The fail points of a fleet's processes, through their admin ports.
class Points {
 public:
  /// `ports`: admin port of each process by name.
  explicit Points(std::map<std::string, int> ports) : ports_(std::move(ports)) {}

  /// kUnavailable while the process is away.
  Result<ProcessStatus> Ask(const std::string& process);
  /// "NAME=ACTION..." as libs/failpoint reads it; kInvalidArgument with its words when it refuses.
  Result<void> Arm(const std::string& process, const std::string& order);
  Result<void> Disarm(const std::string& process);
  bool Ready(const std::string& process);
  const std::map<std::string, int>& ports() const { return ports_; }

 private:
  Result<http::Response> Call(const std::string& process, const std::string& method, const std::string& path, std::string body);
  const std::map<std::string, int> ports_;
  http::Client client_;
};

}  // namespace souk::faults
