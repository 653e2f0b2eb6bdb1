#pragma once

#include "libs/sql/connection.hpp"

// Every SQL text of the service. One statement per table and batch; arrays are the columns of a batch.
namespace souk::payments::statements {

#define SOUK_PAYMENT_COLUMNS                                                                                     \
  "payment_id, customer_id, payment_method, currency, amount, status, captured, refunded, provider_id, "         \
  "decline_code, challenge_url, unknown, void_requested, has_refunds, operation, operation_key, "                \
  "operation_number, attempts, operation_started_at, next_attempt_at, version, created_at, updated_at"
#define SOUK_REFUND_COLUMNS \
  "payment_id, refund_id, amount, status, provider_id, reason, provider_key, attempts, started_at, next_attempt_at"

inline constexpr sql::Statement kLoadPayments{
    "load_payments", "SELECT " SOUK_PAYMENT_COLUMNS " FROM payments WHERE payment_id = ANY($1::UUID[])"};

inline constexpr sql::Statement kLoadRefunds{
    "load_refunds", "SELECT " SOUK_REFUND_COLUMNS
                    " FROM refunds WHERE payment_id = ANY($1::UUID[]) ORDER BY payment_id, started_at, refund_id"};

/// Only for webhooks without an order id.
inline constexpr sql::Statement kResolveProviderIds{
    "resolve_provider_ids", "SELECT provider_id, payment_id FROM payments WHERE provider_id <> '' AND provider_id = ANY($1::TEXT[])"};

inline constexpr sql::Statement kInsertPayments{
    "insert_payments",
    "INSERT INTO payments (" SOUK_PAYMENT_COLUMNS R"()
SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::INT8[], $6::TEXT[], $7::INT8[], $8::INT8[],
                     $9::TEXT[], $10::TEXT[], $11::TEXT[], $12::BOOL[], $13::BOOL[], $14::BOOL[], $15::INT8[],
                     $16::TEXT[], $17::INT8[], $18::INT8[], $19::TIMESTAMPTZ[], $20::TIMESTAMPTZ[], $21::INT8[],
                     $22::TIMESTAMPTZ[], $23::TIMESTAMPTZ[])
ON CONFLICT (payment_id) DO NOTHING)"};

/// What never changes (id, customer, method, amount) is not sent again.
inline constexpr sql::Statement kUpdatePayments{"update_payments", R"(
UPDATE payments AS p
SET status = u.status, captured = u.captured, refunded = u.refunded, provider_id = u.provider_id,
    decline_code = u.decline_code, challenge_url = u.challenge_url, unknown = u.unknown,
    void_requested = u.void_requested, has_refunds = u.has_refunds, operation = u.operation,
    operation_key = u.operation_key, operation_number = u.operation_number, attempts = u.attempts,
    operation_started_at = u.operation_started_at, next_attempt_at = u.next_attempt_at, version = u.version,
    updated_at = u.updated_at
FROM unnest($1::UUID[], $2::TEXT[], $3::INT8[], $4::INT8[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::BOOL[], $9::BOOL[],
            $10::BOOL[], $11::INT8[], $12::TEXT[], $13::INT8[], $14::INT8[], $15::TIMESTAMPTZ[], $16::TIMESTAMPTZ[],
            $17::INT8[], $18::TIMESTAMPTZ[], $19::INT8[])
  AS u (payment_id, status, captured, refunded, provider_id, decline_code, challenge_url, unknown, void_requested,
        has_refunds, operation, operation_key, operation_number, attempts, operation_started_at, next_attempt_at,
        version, updated_at, stored_version)
WHERE p.payment_id = u.payment_id AND p.version = u.stored_version)"};

inline constexpr sql::Statement kSaveRefunds{
    "save_refunds",
    "INSERT INTO refunds (" SOUK_REFUND_COLUMNS R"()
SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::INT8[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::INT8[],
                     $9::TIMESTAMPTZ[], $10::TIMESTAMPTZ[])
ON CONFLICT (payment_id, refund_id) DO UPDATE
SET status = excluded.status, provider_id = excluded.provider_id, reason = excluded.reason,
    attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at)"};

inline constexpr sql::Statement kInsertEntries{"insert_entries", R"(
INSERT INTO ledger_entries (cause, account, payment_id, currency, amount, created_at)
SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::UUID[], $4::TEXT[], $5::INT8[], $6::TIMESTAMPTZ[]))"};

inline constexpr sql::Statement kPark{"park", R"(
INSERT INTO parked_webhooks (event_id, provider_id, payment_id, body, received_at)
SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::UUID[], $4::BYTEA[], $5::TIMESTAMPTZ[])
ON CONFLICT (event_id) DO NOTHING)"};

inline constexpr sql::Statement kUnpark{"unpark", "DELETE FROM parked_webhooks WHERE event_id = ANY($1::TEXT[])"};

inline constexpr sql::Statement kParkedKnown{"parked_known", R"(
SELECT p.payment_id, w.event_id, w.body FROM parked_webhooks AS w JOIN payments AS p ON p.payment_id = w.payment_id
UNION
SELECT p.payment_id, w.event_id, w.body FROM parked_webhooks AS w
JOIN payments AS p ON p.provider_id <> '' AND p.provider_id = w.provider_id
LIMIT $1::INT8)"};

inline constexpr sql::Statement kForgetParked{"forget_parked", "DELETE FROM parked_webhooks WHERE received_at < $1::TIMESTAMPTZ"};

inline constexpr sql::Statement kDuePayments{"due_payments", R"(
SELECT payment_id FROM payments WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= $1::TIMESTAMPTZ
ORDER BY next_attempt_at LIMIT $2::INT8)"};

inline constexpr sql::Statement kDueRefunds{"due_refunds", R"(
SELECT payment_id FROM refunds WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= $1::TIMESTAMPTZ
ORDER BY next_attempt_at LIMIT $2::INT8)"};

/// For reconciliation: walks the table by its key, so it takes no sort and can be cut anywhere.
inline constexpr sql::Statement kChangedSince{
    "changed_since", "SELECT " SOUK_PAYMENT_COLUMNS R"( FROM payments
WHERE payment_id > $1::UUID AND updated_at >= $2::TIMESTAMPTZ AND provider_id <> ''
ORDER BY payment_id LIMIT $3::INT8)"};

inline constexpr sql::Statement kStats{"payment_stats", R"(
SELECT status, unknown, count(*), COALESCE(sum(amount), 0)::INT8, COALESCE(sum(captured), 0)::INT8,
       COALESCE(sum(refunded), 0)::INT8
FROM payments GROUP BY status, unknown)"};

#undef SOUK_PAYMENT_COLUMNS
#undef SOUK_REFUND_COLUMNS

/// For the dialect test.
inline constexpr const sql::Statement* kAll[] = {
    &kLoadPayments, &kLoadRefunds, &kResolveProviderIds, &kInsertPayments, &kUpdatePayments, &kSaveRefunds, &kInsertEntries,
    &kPark,         &kUnpark,      &kParkedKnown,        &kForgetParked,   &kDuePayments,    &kDueRefunds,  &kChangedSince,
    &kStats};

}  // namespace souk::payments::statements
