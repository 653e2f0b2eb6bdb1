#pragma once

#include "libs/sql/connection.hpp"

// Every SQL text of the service. They keep to what PostgreSQL and CockroachDB both accept.
namespace souk::inventory::statements {

using sql::Statement;

// Rows are locked before anything is decided, in the order of their keys: writers of several instances wait for each
// other in line and never in a circle.
inline constexpr Statement kLockReservations{"lock_reservations", R"(
  SELECT reservation_id, status, expires_at, created_at, version, reason, short_lines, lines FROM reservations
  WHERE reservation_id = ANY($1::UUID[]) ORDER BY reservation_id FOR UPDATE)"};

inline constexpr Statement kLockStock{"lock_stock", R"(
  SELECT sku, bucket, received, reserved, sold, version FROM stock
  WHERE sku = ANY($1::TEXT[]) ORDER BY sku, bucket FOR UPDATE)"};

inline constexpr Statement kSkus{"skus", R"(
  SELECT sku, name, seller_id, low_stock_threshold, version, deleted, armed, episode FROM skus
  WHERE sku = ANY($1::TEXT[]))"};

inline constexpr Statement kMovements{"movements", R"(
  SELECT movement_id, sku, kind, quantity, cause, after_received, after_reserved, after_sold, after_version, at
  FROM movements WHERE movement_id = ANY($1::TEXT[]))"};

inline constexpr Statement kRestocked{"restocked", R"(
  SELECT cause, sku, CAST(sum(quantity) AS INT8) FROM movements
  WHERE kind = 'restock' AND cause = ANY($1::TEXT[]) GROUP BY cause, sku)"};

inline constexpr Statement kNewStock{"new_stock", R"(
  INSERT INTO stock (sku, bucket, received, reserved, sold, version)
  SELECT d.sku, d.bucket, 0, 0, 0, 0 FROM unnest($1::TEXT[], $2::INT8[]) AS d(sku, bucket)
  ON CONFLICT (sku, bucket) DO NOTHING)"};

// The guard against overselling. A row that does not fit is not updated, and the writer sees that one is missing.
inline constexpr Statement kUpdateStock{"update_stock", R"(
  UPDATE stock SET received = stock.received + d.received, reserved = stock.reserved + d.reserved,
                   sold = stock.sold + d.sold, version = stock.version + 1
  FROM unnest($1::TEXT[], $2::INT8[], $3::INT8[], $4::INT8[], $5::INT8[], $6::INT8[])
    AS d(sku, bucket, received, reserved, sold, version)
  WHERE stock.sku = d.sku AND stock.bucket = d.bucket AND stock.version = d.version
    AND stock.reserved + d.reserved >= 0
    AND stock.reserved + d.reserved + stock.sold + d.sold <= stock.received + d.received)"};

inline constexpr Statement kNewReservations{"new_reservations", R"(
  INSERT INTO reservations (reservation_id, status, expires_at, created_at, version, reason, short_lines, lines)
  SELECT * FROM unnest($1::UUID[], $2::INT8[], $3::TIMESTAMPTZ[], $4::TIMESTAMPTZ[], $5::INT8[], $6::TEXT[], $7::TEXT[],
                       $8::TEXT[])
  ON CONFLICT (reservation_id) DO NOTHING)"};

inline constexpr Statement kUpdateReservations{"update_reservations", R"(
  UPDATE reservations SET status = d.status, version = d.version, reason = d.reason
  FROM unnest($1::UUID[], $2::INT8[], $3::INT8[], $4::TEXT[], $5::INT8[]) AS d(id, status, version, reason, read_version)
  WHERE reservations.reservation_id = d.id AND reservations.version = d.read_version)"};

inline constexpr Statement kNewMovements{"new_movements", R"(
  INSERT INTO movements (movement_id, sku, kind, quantity, cause, after_received, after_reserved, after_sold, after_version, at)
  SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::INT8[], $5::TEXT[], $6::INT8[], $7::INT8[], $8::INT8[],
                       $9::INT8[], $10::TIMESTAMPTZ[])
  ON CONFLICT (movement_id, sku) DO NOTHING)"};

inline constexpr Statement kSaveSkus{"save_skus", R"(
  INSERT INTO skus (sku, name, seller_id, low_stock_threshold, version, deleted, armed, episode)
  SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::INT8[], $5::INT8[], $6::BOOL[], $7::BOOL[], $8::INT8[])
  ON CONFLICT (sku) DO UPDATE SET name = excluded.name, seller_id = excluded.seller_id,
    low_stock_threshold = excluded.low_stock_threshold, version = excluded.version, deleted = excluded.deleted,
    armed = excluded.armed, episode = excluded.episode
  WHERE skus.version <= excluded.version AND skus.episode <= excluded.episode)"};

// A message that is put aside unanswered was not received: its redrive must not look like a repeat.
inline constexpr Statement kForgetMessages{"forget_messages", R"(
  DELETE FROM inbox WHERE consumer = $1 AND message_id = ANY($2::UUID[]))"};

// Reads outside of the writer.
inline constexpr Statement kLevels{"levels", R"(
  SELECT w.sku, CAST(coalesce(sum(s.received), 0) AS INT8), CAST(coalesce(sum(s.reserved), 0) AS INT8),
         CAST(coalesce(sum(s.sold), 0) AS INT8), CAST(coalesce(sum(s.version), 0) AS INT8)
  FROM unnest($1::TEXT[]) AS w(sku) LEFT JOIN stock AS s ON s.sku = w.sku LEFT JOIN skus AS k ON k.sku = w.sku
  WHERE s.sku IS NOT NULL OR k.sku IS NOT NULL GROUP BY w.sku)"};

inline constexpr Statement kLevelsAfter{"levels_after", R"(
  SELECT sku, CAST(sum(received) AS INT8), CAST(sum(reserved) AS INT8), CAST(sum(sold) AS INT8),
         CAST(sum(version) AS INT8)
  FROM stock WHERE sku > $1 GROUP BY sku ORDER BY sku LIMIT $2)"};

inline constexpr Statement kReservation{"reservation", R"(
  SELECT reservation_id, status, expires_at, created_at, version, reason, short_lines, lines FROM reservations
  WHERE reservation_id = $1)"};

inline constexpr Statement kKnownReservations{"known_reservations", R"(
  SELECT reservation_id FROM reservations WHERE reservation_id = ANY($1::UUID[]))"};

inline constexpr Statement kOverdue{"overdue", R"(
  SELECT reservation_id FROM reservations WHERE status = 1 AND expires_at <= $1 ORDER BY expires_at LIMIT $2)"};

}  // namespace souk::inventory::statements
