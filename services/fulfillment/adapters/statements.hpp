#pragma once

#include "libs/sql/connection.hpp"

// Every SQL text of the service. One statement per table and batch; arrays are the columns of a batch.
namespace souk::fulfillment::statements {

/// For decisions: without the content, which no rule looks into.
inline constexpr sql::Statement kLoadShipments{"load_shipments", R"(
SELECT shipment_id, status, version, stations, refusal, tracking_code, deliver_after_ms, gets_lost,
       created_at, dispatched_at, ended_at, next_step_at
FROM shipments WHERE shipment_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kInsertShipments{"insert_shipments", R"(
INSERT INTO shipments (shipment_id, status, version, stations, refusal, tracking_code, deliver_after_ms, gets_lost,
                       lines, ship_to, created_at, dispatched_at, ended_at, next_step_at)
SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::INT8[], $4::INT8[], $5::TEXT[], $6::TEXT[], $7::INT8[], $8::BOOL[],
                     $9::BYTEA[], $10::BYTEA[], $11::TIMESTAMPTZ[], $12::TIMESTAMPTZ[], $13::TIMESTAMPTZ[],
                     $14::TIMESTAMPTZ[]))"};

inline constexpr sql::Statement kUpdateShipments{"update_shipments", R"(
UPDATE shipments AS s
SET status = u.status, version = u.version, stations = u.stations, refusal = u.refusal, tracking_code = u.tracking_code,
    deliver_after_ms = u.deliver_after_ms, gets_lost = u.gets_lost, lines = COALESCE(u.lines, s.lines),
    ship_to = COALESCE(u.ship_to, s.ship_to), created_at = u.created_at, dispatched_at = u.dispatched_at,
    ended_at = u.ended_at, next_step_at = u.next_step_at
FROM unnest($1::UUID[], $2::TEXT[], $3::INT8[], $4::INT8[], $5::TEXT[], $6::TEXT[], $7::INT8[], $8::BOOL[], $9::BYTEA[],
            $10::BYTEA[], $11::TIMESTAMPTZ[], $12::TIMESTAMPTZ[], $13::TIMESTAMPTZ[], $14::TIMESTAMPTZ[], $15::INT8[])
  AS u (shipment_id, status, version, stations, refusal, tracking_code, deliver_after_ms, gets_lost, lines, ship_to,
        created_at, dispatched_at, ended_at, next_step_at, stored_version)
WHERE s.shipment_id = u.shipment_id AND s.version = u.stored_version)"};

inline constexpr sql::Statement kInsertStations{"insert_stations", R"(
INSERT INTO tracking (shipment_id, sequence, at, what)
SELECT * FROM unnest($1::UUID[], $2::INT8[], $3::TIMESTAMPTZ[], $4::TEXT[]))"};

inline constexpr sql::Statement kLoadReturns{"load_returns", R"(
SELECT shipment_id, return_id, lines, due_at, received_at FROM returns WHERE shipment_id = ANY($1::UUID[]))"};

inline constexpr sql::Statement kSaveReturns{"save_returns", R"(
INSERT INTO returns (shipment_id, return_id, lines, due_at, received_at)
SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::BYTEA[], $4::TIMESTAMPTZ[], $5::TIMESTAMPTZ[])
ON CONFLICT (shipment_id, return_id) DO UPDATE SET due_at = excluded.due_at, received_at = excluded.received_at)"};

inline constexpr sql::Statement kGetShipment{"get_shipment", R"(
SELECT shipment_id, status, version, stations, refusal, tracking_code, deliver_after_ms, gets_lost,
       created_at, dispatched_at, ended_at, next_step_at, lines, ship_to
FROM shipments WHERE shipment_id = $1::UUID AND created_at IS NOT NULL)"};

inline constexpr sql::Statement kTrackShipment{"track_shipment", R"(
SELECT shipment_id, status, version, stations, refusal, tracking_code, deliver_after_ms, gets_lost,
       created_at, dispatched_at, ended_at, next_step_at, lines, ship_to
FROM shipments WHERE tracking_code = $1::TEXT)"};

inline constexpr sql::Statement kGetStations{"get_stations", R"(
SELECT sequence, at, what FROM tracking WHERE shipment_id = $1::UUID ORDER BY sequence)"};

inline constexpr sql::Statement kDueShipments{"due_shipments", R"(
SELECT shipment_id FROM shipments WHERE next_step_at IS NOT NULL AND next_step_at <= $1::TIMESTAMPTZ
ORDER BY next_step_at LIMIT $2::INT8)"};

inline constexpr sql::Statement kDueReturns{"due_returns", R"(
SELECT shipment_id, return_id FROM returns WHERE due_at IS NOT NULL AND due_at <= $1::TIMESTAMPTZ
ORDER BY due_at LIMIT $2::INT8)"};

/// For the dialect test.
inline constexpr sql::Statement kAll[] = {kLoadShipments, kInsertShipments, kUpdateShipments, kInsertStations,
                                          kLoadReturns,   kSaveReturns,     kGetShipment,     kTrackShipment,
                                          kGetStations,   kDueShipments,    kDueReturns};

}  // namespace souk::fulfillment::statements
