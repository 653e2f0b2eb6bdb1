#pragma once

#include <functional>
#include <vector>

#include "libs/sql/connection.hpp"
#include "services/payments/domain/payment.hpp"

namespace souk::payments {

/// A row of kLoadPayments or kChangedSince.
Payment ReadPayment(const sql::Row& row);

using ExecStatement = std::function<sql::Rows(const sql::Statement&, const std::vector<sql::Param>&)>;
/// Payments with their refunds: one statement, and a second one when some have refunds.
std::vector<Aggregate> LoadAggregates(const ExecStatement& exec, const sql::Array& ids);

}  // namespace souk::payments
