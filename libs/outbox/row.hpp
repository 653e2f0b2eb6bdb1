#pragma once

// Private to this library: a record as a row of the outbox table.

#include <compare>
#include <string>
#include <vector>

#include "libs/kafka/record.hpp"
#include "libs/outbox/outbox.hpp"
#include "libs/sql/connection.hpp"

namespace souk::outbox {

/// The primary key, and with it the order of publishing.
struct RowKey {
  std::string aggregate_id;
  std::int64_t aggregate_version = 0;
  Uuid id;
  auto operator<=>(const RowKey&) const = default;
};

/// A row on its way to the broker.
struct PendingRow {
  RowKey key;
  kafka::Record record;
};

/// One header per line, "name: value", so that a person can read the table.
std::string EncodeHeaders(const std::vector<kafka::Header>& headers);
std::vector<kafka::Header> DecodeHeaders(std::string_view text);

PendingRow ToPending(OutboxRecord record);
/// Reads the columns of kPage and kOfAggregates.
PendingRow ToPending(const sql::Row& row);

}  // namespace souk::outbox
