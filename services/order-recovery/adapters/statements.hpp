#pragma once

#include "libs/sql/connection.hpp"

// Every SQL text of the service.
namespace souk::recovery::statements {

/// Columns in the order that ReadWatched expects.
inline constexpr sql::Statement kLoad{"load", R"(
SELECT order_id, version, status, phase, waiting_for, since, seen_at, deadline_at, state, asks, failures, unreachable, last_tried_at,
       last_outcome, next_try_at, leased_by
FROM watched_orders WHERE order_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kSave{"save", R"(
INSERT INTO watched_orders (order_id, version, status, phase, waiting_for, since, seen_at, deadline_at, state, asks, failures, unreachable,
                            last_tried_at, last_outcome, next_try_at, leased_by)
SELECT * FROM unnest($1::UUID[], $2::INT8[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TIMESTAMPTZ[], $7::TIMESTAMPTZ[], $8::TIMESTAMPTZ[],
                     $9::TEXT[], $10::INT8[], $11::INT8[], $12::INT8[], $13::TIMESTAMPTZ[], $14::TEXT[], $15::TIMESTAMPTZ[], $16::TEXT[])
ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, status = excluded.status, phase = excluded.phase,
  waiting_for = excluded.waiting_for, since = excluded.since, seen_at = excluded.seen_at, deadline_at = excluded.deadline_at,
  state = excluded.state, asks = excluded.asks, failures = excluded.failures, unreachable = excluded.unreachable,
  last_tried_at = excluded.last_tried_at, last_outcome = excluded.last_outcome, next_try_at = excluded.next_try_at,
  leased_by = excluded.leased_by)"};

/// Skips what another instance is taking at this moment.
inline constexpr sql::Statement kLease{"lease", R"(
UPDATE watched_orders SET next_try_at = $2::TIMESTAMPTZ, leased_by = $4
WHERE order_id IN (SELECT order_id FROM watched_orders WHERE next_try_at <= $1::TIMESTAMPTZ ORDER BY next_try_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING order_id, version, status, phase, waiting_for, since, seen_at, deadline_at, state, asks, failures, unreachable, last_tried_at,
          last_outcome, next_try_at, leased_by)"};

inline constexpr sql::Statement kListOpen{"list_open", R"(
SELECT order_id, version, status, phase, waiting_for, since, seen_at, deadline_at, state, asks, failures, unreachable, last_tried_at,
       last_outcome, next_try_at, leased_by
FROM watched_orders WHERE state <> 'ENDED' AND order_id > $1::UUID ORDER BY order_id LIMIT $2)"};

inline constexpr sql::Statement kListState{"list_state", R"(
SELECT order_id, version, status, phase, waiting_for, since, seen_at, deadline_at, state, asks, failures, unreachable, last_tried_at,
       last_outcome, next_try_at, leased_by
FROM watched_orders WHERE state <> 'ENDED' AND order_id > $1::UUID AND state = $3 ORDER BY order_id LIMIT $2)"};

inline constexpr sql::Statement kListStuck{"list_stuck", R"(
SELECT order_id, version, status, phase, waiting_for, since, seen_at, deadline_at, state, asks, failures, unreachable, last_tried_at,
       last_outcome, next_try_at, leased_by
FROM watched_orders WHERE state <> 'ENDED' AND order_id > $1::UUID AND
  (state = 'QUARANTINED' OR (state = 'WATCHED' AND (asks > 0 OR failures > 0 OR unreachable > 0 OR deadline_at < $3::TIMESTAMPTZ)))
ORDER BY order_id LIMIT $2)"};

inline constexpr sql::Statement kCount{"count", R"(
SELECT state, count(*) FROM watched_orders WHERE state <> 'ENDED' GROUP BY state)"};

inline constexpr sql::Statement kForget{"forget", R"(
DELETE FROM watched_orders WHERE order_id IN
  (SELECT order_id FROM watched_orders WHERE state = 'ENDED' AND seen_at < $1::TIMESTAMPTZ ORDER BY seen_at LIMIT $2))"};

inline constexpr sql::Statement kInsertDecision{"insert_decision", R"(
INSERT INTO decisions (decision_id, order_id, at, who, action, note, outcome) VALUES ($1::UUID, $2::UUID, $3::TIMESTAMPTZ, $4, $5, $6, $7)
ON CONFLICT (decision_id) DO NOTHING)"};

inline constexpr sql::Statement kDecisions{"decisions", R"(
SELECT decision_id, order_id, at, who, action, note, outcome FROM decisions WHERE order_id = $1::UUID ORDER BY at, decision_id)"};

}  // namespace souk::recovery::statements
