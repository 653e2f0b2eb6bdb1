#include "libs/outbox/outbox.hpp"

#include <algorithm>
#include <unordered_set>

#include "libs/observability/metrics.hpp"
#include "libs/outbox/row.hpp"
#include "libs/outbox/statements.hpp"

namespace souk::outbox {
namespace {

bool HasLineBreak(const std::vector<kafka::Header>& headers) {
  return std::any_of(headers.begin(), headers.end(),
                     [](const kafka::Header& header) { return header.value.find('\n') != std::string::npos; });
}

/// What a consumer would refuse is refused here, while the writer still hears about it.
Result<std::string> CheckedHeaders(const OutboxRecord& record) {
  if (record.topic.empty()) return InvalidArgument("topic", "is empty");
  kafka::Record probe;
  probe.key = record.envelope.subject;
  probe.headers = kafka::ToHeaders(record.envelope);
  SOUK_RETURN_IF_ERROR(kafka::ParseEnvelope(probe));
  if (HasLineBreak(probe.headers)) return InvalidArgument("headers", "contain a line break");
  std::string headers = EncodeHeaders(probe.headers);
  const std::size_t bytes = record.payload.size() + headers.size();
  if (bytes > kRecordBytesMax) {
    Error error = InvalidArgument("payload", "message of " + std::to_string(bytes) + " bytes, at most " +
                                                 std::to_string(kRecordBytesMax) + " can be sent");
    error.reason = "RECORD_TOO_LARGE";
    error.http_status = 413;
    return error;
  }
  return headers;
}

}  // namespace

Result<void> Append(sql::Tx& tx, const std::vector<OutboxRecord>& records) {
  if (records.empty()) return {};
  sql::Array ids, topics, aggregates, versions, payloads, headers;
  for (const OutboxRecord& record : records) {
    SOUK_ASSIGN_OR_RETURN(const std::string text, CheckedHeaders(record));
    ids.Add(record.envelope.id);
    topics.Add(record.topic);
    aggregates.Add(record.envelope.subject);
    versions.Add(record.envelope.aggregate_version);
    payloads.AddBytes(record.payload);
    headers.Add(text);
  }
  tx.Exec(kAppend, {ids, topics, aggregates, versions, payloads, headers});
  return {};
}

std::vector<bool> InsertInbox(sql::Tx& tx, std::string_view consumer, const std::vector<Uuid>& ids) {
  std::vector<bool> is_new(ids.size(), false);
  if (ids.empty()) return is_new;
  // Sorted and without repetition: two consumers that insert the same ids then can't deadlock.
  std::vector<Uuid> sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  sql::Array array;
  for (const Uuid& id : sorted) array.Add(id);
  const sql::Rows rows = tx.Exec(kInsertInbox, {consumer, array});
  std::unordered_set<Uuid> inserted;
  rows.ForEach([&](const sql::Row& row) { inserted.insert(row.Id(0)); });
  const auto known = static_cast<double>(ids.size() - inserted.size());
  for (std::size_t i = 0; i < ids.size(); ++i) is_new[i] = inserted.erase(ids[i]) > 0;
  if (known > 0) {
    metrics::GetCounter("souk_inbox_duplicates_total", "Messages that came again and were recognized", {{"consumer", std::string(consumer)}})
        .Increment(known);
  }
  return is_new;
}

}  // namespace souk::outbox
