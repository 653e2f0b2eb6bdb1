#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <unordered_set>

#include "libs/base/luhn.hpp"
#include "libs/kafka/admin.hpp"
#include "souk/orders/v1/order_events.pb.h"
#include "tools/audit/auditor.hpp"
#include "tools/audit/rows.hpp"
#include "tools/audit/statements.hpp"

namespace souk::audit {
namespace {

constexpr const char* kOrderEvents = "orders.order.events.v1";
constexpr std::array kTopics = {"orders.order.events.v1",           "inventory.reservation.commands.v1", "inventory.reservation.events.v1",
                                "inventory.stock.events.v1",        "payments.payment.commands.v1",      "payments.payment.events.v1",
                                "fulfillment.shipment.commands.v1", "fulfillment.shipment.events.v1",    "products.product.events.v1"};

// With the carrier, or in the hands of the customer's bank: a person's time, not ours, bounds these.
bool WaitsForTheWorld(const OrderRow& order) {
  static const std::set<std::string> phases = {"CONFIRMED", "DISPATCHED", "RETURNING", "CHALLENGED"};
  return phases.contains(order.phase);
}

struct Accepted {
  std::unordered_map<std::string, std::set<std::string>> event_ids;  // order id -> ids of its OrderAccepted
  std::int64_t records = 0;
};

Result<Accepted> ReadAccepted(Sources& sources) {
  Accepted accepted;
  const auto read = kafka::ReadAll(sources.config.kafka_brokers, kOrderEvents, {}, [&](const kafka::Record& record) {
    ++accepted.records;
    if (record.HeaderValue("ce_type") == "souk.orders.v1.OrderAccepted") {
      accepted.event_ids[record.key].insert(std::string(record.HeaderValue("ce_id")));
    }
    return true;
  });
  if (!read.ok()) return read.error();
  return accepted;
}

Result<std::int64_t> SearchTopic(Sources& sources, const std::string& topic, std::vector<std::string>& offenders) {
  std::int64_t records = 0;
  const auto read = kafka::ReadAll(sources.config.kafka_brokers, topic, {}, [&](const kafka::Record& record) {
    ++records;
    if (ContainsIssuedCardNumber(record.value)) offenders.push_back(fmt::format("topic {} partition {} offset {}", topic, record.partition, record.offset));
    return true;
  });
  if (!read.ok()) return read.error();
  return records;
}

Result<std::int64_t> SearchLogs(const std::string& folder, std::vector<std::string>& offenders) {
  std::int64_t lines = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().string();
    if (path.find("/kafka-") != std::string::npos || path.find("/redis-") != std::string::npos) continue;  // engines that write no payloads
    if (entry.path().filename().string().starts_with("core")) offenders.push_back(entry.path().string() + ": a core dump; it may hold anything");
    std::ifstream file(entry.path());
    std::int64_t number = 0;
    for (std::string line; std::getline(file, line);) {
      ++lines;
      ++number;
      if (ContainsIssuedCardNumber(line)) offenders.push_back(fmt::format("{} line {}", entry.path().string(), number));
    }
  }
  if (error) return MakeError(ErrorCode::kUnavailable, "logs.dir " + folder + ": " + error.message());
  return lines;
}

struct TextColumns {
  std::string table;
  std::vector<std::string> columns;
};

Result<std::vector<TextColumns>> FindTextColumns(sql::Connection& connection) {
  static constexpr sql::Statement kColumns{
      "audit_text_columns",
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'jsonb') "
      "ORDER BY table_name, column_name"};
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection.Query(kColumns));
  std::vector<TextColumns> tables;
  rows.ForEach([&](const sql::Row& row) {
    if (tables.empty() || tables.back().table != row.Text(0)) tables.push_back({row.Text(0), {}});
    tables.back().columns.push_back(row.Text(1));
  });
  return tables;
}

