#include "tools/demo/demo_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "libs/base/money.hpp"

namespace souk::demo {
namespace {

// Nearest rank; `sorted` ascending.
double Percentile(const std::vector<double>& sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100.0 * static_cast<double>(sorted.size())));
  return sorted[std::min(sorted.size(), std::max<std::size_t>(rank, 1)) - 1];
}

std::string Table(const std::string& title, const std::map<std::string, std::int64_t>& rows) {
  std::string text = title + "\n";
  if (rows.empty()) return text + "  (none)\n";
  for (const auto& [name, count] : rows) text += fmt::format("  {:>9}  {}\n", count, name);
  return text;
}

double OrdersPerSecond(const RunReport& report) {
  return report.answers.seconds > 0 ? static_cast<double>(report.answers.accepted) / report.answers.seconds : 0;
}

std::string Pounds(std::int64_t minor) { return ToString(Money{minor, "GBP"}); }

}  // namespace

std::string ToText(const RunReport& report) {
  const Totals& totals = report.totals;
  const audit::Figures& figures = report.audit.figures;
  std::string text = "\n== The data: " + report.data + "\n";
  text += fmt::format("  {:>9}  lines read, {} taken\n", report.import.lines_read, report.import.lines_taken);
  text += Table("  left out, by reason:", report.import.lines_left_out);
  text += Table("  taken with a change:", report.import.notes);
  text += fmt::format("  {:>9}  cancellation invoices became returns, {} met no order here\n", report.returns_matched, report.returns_unmatched);
  text += "\n== Orders\n";
  if (report.placed_before > 0) text += fmt::format("  {} were placed by an earlier run and are not placed again\n", report.placed_before);
  text += fmt::format("  {:>9}  accepted, {:.1f} per second\n  {:>9}  ended\n", totals.accepted, OrdersPerSecond(report), totals.terminal);
  text += Table("  by end and reason:", totals.ends);
  text += Table("  not accepted, by reason:", report.answers.refused);
  text += Table("  asked again with the same key, by reason:", report.answers.retried);
  text += Table("  cancellations asked for:", report.answers.cancels);
  text += Table("  returns asked for:", report.answers.returns);
  text += fmt::format("  accepted to confirmed: p50 {:.1f} ms, p95 {:.1f} ms, p99 {:.1f} ms, max {:.1f} ms ({} orders)\n",
                      Percentile(totals.confirm_ms, 50), Percentile(totals.confirm_ms, 95), Percentile(totals.confirm_ms, 99),
                      Percentile(totals.confirm_ms, 100), totals.confirm_ms.size());
  text += Table("\n== Messages by topic", report.events_per_topic);
  text += fmt::format("  {:>9}  came again and were recognized\n", report.redeliveries);
  text += fmt::format("\n== Money\n  taken {}, given back {}\n", Pounds(figures.captured_minor), Pounds(figures.refunded_minor));
  text += fmt::format("\n== Stock, units\n  received {}, sold {}, held {}, left on the shelf {}\n", figures.stock_received, figures.stock_sold,
                      figures.stock_reserved, figures.stock_left());
  text += "\n== Audit\n" + audit::ToText(report.audit);
  return text;
}

std::string ToJson(const RunReport& report) {
  const Totals& totals = report.totals;
  const audit::Figures& figures = report.audit.figures;
  nlohmann::json invariants = nlohmann::json::object();
  for (const auto& one : report.audit.invariants) invariants[one.id] = one.ok();
  const auto rounded = [](double value) { return std::round(value * 10) / 10; };
  const nlohmann::json json = {
      {"data", report.data},
      {"lines_read", report.import.lines_read},
      {"lines_taken", report.import.lines_taken},
      {"lines_left_out", report.import.lines_left_out},
      {"orders_accepted", totals.accepted},
      {"orders_terminal", totals.terminal},
      {"orders_refused", report.answers.refused},
      {"orders_by_end", totals.ends},
      {"confirmed", totals.confirmed},
      {"orders_per_s", rounded(OrdersPerSecond(report))},
      {"p50_ms", rounded(Percentile(totals.confirm_ms, 50))},
      {"p95_ms", rounded(Percentile(totals.confirm_ms, 95))},
      {"p99_ms", rounded(Percentile(totals.confirm_ms, 99))},
      {"max_ms", rounded(Percentile(totals.confirm_ms, 100))},
      {"events_per_topic", report.events_per_topic},
      {"redeliveries", report.redeliveries},
      {"captured_minor", figures.captured_minor},
      {"refunded_minor", figures.refunded_minor},
      {"stock_received", figures.stock_received},
      {"stock_sold", figures.stock_sold},
      {"stock_left", figures.stock_left()},
      {"invariants", invariants},
      {"audit", report.audit.verdict()}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace souk::demo
