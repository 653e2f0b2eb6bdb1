#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>

#include "libs/base/luhn.hpp"
#include "libs/kafka/admin.hpp"
#include "souk/orders/v1/order_events.pb.h"
#include "tools/audit/auditor.hpp"
#include "tools/audit/rows.hpp"
#include "tools/audit/statements.hpp"

namespace souk::audit {
namespace {

// With the carrier, or in the hands of the customer's bank: a person's time, not ours, bounds these.
bool WaitsForTheWorld(const OrderRow& order) {
  static const std::set<std::string> phases = {"CONFIRMED", "DISPATCHED", "RETURNING", "CHALLENGED"};
  return phases.contains(order.phase);
}

// Brings sources.memory up to the end of the topic.
Result<void> ReadAccepted(Sources& sources) {
  Memory& memory = sources.memory;
  const auto read = kafka::ReadAll(sources.config.kafka_brokers, sources.config.order_events_topic, memory.order_events.offsets, [&](const kafka::Record& record) {
    if (record.HeaderValue("ce_type") != "souk.orders.v1.OrderAccepted") return true;
    const std::string id(record.HeaderValue("ce_id"));
    auto& known = memory.accepted[record.key];
    if (std::find(known.begin(), known.end(), id) == known.end()) known.push_back(id);
    return true;
  });
  if (!read.ok()) return read.error();
  memory.order_events.offsets = *read;
  return {};
}

void Note(std::vector<std::string>& found, std::string where) {
  if (std::find(found.begin(), found.end(), where) == found.end()) found.push_back(std::move(where));
}

Result<std::int64_t> SearchTopic(Sources& sources, const std::string& topic) {
  TopicRead& before = sources.memory.searched_topics[topic];
  std::int64_t records = before.records;
  const auto read = kafka::ReadAll(sources.config.kafka_brokers, topic, before.offsets, [&](const kafka::Record& record) {
    ++records;
    bool found = ContainsIssuedCardNumber(record.key) || ContainsIssuedCardNumber(record.value);
    for (const auto& header : record.headers) found = found || ContainsIssuedCardNumber(header.value);
    if (found) Note(sources.memory.card_numbers, fmt::format("topic {} partition {} offset {}", topic, record.partition, record.offset));
    return true;
  });
  if (!read.ok()) return read.error();
  before = {*read, records};
  return records;
}

Result<std::int64_t> SearchTopics(Sources& sources) {
  SOUK_ASSIGN_OR_RETURN(const auto admin, kafka::Admin::Create(sources.config.kafka_brokers));
  SOUK_ASSIGN_OR_RETURN(const auto topics, admin->ListTopics());
  std::int64_t records = 0;
  for (const kafka::TopicState& topic : topics) {
    if (topic.name.starts_with("__")) continue;  // Kafka's own
    SOUK_ASSIGN_OR_RETURN(const std::int64_t read, SearchTopic(sources, topic.name));
    records += read;
  }
  return records;
}

// Goes on behind the last whole line that was searched before.
std::int64_t SearchFile(const std::filesystem::path& path, FileRead& before, std::vector<std::string>& found) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(before.bytes);
  for (std::string line; std::getline(file, line) && !file.eof();) {
    before.bytes += static_cast<std::int64_t>(line.size()) + 1;
    ++before.lines;
    if (ContainsIssuedCardNumber(line)) Note(found, fmt::format("{} line {}", path.string(), before.lines));
  }
  return before.lines;
}

// Files come and go while their writer rotates them: one that has gone is no error.
Result<std::int64_t> SearchLogs(Sources& sources) {
  std::int64_t lines = 0;
  std::error_code error;
  const std::string& folder = sources.config.logs_dir;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    struct stat status {};
    const std::filesystem::path path = at->path();
    if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const std::string name = path.string();
    if (name.find("/kafka-") != std::string::npos || name.find("/redis-") != std::string::npos) continue;  // engines that log no payloads
    if (path.filename().string().starts_with("core")) Note(sources.memory.card_numbers, path.string() + ": a core dump; it may hold anything");
    FileRead& before = sources.memory.searched_files[status.st_ino];
    if (status.st_size < before.bytes) before = {};  // another file with the number of a removed one
    lines += SearchFile(path, before, sources.memory.card_numbers);
  }
  if (error) return MakeError(ErrorCode::kUnavailable, "logs.dir " + folder + ": " + error.message());
  return lines;
}

