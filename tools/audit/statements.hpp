#pragma once

#include "libs/sql/connection.hpp"

namespace souk::audit {

// What the audit reads. These statements know the services' tables, as an operator does; the services don't know the audit.

inline constexpr sql::Statement kStockOversold{
    "audit_oversold",
    "SELECT sku, bucket, received, reserved, sold FROM stock WHERE reserved < 0 OR sold < 0 OR reserved + sold > received"};
inline constexpr sql::Statement kStockCount{"audit_stock_count", "SELECT count(*) FROM stock"};
inline constexpr sql::Statement kStockTotals{
    "audit_stock_totals", "SELECT sku, sum(received)::INT8, sum(reserved)::INT8, sum(sold)::INT8 FROM stock GROUP BY sku ORDER BY sku"};
// One statement sees one moment: what moves meanwhile can't make the three differ.
inline constexpr sql::Statement kStockAndItsCauses{
    "audit_stock_and_causes",
    "SELECT 'stock', sku, sum(received)::INT8, sum(reserved)::INT8, sum(sold)::INT8, 0::INT8 FROM stock GROUP BY sku "
    "UNION ALL SELECT 'movements', sku, sum(quantity)::INT8, 0::INT8, 0::INT8, count(*) FROM movements GROUP BY sku "
    "UNION ALL SELECT 'lines', l.sku, 0::INT8, sum(CASE WHEN r.status = 1 THEN l.quantity ELSE 0 END)::INT8, "
    "sum(CASE WHEN r.status = 2 THEN l.quantity ELSE 0 END)::INT8, 0::INT8 "
    "FROM reservations r JOIN reservation_lines l ON l.reservation_id = r.reservation_id WHERE r.status IN (1, 2) GROUP BY l.sku"};
inline constexpr sql::Statement kHeldReservations{
    "audit_held", "SELECT reservation_id, expires_at < now() - INTERVAL '60 seconds' FROM reservations WHERE status = 1"};
inline constexpr sql::Statement kRestocksByOrder{
    "audit_restocks", "SELECT cause, sku, sum(quantity)::INT8 FROM movements WHERE kind = 'restock' GROUP BY cause, sku"};
inline constexpr sql::Statement kCommittedLines{
    "audit_committed_lines",
    "SELECT r.reservation_id, l.sku, sum(l.quantity)::INT8 FROM reservations r JOIN reservation_lines l ON l.reservation_id = r.reservation_id "
    "WHERE r.status = 2 GROUP BY r.reservation_id, l.sku"};

inline constexpr sql::Statement kOrders{
    "audit_orders",
    "SELECT order_id, phase, reason, currency, total_minor, captured_minor, refunded_minor, placed_at < now() - ($1::INT8 * INTERVAL '1 millisecond') "
    "FROM orders"};
// Kafka keeps the events for 7 days.
inline constexpr sql::Statement kOrderIds{"audit_order_ids", "SELECT order_id FROM orders WHERE placed_at > now() - INTERVAL '6 days'"};

inline constexpr sql::Statement kPayments{
    "audit_payments", "SELECT payment_id, status, currency, captured, refunded, provider_id, unknown FROM payments"};
inline constexpr sql::Statement kLedgerUnbalanced{
    "audit_ledger_unbalanced", "SELECT cause, sum(amount)::INT8 FROM ledger_entries GROUP BY cause, currency HAVING sum(amount) <> 0"};
inline constexpr sql::Statement kLedgerCount{"audit_ledger_count", "SELECT count(*) FROM ledger_entries"};
inline constexpr sql::Statement kRefundTotals{
    "audit_refund_totals", "SELECT payment_id, sum(amount)::INT8, count(*) FROM refunds WHERE status = 'succeeded' GROUP BY payment_id"};

inline constexpr sql::Statement kShipments{"audit_shipments", "SELECT shipment_id, status FROM shipments"};
inline constexpr sql::Statement kNotificationTwice{
    "audit_notification_twice",
    "SELECT user_id, event_type, subject, channel, count(*) FROM notifications GROUP BY user_id, event_type, subject, channel, event_id HAVING count(*) > 1"};
inline constexpr sql::Statement kNotificationCount{"audit_notification_count", "SELECT count(*) FROM notifications"};

}  // namespace souk::audit
