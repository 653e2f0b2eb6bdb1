#pragma once

#include <map>
#include <string>

#include "tools/audit/report.hpp"
#include "tools/demo/replay.hpp"

namespace souk::demo {

/// Everything that a run is reported by.
struct RunReport {
  std::string data;  ///< where the orders came from
  ImportReport import;
  std::int64_t returns_matched = 0;
  std::int64_t returns_unmatched = 0;
  std::size_t placed_before = 0;  ///< orders of the plan that an earlier run placed
  Answers answers;
  Totals totals;
  std::map<std::string, std::int64_t> events_per_topic;
  std::int64_t redeliveries = 0;  ///< messages that came again and were recognized
  audit::Report audit;
};

std::string ToText(const RunReport& report);
/// One line; see README for the members.
std::string ToJson(const RunReport& report);

}  // namespace souk::demo