struct TextColumns {
  std::string table;
  std::vector<std::string> columns;
  std::vector<std::string> texts;  // the columns' contents as text, in SQL
};

Result<std::vector<TextColumns>> FindTextColumns(sql::Connection& connection) {
  static constexpr sql::Statement kColumns{
      "audit_text_columns",
      "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' "
      "AND data_type IN ('text', 'character varying', 'bytea', 'jsonb') ORDER BY table_name, column_name"};
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection.Query(kColumns));
  std::vector<TextColumns> tables;
  rows.ForEach([&](const sql::Row& row) {
    if (tables.empty() || tables.back().table != row.Text(0)) tables.push_back({row.Text(0), {}, {}});
    const std::string column = row.Text(1);
    tables.back().columns.push_back(column);
    tables.back().texts.push_back(row.View(2) == "bytea" ? "encode(" + column + ", 'escape')" : row.View(2) == "jsonb" ? column + "::TEXT" : column);
  });
  return tables;
}

// The engine leaves out the rows without thirteen digits in a run, which are nearly all; the rest is looked at here.
std::string SearchStatement(const TextColumns& table) {
  std::string columns, conditions;
  for (const std::string& text : table.texts) {
    columns += (columns.empty() ? "" : ", ") + text;
    conditions += (conditions.empty() ? "" : " OR ") + text + " ~ '[0-9]([ -]?[0-9]){12}'";
  }
  return "SELECT " + columns + " FROM " + table.table + " WHERE " + conditions;
}

Result<std::int64_t> SearchTable(const std::string& name, sql::Connection& connection, const TextColumns& table, std::vector<std::string>& offenders) {
  const std::string count_name = "audit_count_" + table.table, count_text = "SELECT count(*) FROM " + table.table;
  SOUK_ASSIGN_OR_RETURN(const sql::Rows count, connection.Query({count_name.c_str(), count_text.c_str()}));
  const std::string search_name = "audit_search_" + table.table, search_text = SearchStatement(table);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection.Query({search_name.c_str(), search_text.c_str()}));
  rows.ForEach([&](const sql::Row& row) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      const int index = static_cast<int>(column);
      if (row.IsNull(index) || !ContainsIssuedCardNumber(row.View(index))) continue;
      offenders.push_back(fmt::format("database {} table {} column {}", name, table.table, table.columns[column]));
    }
  });
  return count[0].Int(0);
}

// Every text and byte column of a database.
Result<std::int64_t> SearchDatabase(const std::string& name, sql::Connection& connection, std::vector<std::string>& offenders) {
  SOUK_ASSIGN_OR_RETURN(const auto tables, FindTextColumns(connection));
  std::int64_t rows_read = 0;
  for (const TextColumns& table : tables) {
    SOUK_ASSIGN_OR_RETURN(const std::int64_t rows, SearchTable(name, connection, table, offenders));
    rows_read += rows;
  }
  return rows_read;
}

}  // namespace

Result<Invariant> CheckEveryOrderEnds(Sources& sources) {
  Invariant invariant;
  SOUK_RETURN_IF_ERROR(ReadAccepted(sources));
  SOUK_ASSIGN_OR_RETURN(const auto orders, ReadOrders(sources));
  std::int64_t open = 0;
  for (const auto& [id, order] : orders) {
    ++invariant.compared;
    if (order.Terminal()) continue;
    ++open;
    if (order.old && !WaitsForTheWorld(order)) invariant.offenders.push_back(fmt::format("order {} is {} and older than {} s", id, order.phase, sources.config.open_max.count() / 1000));
  }
  for (const auto& [id, event_ids] : sources.memory.accepted) {
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
  SOUK_RETURN_IF_ERROR(ReadAccepted(sources));
  const auto& accepted = sources.memory.accepted;
  rows.ForEach([&](const sql::Row& row) {
    ++invariant.compared;
    const auto found = accepted.find(row.Text(0));
    const std::size_t ids = found == accepted.end() ? 0 : found->second.size();
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
  SOUK_ASSIGN_OR_RETURN(const std::int64_t records, SearchTopics(sources));
  invariant.compared += records;
  if (!sources.config.logs_dir.empty()) {
    SOUK_ASSIGN_OR_RETURN(const std::int64_t lines, SearchLogs(sources));
    invariant.compared += lines;
  }
  const auto& found = sources.memory.card_numbers;
  invariant.offenders.insert(invariant.offenders.end(), found.begin(), found.end());
  return invariant;
}

}  // namespace souk::audit
