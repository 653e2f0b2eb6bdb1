#include "test/bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace souk::bench {
namespace {

// Four digits that mean something, never "1e+05".
std::string Number(double value) {
  const double size = value < 0 ? -value : value;
  return size >= 1000 ? fmt::format("{:.0f}", value) : size >= 100 ? fmt::format("{:.1f}", value) : size >= 10 ? fmt::format("{:.2f}", value) : fmt::format("{:.4f}", value);
}

std::string Members(const std::vector<std::pair<std::string, double>>& values) {
  std::string json;
  for (const auto& [name, value] : values) json += fmt::format("{}\"{}\": {}", json.empty() ? "" : ", ", name, Number(value));
  return "{" + json + "}";
}

std::vector<std::pair<std::string, double>> LargestFirst(const std::map<std::string, double>& values) {
  std::vector<std::pair<std::string, double>> sorted(values.begin(), values.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

}  // namespace

std::string ToText(const BenchReport& report) {
  std::string text;
  for (const Figure& figure : report.figures) {
    text += fmt::format("\n{:<4} {}\n", figure.id, figure.meaning);
    for (const auto& [name, value] : figure.values) text += fmt::format("     {:<36} {:>12}\n", name, Number(value));
  }
  if (!report.cpu_us.empty()) {
    double sum = 0;
    for (const auto& [name, us] : report.cpu_us) sum += us;
    text += fmt::format("\nCPU-us per {}, everything that followed from it, idle consumption taken off ({:.0f} in all)\n", report.operation, sum);
    for (const auto& [name, us] : LargestFirst(report.cpu_us)) text += fmt::format("     {:<36} {:>12.1f} {:>4.0f} %\n", name, us, 100 * us / std::max(sum, 1e-9));
  }
  text += "\n";
  for (const std::string& remark : report.remarks) text += "note: " + remark + "\n";
  return text + "audit: " + report.audit + "\n";
}

std::string ToJson(const BenchReport& report) {
  std::string json;
  for (const Figure& figure : report.figures) json += fmt::format("\"{}\": {}, ", figure.id, Members(figure.values));
  if (!report.cpu_us.empty()) json += fmt::format("\"cpu_us_per_{}\": {}, ", report.operation, Members(LargestFirst(report.cpu_us)));
  return fmt::format("{{{}\"audit\": \"{}\"}}", json, report.audit);
}

}  // namespace souk::bench
