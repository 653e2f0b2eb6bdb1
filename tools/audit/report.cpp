#include "tools/audit/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace souk::audit {

bool Report::clean() const { return verdict() == "clean"; }

std::string Report::verdict() const {
  const auto offends = [](const Invariant& one) { return !one.offenders.empty(); };
  const auto unchecked = [](const Invariant& one) { return !one.not_checked.empty(); };
  if (std::any_of(invariants.begin(), invariants.end(), offends)) return "violated";
  if (std::any_of(invariants.begin(), invariants.end(), unchecked)) return "incomplete";
  return "clean";
}

std::string ToJson(const Report& report) {
  nlohmann::json invariants = nlohmann::json::array();
  for (const Invariant& one : report.invariants) {
    invariants.push_back({{"id", one.id}, {"name", one.name}, {"ok", one.ok()}, {"compared", one.compared},
                          {"what", one.compared_what}, {"offenders", one.offenders}, {"skipped", !one.not_checked.empty()},
                          {"why_skipped", one.not_checked}, {"checked_at", one.checked_at_ms}});
  }
  const Figures& figures = report.figures;
  const nlohmann::json json = {
      {"audit", report.verdict()},
      {"seconds", report.seconds},
      {"invariants", invariants},
      {"figures",
       {{"orders", figures.orders}, {"orders_open", figures.orders_open}, {"orders_by_status", figures.orders_by_status},
        {"stock_received", figures.stock_received}, {"stock_sold", figures.stock_sold}, {"stock_reserved", figures.stock_reserved},
        {"stock_left", figures.stock_left()}, {"captured_minor", figures.captured_minor}, {"refunded_minor", figures.refunded_minor}}}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ToText(const Report& report, std::size_t offenders_max) {
  std::string text;
  for (const Invariant& one : report.invariants) {
    const std::string outcome = !one.not_checked.empty() ? "NOT CHECKED" : one.offenders.empty() ? "holds" : fmt::format("{} OFFENDERS", one.offenders.size());
    text += fmt::format("{:<4} {:<46} {:<14} {:>9} compared: {}\n", one.id, one.name, outcome, one.compared, one.compared_what);
    if (!one.not_checked.empty()) text += "       " + one.not_checked + "\n";
    for (std::size_t i = 0; i < std::min(offenders_max, one.offenders.size()); ++i) text += "       " + one.offenders[i] + "\n";
    if (one.offenders.size() > offenders_max) text += fmt::format("       ... and {} more\n", one.offenders.size() - offenders_max);
  }
  text += fmt::format("audit: {} ({:.1f} s)\n", report.verdict(), report.seconds);
  return text;
}

}  // namespace souk::audit
