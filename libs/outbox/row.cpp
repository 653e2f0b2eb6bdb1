#include "libs/outbox/row.hpp"

namespace souk::outbox {

std::string EncodeHeaders(const std::vector<kafka::Header>& headers) {
  std::string text;
  text.reserve(512);
  for (const kafka::Header& header : headers) text.append(header.key).append(": ").append(header.value).append("\n");
  return text;
}

std::vector<kafka::Header> DecodeHeaders(std::string_view text) {
  std::vector<kafka::Header> headers;
  headers.reserve(12);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
  }
  return headers;
}

PendingRow ToPending(OutboxRecord record) {
  PendingRow row;
  row.key = {record.envelope.subject, record.envelope.aggregate_version, record.envelope.id};
  row.record = kafka::ToRecord(std::move(record.topic), record.envelope, std::move(record.payload));
  return row;
}

PendingRow ToPending(const sql::Row& row) {
  PendingRow pending;
  pending.key = {row.Text(2), row.Int(3), row.Id(0)};
  pending.record.topic = row.Text(1);
  pending.record.key = pending.key.aggregate_id;
  pending.record.value = row.Bytes(4);
  pending.record.headers = DecodeHeaders(row.View(5));
  return pending;
}

}  // namespace souk::outbox
