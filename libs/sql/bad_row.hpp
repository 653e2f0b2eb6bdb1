#pragma once

#include <stdexcept>

namespace souk::sql {

/// Throw it from a transaction's body when a row holds what can't be read: the transaction fails with kInternal, reason "BAD_ROW". Its words are ours
/// and reach the caller, so name the row, and of its contents the word that is wrong.
class BadRow : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace souk::sql
