#pragma once

// Every SQL text of this library.

#include "libs/sql/connection.hpp"

namespace souk::outbox {

inline constexpr sql::Statement kAppend{
    "outbox_append",
    "INSERT INTO outbox (id, topic, aggregate_id, aggregate_version, payload, headers) "
    "SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::INT8[], $5::BYTEA[], $6::TEXT[])"};

inline constexpr sql::Statement kInsertInbox{
    "inbox_insert",
    "INSERT INTO inbox (consumer, message_id) SELECT $1::TEXT, id FROM unnest($2::UUID[]) AS ids(id) "
    "ON CONFLICT (consumer, message_id) DO NOTHING RETURNING message_id"};

/// An empty outbox makes planners believe that it is always empty, and a join with it then reads all of it, dead rows included, for each key.
/// This form leaves one plan: a look-up per aggregate. The cast keeps the second array out of the index, where both would be multiplied.
inline constexpr sql::Statement kDelete{
    "outbox_delete",
    "DELETE FROM outbox WHERE aggregate_id = ANY($1::TEXT[]) AND id::TEXT = ANY($2::TEXT[])"};

/// One page of the pending set after ($1, $2, $3) with aggregate_id <= $4 ('' = no end), rows older than $5
/// microseconds.
inline constexpr sql::Statement kPage{
    "outbox_page",
    "SELECT id, topic, aggregate_id, aggregate_version, payload, headers FROM outbox "
    "WHERE (aggregate_id, aggregate_version, id) > ($1::TEXT, $2::INT8, $3::UUID) "
    "AND ($4::TEXT = '' OR aggregate_id <= $4::TEXT) "
    "AND created_at <= now() - $5::INT8 * INTERVAL '1 microsecond' "
    "ORDER BY aggregate_id, aggregate_version, id LIMIT $6::INT8"};

inline constexpr sql::Statement kOfAggregates{
    "outbox_of_aggregates",
    "SELECT id, topic, aggregate_id, aggregate_version, payload, headers FROM outbox "
    "WHERE aggregate_id = ANY($1::TEXT[]) ORDER BY aggregate_id, aggregate_version, id LIMIT $2::INT8"};

inline constexpr sql::Statement kBacklog{
    "outbox_backlog",
    "SELECT count(*), (COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)), 0) * 1000)::INT8 FROM outbox"};

/// A slice of the inbox in key order with whether each row is older than $3 seconds: no index on received_at, which
/// every message would have to pay for.
inline constexpr sql::Statement kInboxSlice{
    "inbox_slice",
    "SELECT consumer, message_id, received_at < now() - $3::INT8 * INTERVAL '1 second' FROM inbox "
    "WHERE (consumer, message_id) > ($1::TEXT, $2::UUID) ORDER BY consumer, message_id LIMIT $4::INT8"};

inline constexpr sql::Statement kDeleteInbox{
    "inbox_delete",
    "DELETE FROM inbox WHERE (consumer, message_id) IN (SELECT * FROM unnest($1::TEXT[], $2::UUID[]))"};

// Parked records; the key as SqlParkingLot writes it.

inline constexpr sql::Statement kParkedKeys{"parked_keys", "SELECT DISTINCT record_key FROM parked_records WHERE consumer = $1::TEXT AND left_at IS NULL"};

inline constexpr sql::Statement kPark{
    "park",
    "INSERT INTO parked_records (consumer, record_key, topic, partition_no, record_offset, reason) "
    "VALUES ($1::TEXT, $2::TEXT, $3::TEXT, $4::INT8, $5::INT8, $6::TEXT) "
    "ON CONFLICT (consumer, record_key, topic, partition_no, record_offset) DO NOTHING"};

inline constexpr sql::Statement kIsParked{
    "is_parked", "SELECT 1 FROM parked_records WHERE consumer = $1::TEXT AND record_key = $2::TEXT AND left_at IS NULL LIMIT 1"};

inline constexpr sql::Statement kParkedBefore{
    "parked_before",
    "SELECT 1 FROM parked_records WHERE consumer = $1::TEXT AND record_key = $2::TEXT AND topic = $3::TEXT "
    "AND partition_no = $4::INT8 AND record_offset < $5::INT8 AND left_at IS NULL LIMIT 1"};

inline constexpr sql::Statement kUnpark{
    "unpark",
    "UPDATE parked_records SET left_at = now() WHERE consumer = $1::TEXT AND record_key = $2::TEXT AND topic = $3::TEXT "
    "AND partition_no = $4::INT8 AND record_offset = $5::INT8"};

inline constexpr sql::Statement kHasLeft{
    "has_left",
    "SELECT 1 FROM parked_records WHERE consumer = $1::TEXT AND record_key = $2::TEXT AND topic = $3::TEXT "
    "AND partition_no = $4::INT8 AND record_offset = $5::INT8 AND left_at IS NOT NULL"};

}  // namespace souk::outbox
