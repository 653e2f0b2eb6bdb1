#pragma once

#include "libs/sql/connection.hpp"

namespace souk::orders {

// Every SQL text of the service. All of them take a batch.

inline constexpr sql::Statement kInsertOrders{"insert_orders", R"(
INSERT INTO orders (order_id, customer_id, email, currency, payment_method, ship_to, request_hash, total_minor, placed_at,
                    answer, version, timeline_length, deadline_at, give_up_at, updated_at, sweep_at)
SELECT d.id, d.customer, d.email, d.currency, d.method, d.ship_to, d.hash, d.total, d.placed,
       d.answer, d.version, d.timeline, d.deadline, d.give_up, d.placed, d.deadline
FROM unnest($1::UUID[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::BYTEA[], $7::TEXT[], $8::INT8[], $9::TIMESTAMPTZ[],
            $10::INT8[], $11::INT8[], $12::INT8[], $13::TIMESTAMPTZ[], $14::TIMESTAMPTZ[])
  AS d (id, customer, email, currency, method, ship_to, hash, total, placed, answer, version, timeline, deadline, give_up)
ON CONFLICT (order_id) DO NOTHING
RETURNING order_id)"};

inline constexpr sql::Statement kInsertLines{"insert_lines", R"(
INSERT INTO order_lines (order_id, line_no, sku, quantity, unit_price_minor)
SELECT d.id, d.line_no, d.sku, d.quantity, d.price
FROM unnest($1::UUID[], $2::INT8[], $3::TEXT[], $4::INT8[], $5::INT8[]) AS d (id, line_no, sku, quantity, price))"};

/// Columns in the order that ReadState expects.
inline constexpr sql::Statement kLoadStates{"load_states", R"(
SELECT order_id, phase, reason, reason_detail, stock, payment, shipment, pending, cancel_requested, confirmed, answer,
       captured_minor, refunded_minor, version, timeline_length, attempts, refund_attempts, deadline_at, give_up_at, decided_at,
       updated_at, tracking_code, challenge_url, open_return, returned
FROM orders WHERE order_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kLoadContents{"load_contents", R"(
SELECT order_id, customer_id, email, currency, payment_method, ship_to, request_hash, total_minor, placed_at
FROM orders WHERE order_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kLoadLines{"load_lines", R"(
SELECT order_id, sku, quantity, unit_price_minor FROM order_lines WHERE order_id = ANY($1::UUID[])
ORDER BY order_id, line_no)"};

/// sweep_at never lies after deadline_at, but may lie before it: then the sweep comes for nothing, once, and moves it on. So the
/// index on it is touched where an order is placed, confirmed, swept and settled, not at every step.
inline constexpr sql::Statement kUpdateOrders{"update_orders", R"(
UPDATE orders AS o SET phase = d.phase, status = d.status, reason = d.reason, reason_detail = d.reason_detail,
  stock = d.stock, payment = d.payment, shipment = d.shipment, pending = d.pending, cancel_requested = d.cancel_requested,
  confirmed = d.confirmed, answer = d.answer, captured_minor = d.captured, refunded_minor = d.refunded, version = d.version,
  timeline_length = d.timeline, attempts = d.attempts, refund_attempts = d.refund_attempts, deadline_at = d.deadline,
  give_up_at = d.give_up, decided_at = d.decided, updated_at = d.updated, tracking_code = d.tracking, challenge_url = d.challenge,
  open_return = d.open_return, returned = d.returned,
  sweep_at = CASE WHEN d.reschedules THEN d.deadline ELSE LEAST(o.sweep_at, d.deadline) END
FROM unnest($1::UUID[], $2::INT8[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[], $9::TEXT[],
            $10::INT8[], $11::BOOL[], $12::BOOL[], $13::INT8[], $14::INT8[], $15::INT8[], $16::INT8[], $17::INT8[], $18::INT8[],
            $19::INT8[], $20::TIMESTAMPTZ[], $21::TIMESTAMPTZ[], $22::TIMESTAMPTZ[], $23::TIMESTAMPTZ[], $24::TEXT[], $25::TEXT[],
            $26::TEXT[], $27::TEXT[], $28::BOOL[])
  AS d (id, before, phase, status, reason, reason_detail, stock, payment, shipment, pending, cancel_requested, confirmed, answer,
        captured, refunded, version, timeline, attempts, refund_attempts, deadline, give_up, decided, updated, tracking, challenge,
        open_return, returned, reschedules)
WHERE o.order_id = d.id AND o.version = d.before)"};

inline constexpr sql::Statement kInsertTimeline{"insert_timeline", R"(
INSERT INTO order_timeline (order_id, sequence, at, step, outcome, detail, status)
SELECT d.id, d.sequence, d.at, d.step, d.outcome, d.detail, d.status
FROM unnest($1::UUID[], $2::INT8[], $3::TIMESTAMPTZ[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[])
  AS d (id, sequence, at, step, outcome, detail, status))"};

inline constexpr sql::Statement kLoadPrices{"load_prices", R"(
SELECT sku, price_minor, currency, version, deleted FROM prices WHERE sku = ANY($1::TEXT[]))"};

inline constexpr sql::Statement kSavePrices{"save_prices", R"(
INSERT INTO prices (sku, price_minor, currency, version, deleted)
SELECT d.sku, d.price, d.currency, d.version, d.deleted
FROM unnest($1::TEXT[], $2::INT8[], $3::TEXT[], $4::INT8[], $5::BOOL[]) AS d (sku, price, currency, version, deleted)
ON CONFLICT (sku) DO UPDATE SET price_minor = excluded.price_minor, currency = excluded.currency, version = excluded.version,
  deleted = excluded.deleted
WHERE prices.version < excluded.version)"};

inline constexpr sql::Statement kLoadKeys{"load_keys", R"(
SELECT key_id, request_hash, answer FROM call_keys WHERE key_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kInsertKeys{"insert_keys", R"(
INSERT INTO call_keys (key_id, order_id, request_hash, answer)
SELECT d.key, d.id, d.hash, d.answer FROM unnest($1::UUID[], $2::UUID[], $3::TEXT[], $4::BYTEA[]) AS d (key, id, hash, answer)
ON CONFLICT (key_id) DO NOTHING)"};

// Reads.

inline constexpr sql::Statement kListFirst{"list_first", R"(
SELECT order_id FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC, order_id DESC LIMIT $2)"};

inline constexpr sql::Statement kListAfter{"list_after", R"(
SELECT order_id FROM orders WHERE customer_id = $1 AND (placed_at, order_id) < ($3::TIMESTAMPTZ, $4::UUID)
ORDER BY placed_at DESC, order_id DESC LIMIT $2)"};

inline constexpr sql::Statement kTimeline{"timeline", R"(
SELECT sequence, at, step, outcome, detail, status FROM order_timeline WHERE order_id = $1 ORDER BY sequence)"};

inline constexpr sql::Statement kVersions{"versions", R"(
SELECT order_id, version FROM orders WHERE order_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kDue{"due", R"(
SELECT order_id FROM orders WHERE sweep_at <= $1::TIMESTAMPTZ ORDER BY sweep_at LIMIT $2)"};

inline constexpr sql::Statement kOldestOpen{"oldest_open", R"(
SELECT min(placed_at) FROM orders WHERE sweep_at IS NOT NULL AND deadline_at IS NOT NULL)"};

inline constexpr sql::Statement kCountByPhase{"count_by_phase", R"(
SELECT phase, status, reason, count(*) FROM orders GROUP BY phase, status, reason)"};

inline constexpr const sql::Statement* kAllStatements[] = {
    &kInsertOrders, &kInsertLines, &kLoadStates, &kLoadContents, &kLoadLines, &kUpdateOrders, &kInsertTimeline, &kLoadPrices,
    &kSavePrices,   &kLoadKeys,    &kInsertKeys, &kListFirst,    &kListAfter, &kTimeline,     &kVersions,       &kDue,
    &kOldestOpen,   &kCountByPhase};

}  // namespace souk::orders