// Reads every text and byte column of a database and looks for card numbers in it.
Result<std::int64_t> SearchDatabase(const std::string& name, sql::Connection& connection, std::vector<std::string>& offenders) {
  SOUK_ASSIGN_OR_RETURN(const auto tables, FindTextColumns(connection));
  std::int64_t rows_read = 0;
  for (const TextColumns& table : tables) {
    std::string text = "SELECT ";
    for (const std::string& column : table.columns) text += (text.size() > 7 ? ", " : "") + column;
    text += " FROM " + table.table;
    const std::string statement_name = "audit_search_" + table.table;
    SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection.Query({statement_name.c_str(), text.c_str()}));
    rows_read += static_cast<std::int64_t>(rows.size());
    rows.ForEach([&](const sql::Row& row) {
      for (std::size_t column = 0; column < table.columns.size(); ++column) {
        const int index = static_cast<int>(column);
        if (row.IsNull(index)) continue;
        const std::string_view value = row.View(index);
        const bool bytes = value.starts_with("\\x");
        if (bytes ? ContainsIssuedCardNumber(row.Bytes(index)) : ContainsIssuedCardNumber(value)) {
          offenders.push_back(fmt::format("database {} table {} column {}", name, table.table, table.columns[column]));
        }
      }
    });
  }
  return rows_read;
}

}  // namespace

Result<Invariant> CheckEveryOrderEnds(Sources& sources) {
  Invariant invariant;
  SOUK_ASSIGN_OR_RETURN(const Accepted accepted, ReadAccepted(sources));
  SOUK_ASSIGN_OR_RETURN(const auto orders, ReadOrders(sources));
  std::int64_t open = 0;
  for (const auto& [id, order] : orders) {
    ++invariant.compared;
    if (order.Terminal()) continue;
    ++open;
    if (order.old && !WaitsForTheWorld(order)) invariant.offenders.push_back(fmt::format("order {} is {} and older than {} s", id, order.phase, sources.config.open_max.count() / 1000));
  }
  for (const auto& [id, event_ids] : accepted.event_ids) {
    ++invariant.compared;
    if (!orders.contains(id)) invariant.offenders.push_back(fmt::format("order {} was announced as accepted but orders doesn't know it", id));
  }
  invariant.compared_what = fmt::format("accepted orders in SQL and in Kafka with their ends ({} are on their way)", open);
  return invariant;
}

Result<Invariant> CheckIdempotency(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "orders with their OrderAccepted events: one event id each";
  // SQL first: an order that is accepted meanwhile has an event without a row here, which is no offence.
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, sources.orders.Query(kOrderIds));
  SOUK_ASSIGN_OR_RETURN(const Accepted accepted, ReadAccepted(sources));
  rows.ForEach([&](const sql::Row& row) {
    ++invariant.compared;
    const auto found = accepted.event_ids.find(row.Text(0));
    const std::size_t ids = found == accepted.event_ids.end() ? 0 : found->second.size();
    if (ids != 1) invariant.offenders.push_back(fmt::format("order {} was announced under {} event ids instead of one", row.Text(0), ids));
  });
  return invariant;
}

Result<Invariant> CheckNoCardNumber(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "text and bytes of five databases, every Kafka record" + std::string(sources.config.logs_dir.empty() ? "" : ", every log line");
  const std::array<std::pair<const char*, sql::Connection*>, 5> databases = {{{"orders", &sources.orders}, {"inventory", &sources.inventory},
      {"payments", &sources.payments}, {"fulfillment", &sources.fulfillment}, {"notifications", &sources.notifications}}};
  for (const auto& [name, connection] : databases) {
    SOUK_ASSIGN_OR_RETURN(const std::int64_t rows, SearchDatabase(name, *connection, invariant.offenders));
    invariant.compared += rows;
  }
  for (const char* topic : kTopics) {
    SOUK_ASSIGN_OR_RETURN(const std::int64_t records, SearchTopic(sources, topic, invariant.offenders));
    invariant.compared += records;
  }
  if (!sources.config.logs_dir.empty()) {
    SOUK_ASSIGN_OR_RETURN(const std::int64_t lines, SearchLogs(sources.config.logs_dir, invariant.offenders));
    invariant.compared += lines;
  }
  return invariant;
}

}  // namespace souk::audit
