#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/uuid.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/sql/connection.hpp"

namespace souk::outbox {

/// Payload plus headers of one message; more is refused at Append, so that a stored event can always be sent.
inline constexpr std::size_t kRecordBytesMax = 900 * 1024;

/// A message that becomes visible with the state it tells about.
struct OutboxRecord {
  std::string topic;
  std::string payload;       ///< serialized protobuf
  kafka::Envelope envelope;  ///< id, subject (= Kafka key) and aggregate_version order and identify it
};

/// The tables are in libs/outbox/migrations/outbox.sql: a service lists that file among its own migrations, or adds
/// outbox::Migrations() ("libs/outbox/migrations.hpp") to them.

/// Writes the records into the transaction's outbox with one statement. Nothing is written on kInvalidArgument (an
/// incomplete envelope, RECORD_TOO_LARGE). SQL errors pass through as libs/sql throws them, for its retry loop.
Result<void> Append(sql::Tx& tx, const std::vector<OutboxRecord>& records);

/// Marks messages as received by `consumer` with one statement. result[i] tells whether ids[i] is new; of equal ids in
/// the batch only the first is. What is not new was applied by an earlier committed transaction: skip it.
std::vector<bool> InsertInbox(sql::Tx& tx, std::string_view consumer, const std::vector<Uuid>& ids);

}  // namespace souk::outbox
