#pragma once

#include <string>
#include <vector>

#include "libs/sql/connection.hpp"
#include "services/inventory/domain/ledger.hpp"

/// Rows to values and values to statements.
namespace souk::inventory::rows {

/// Columns of kLockReservations and kReservation.
Reservation ToReservation(const sql::Row& row);
/// Columns of kLevels and kLevelsAfter.
Level ToLevel(const sql::Row& row);

/// Reads into `ledger` what the commands may touch, locking it.
struct Touched {
  std::vector<Uuid> reservations;
  std::vector<std::string> skus;
  std::vector<std::string> movements;
  std::vector<std::string> restocks;  ///< ids of reservations, as text
};
void Load(sql::Tx& tx, Touched touched, Ledger& ledger);

/// Writes everything; false when somebody else was faster and the transaction has to start again.
bool Save(sql::Tx& tx, const Changes& changes);

}  // namespace souk::inventory::rows
