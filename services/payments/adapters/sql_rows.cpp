#include "services/payments/adapters/sql_rows.hpp"

#include <unordered_map>

#include "services/payments/adapters/statements.hpp"

namespace souk::payments {
namespace {

Refund ReadRefund(const sql::Row& row) {
  Refund refund;
  refund.refund_id = row.Text(1);
  refund.amount = row.Int(2);
  refund.status = ParseRefundStatus(row.View(3)).value_or(RefundStatus::kPending);
  refund.provider_id = row.Text(4);
  refund.reason = row.Text(5);
  refund.key = row.Text(6);
  refund.attempts = static_cast<int>(row.Int(7));
  refund.started_at = row.Time(8);
  refund.next_attempt_at = row.OptionalTime(9);
  return refund;
}

}  // namespace

Payment ReadPayment(const sql::Row& row) {
  Payment payment;
  payment.payment_id = row.Id(0);
  payment.customer_id = row.Text(1);
  payment.payment_method = row.Text(2);
  payment.amount = {row.Int(4), row.Text(3)};
  const auto status = ParseStatus(row.View(5));
  SOUK_CHECK(status.has_value());
  payment.status = *status;
  payment.captured = row.Int(6);
  payment.refunded = row.Int(7);
  payment.provider_id = row.Text(8);
  payment.decline_code = row.Text(9);
  payment.challenge_url = row.Text(10);
  payment.unknown = row.Bool(11);
  payment.void_requested = row.Bool(12);
  payment.has_refunds = row.Bool(13);
  payment.operation = static_cast<Operation>(row.Int(14));
  payment.operation_key = row.Text(15);
  payment.operation_number = static_cast<int>(row.Int(16));
  payment.attempts = static_cast<int>(row.Int(17));
  payment.operation_started_at = row.OptionalTime(18).value_or(SystemTime{});
  payment.next_attempt_at = row.OptionalTime(19);
  payment.version = row.Int(20);
  payment.created_at = row.Time(21);
  payment.updated_at = row.Time(22);
  return payment;
}

std::vector<Aggregate> LoadAggregates(const ExecStatement& exec, const sql::Array& ids) {
  std::vector<Aggregate> found;
  if (ids.empty()) return found;
  sql::Array with_refunds;
  std::unordered_map<Uuid, std::size_t> position;
  exec(statements::kLoadPayments, {ids}).ForEach([&](const sql::Row& row) {
    Aggregate& aggregate = found.emplace_back();
    aggregate.payment = ReadPayment(row);
    if (!aggregate.payment->has_refunds) return;
    with_refunds.Add(aggregate.payment->payment_id);
    position[aggregate.payment->payment_id] = found.size() - 1;
  });
  if (with_refunds.empty()) return found;
  exec(statements::kLoadRefunds, {with_refunds}).ForEach([&](const sql::Row& row) {
    found[position.at(row.Id(0))].refunds.push_back(ReadRefund(row));
  });
  return found;
}

}  // namespace souk::payments
